DROP INDEX `grants_live`;--> statement-breakpoint
DROP INDEX `grants_live_of_beneficiary`;--> statement-breakpoint
CREATE INDEX `grants_live` ON `grants` (`ends_at`,`id`,`resource`,`role`,`state`) WHERE state in ('scheduled', 'opening', 'active', 'ending');--> statement-breakpoint
CREATE INDEX `grants_live_of_beneficiary` ON `grants` (`beneficiary`,`ends_at`,`id`,`resource`,`role`,`state`) WHERE state in ('scheduled', 'opening', 'active', 'ending');--> statement-breakpoint
ALTER TABLE `requests` ADD `starts_at` integer;--> statement-breakpoint
ALTER TABLE `requests` ADD `start_zone` text;