CREATE TABLE `review_verdicts` (
	`request_id` text NOT NULL,
	`reviewer` text NOT NULL,
	`verdict` text NOT NULL,
	`note` text,
	`at` integer NOT NULL,
	PRIMARY KEY(`request_id`, `reviewer`),
	FOREIGN KEY (`request_id`) REFERENCES `requests`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "review_verdicts_verdict" CHECK("review_verdicts"."verdict" in ('justified', 'not-justified')),
	CONSTRAINT "review_verdicts_note" CHECK("review_verdicts"."verdict" = 'justified' or "review_verdicts"."note" is not null)
) STRICT;
--> statement-breakpoint
DROP INDEX `requests_due`;--> statement-breakpoint
ALTER TABLE `requests` DROP COLUMN `next_at`;--> statement-breakpoint
ALTER TABLE `requests` ADD `emergency` text;--> statement-breakpoint
ALTER TABLE `requests` ADD `review_nags` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `requests` ADD `review_nag_at` integer;--> statement-breakpoint
ALTER TABLE `requests` ADD `review_closed_at` integer;--> statement-breakpoint
ALTER TABLE `requests` ADD `next_at` integer GENERATED ALWAYS AS (case state when 'pending' then min(expires_at, coalesce(nudge_at, expires_at), coalesce(escalate_at, expires_at)) else review_nag_at end) VIRTUAL;--> statement-breakpoint
CREATE INDEX `requests_due` ON `requests` (`next_at`,`id`) WHERE next_at is not null;