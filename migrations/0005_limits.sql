-- Written by drizzle-kit, and completed by hand: STRICT tables.
CREATE TABLE `guards` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	CONSTRAINT "guards_version" CHECK("guards"."version" >= 1)
) STRICT;
--> statement-breakpoint
CREATE INDEX `requests_of_requester` ON `requests` (`requester`,`created_at`);