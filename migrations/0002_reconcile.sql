-- Written by drizzle-kit, and completed by hand: STRICT tables.
CREATE TABLE `enforcements` (
	`connector` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`roles` text NOT NULL,
	`by_kind` text NOT NULL,
	`by` text NOT NULL,
	`at` integer NOT NULL,
	CONSTRAINT "enforcements_version" CHECK("enforcements"."version" >= 1),
	CONSTRAINT "enforcements_roles" CHECK(json_valid("enforcements"."roles")),
	CONSTRAINT "enforcements_by_kind" CHECK("enforcements"."by_kind" in ('person', 'operator'))
) STRICT;
--> statement-breakpoint
CREATE TABLE `strays` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`connector` text NOT NULL,
	`role` text NOT NULL,
	`account_id` text NOT NULL,
	`account_name` text NOT NULL,
	`fingerprint` text NOT NULL,
	`kind` text NOT NULL,
	`state` text NOT NULL,
	`found_at` integer NOT NULL,
	`closed_at` integer,
	CONSTRAINT "strays_version" CHECK("strays"."version" >= 1),
	CONSTRAINT "strays_kind" CHECK("strays"."kind" in ('orphan', 'standing')),
	CONSTRAINT "strays_state" CHECK("strays"."state" in ('open', 'adopted', 'removed', 'gone')),
	CONSTRAINT "strays_closed" CHECK(("strays"."state" = 'open') = ("strays"."closed_at" is null))
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `strays_open` ON `strays` (`connector`,`role`,`account_id`) WHERE state = 'open';--> statement-breakpoint
CREATE INDEX `strays_closed_at` ON `strays` (`closed_at`) WHERE closed_at is not null;--> statement-breakpoint
DROP INDEX `entitlements_looked_at`;--> statement-breakpoint
CREATE INDEX `entitlements_ours` ON `entitlements` (`connector`,`id`) WHERE ours = 1;