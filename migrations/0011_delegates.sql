-- Written by drizzle-kit, and completed by hand: STRICT tables.
CREATE TABLE `delegations` (
	`delegator` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`stand_in` text NOT NULL,
	`made_at` integer NOT NULL,
	`until_at` integer NOT NULL,
	CONSTRAINT "delegations_version" CHECK("delegations"."version" >= 1),
	CONSTRAINT "delegations_stand_in" CHECK("delegations"."stand_in" <> "delegations"."delegator"),
	CONSTRAINT "delegations_until" CHECK("delegations"."until_at" >= "delegations"."made_at")
) STRICT;
--> statement-breakpoint
CREATE INDEX `delegations_until_at` ON `delegations` (`until_at`);--> statement-breakpoint
ALTER TABLE `decisions` ADD `in_place_of` text;