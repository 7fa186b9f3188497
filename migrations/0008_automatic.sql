ALTER TABLE `requests` ADD `auto_rule` text;--> statement-breakpoint
CREATE INDEX `requests_automatic` ON `requests` (`beneficiary`,`created_at`) WHERE auto_rule is not null;