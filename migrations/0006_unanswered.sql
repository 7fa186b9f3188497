DROP INDEX `requests_due`;--> statement-breakpoint
ALTER TABLE `requests` ADD `nudges` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `requests` ADD `nudge_at` integer;--> statement-breakpoint
ALTER TABLE `requests` ADD `escalate_at` integer;--> statement-breakpoint
ALTER TABLE `requests` ADD `escalated_at` integer;--> statement-breakpoint
ALTER TABLE `requests` ADD `claimed_by` text;--> statement-breakpoint
ALTER TABLE `requests` ADD `claimed_at` integer;--> statement-breakpoint
ALTER TABLE `requests` ADD `nudged_by_requester_at` integer;--> statement-breakpoint
ALTER TABLE `requests` ADD `next_at` integer GENERATED ALWAYS AS (case state when 'pending' then min(expires_at, coalesce(nudge_at, expires_at), coalesce(escalate_at, expires_at)) end) VIRTUAL;--> statement-breakpoint
CREATE INDEX `requests_due` ON `requests` (`next_at`,`id`) WHERE state = 'pending';