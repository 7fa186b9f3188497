-- Written by drizzle-kit, and completed by hand: STRICT tables; no PRAGMA, for inside a transaction it does
-- nothing and the migrator turns foreign keys off itself; NULL for columns that are new.
CREATE TABLE `__new_grants` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`state` text NOT NULL,
	`team_id` text,
	`enterprise_id` text,
	`request_id` text NOT NULL,
	`requester` text NOT NULL,
	`beneficiary` text NOT NULL,
	`resource` text NOT NULL,
	`role` text NOT NULL,
	`policy` text NOT NULL,
	`starts_at` integer NOT NULL,
	`ends_at` integer NOT NULL,
	`open_before` integer NOT NULL,
	`remind_at` integer,
	`active_at` integer,
	`end_cause` text,
	`ended_by_kind` text,
	`ended_by` text,
	`end_reason` text,
	`ending_at` integer,
	`closed_at` integer,
	FOREIGN KEY (`request_id`) REFERENCES `requests`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "grants_version" CHECK("__new_grants"."version" >= 1),
	CONSTRAINT "grants_state" CHECK("__new_grants"."state" in ('scheduled', 'opening', 'active', 'ending', 'ended', 'failed')),
	CONSTRAINT "grants_window" CHECK("__new_grants"."ends_at" > "__new_grants"."starts_at"),
	CONSTRAINT "grants_active_at" CHECK(case when "__new_grants"."state" = 'active' then "__new_grants"."active_at" is not null
        when "__new_grants"."state" in ('scheduled', 'opening', 'failed') then "__new_grants"."active_at" is null else 1 end),
	CONSTRAINT "grants_end_cause" CHECK("__new_grants"."end_cause" in ('window', 'done', 'revoked', 'not-opened', 'left')),
	CONSTRAINT "grants_ended_by_kind" CHECK("__new_grants"."ended_by_kind" in ('person', 'hallpass', 'operator')),
	CONSTRAINT "grants_ending" CHECK(("__new_grants"."state" in ('ending', 'ended', 'failed')) = ("__new_grants"."ending_at" is not null)
        and ("__new_grants"."ending_at" is null) = ("__new_grants"."end_cause" is null)
        and ("__new_grants"."ending_at" is null) = ("__new_grants"."ended_by_kind" is null)
        and (coalesce("__new_grants"."ended_by_kind", 'hallpass') = 'hallpass') = ("__new_grants"."ended_by" is null)
        and ("__new_grants"."end_reason" is null or "__new_grants"."ending_at" is not null)),
	CONSTRAINT "grants_closed" CHECK(("__new_grants"."state" in ('ended', 'failed')) = ("__new_grants"."closed_at" is not null))
) STRICT;
--> statement-breakpoint
INSERT INTO `__new_grants`("id", "version", "state", "team_id", "enterprise_id", "request_id", "requester", "beneficiary", "resource", "role", "policy", "starts_at", "ends_at", "open_before", "remind_at", "active_at", "end_cause", "ended_by_kind", "ended_by", "end_reason", "ending_at", "closed_at") SELECT "id", "version", "state", "team_id", "enterprise_id", "request_id", "requester", "beneficiary", "resource", "role", "policy", "starts_at", "ends_at", "open_before", "remind_at", "active_at", "end_cause", "ended_by_kind", "ended_by", "end_reason", "ending_at", "closed_at" FROM `grants`;--> statement-breakpoint
DROP TABLE `grants`;--> statement-breakpoint
ALTER TABLE `__new_grants` RENAME TO `grants`;--> statement-breakpoint
CREATE INDEX `grants_request` ON `grants` (`request_id`);--> statement-breakpoint
CREATE INDEX `grants_due` ON `grants` (`remind_at`,`id`) WHERE state = 'active' and remind_at is not null;--> statement-breakpoint
CREATE INDEX `grants_live` ON `grants` (`ends_at`,`id`,`resource`,`role`,`state`) WHERE state in ('opening', 'active', 'ending');--> statement-breakpoint
CREATE INDEX `grants_live_of_beneficiary` ON `grants` (`beneficiary`,`ends_at`,`id`,`resource`,`role`,`state`) WHERE state in ('opening', 'active', 'ending');--> statement-breakpoint
CREATE TABLE `__new_outbox` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`kind` text NOT NULL,
	`subject` text NOT NULL,
	`occasion` text NOT NULL,
	`person` text NOT NULL,
	`state` text NOT NULL,
	`created_at` integer NOT NULL,
	`next_at` integer,
	`attempts` integer NOT NULL,
	`error` text,
	CONSTRAINT "outbox_version" CHECK("__new_outbox"."version" >= 1),
	CONSTRAINT "outbox_state" CHECK("__new_outbox"."state" in ('owed', 'sent', 'dropped')),
	CONSTRAINT "outbox_owed" CHECK("__new_outbox"."state" <> 'owed' or "__new_outbox"."next_at" is not null)
) STRICT;
--> statement-breakpoint
INSERT INTO `__new_outbox`("id", "version", "kind", "subject", "occasion", "person", "state", "created_at", "next_at", "attempts", "error") SELECT "id", "version", "kind", "subject", "occasion", "person", "state", "created_at", "next_at", "attempts", "error" FROM `outbox`;--> statement-breakpoint
DROP TABLE `outbox`;--> statement-breakpoint
ALTER TABLE `__new_outbox` RENAME TO `outbox`;--> statement-breakpoint
CREATE UNIQUE INDEX `outbox_once` ON `outbox` (`subject`,`kind`,`occasion`,`person`);--> statement-breakpoint
CREATE INDEX `outbox_due` ON `outbox` (`next_at`,`id`) WHERE state = 'owed';--> statement-breakpoint
CREATE TABLE `__new_entitlements` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`connector` text NOT NULL,
	`role` text NOT NULL,
	`account_id` text NOT NULL,
	`account_name` text NOT NULL,
	`fingerprint` text NOT NULL,
	`owner` text,
	`ours` integer NOT NULL,
	`seen` text NOT NULL,
	`seen_at` integer,
	`expires_at` integer,
	`direction` text NOT NULL,
	`next_at` integer,
	`attempts` integer NOT NULL,
	`failing_since` integer,
	`error_kind` text,
	`error_text` text,
	`late_until` integer,
	`by_hand_at` integer,
	`by_hand_kind` text,
	`by_hand_by` text,
	`lease_by` text,
	`lease_until` integer,
	CONSTRAINT "entitlements_version" CHECK("__new_entitlements"."version" >= 1),
	CONSTRAINT "entitlements_ours" CHECK("__new_entitlements"."ours" in (0, 1)),
	CONSTRAINT "entitlements_seen" CHECK("__new_entitlements"."seen" in ('unknown', 'absent', 'present', 'standing')),
	CONSTRAINT "entitlements_seen_at" CHECK("__new_entitlements"."seen" = 'unknown' or "__new_entitlements"."seen_at" is not null),
	CONSTRAINT "entitlements_direction" CHECK("__new_entitlements"."direction" in ('grants', 'revocations')),
	CONSTRAINT "entitlements_attempts" CHECK("__new_entitlements"."attempts" >= 0),
	CONSTRAINT "entitlements_error_kind" CHECK("__new_entitlements"."error_kind" in ('unreachable', 'retryable', 'final', 'unknown-account', 'wrong-target')),
	CONSTRAINT "entitlements_error" CHECK(("__new_entitlements"."error_kind" is null) = ("__new_entitlements"."error_text" is null)),
	CONSTRAINT "entitlements_failing" CHECK("__new_entitlements"."failing_since" is null or "__new_entitlements"."error_kind" is not null),
	CONSTRAINT "entitlements_by_hand_kind" CHECK("__new_entitlements"."by_hand_kind" in ('person', 'operator')),
	CONSTRAINT "entitlements_by_hand" CHECK(("__new_entitlements"."by_hand_at" is null) = ("__new_entitlements"."by_hand_kind" is null)
        and ("__new_entitlements"."by_hand_at" is null) = ("__new_entitlements"."by_hand_by" is null)),
	CONSTRAINT "entitlements_lease" CHECK(("__new_entitlements"."lease_by" is null) = ("__new_entitlements"."lease_until" is null))
) STRICT;
--> statement-breakpoint
INSERT INTO `__new_entitlements`("id", "version", "connector", "role", "account_id", "account_name", "fingerprint", "owner", "ours", "seen", "seen_at", "expires_at", "direction", "next_at", "attempts", "failing_since", "error_kind", "error_text", "late_until", "by_hand_at", "by_hand_kind", "by_hand_by", "lease_by", "lease_until") SELECT "id", "version", "connector", "role", "account_id", "account_name", "fingerprint", "owner", "ours", "seen", "seen_at", NULL, "direction", "next_at", "attempts", "failing_since", "error_kind", "error_text", "late_until", NULL, NULL, NULL, "lease_by", "lease_until" FROM `entitlements`;--> statement-breakpoint
DROP TABLE `entitlements`;--> statement-breakpoint
ALTER TABLE `__new_entitlements` RENAME TO `entitlements`;--> statement-breakpoint
CREATE UNIQUE INDEX `entitlements_one` ON `entitlements` (`connector`,`role`,`account_id`);--> statement-breakpoint
CREATE INDEX `entitlements_account` ON `entitlements` (`connector`,`account_id`);--> statement-breakpoint
CREATE INDEX `entitlements_due` ON `entitlements` (`next_at`,`id`,`lease_until`) WHERE next_at is not null;--> statement-breakpoint
CREATE INDEX `entitlements_leased` ON `entitlements` (`lease_until`,`next_at`) WHERE lease_until is not null;--> statement-breakpoint
CREATE INDEX `entitlements_failing_since` ON `entitlements` (`connector`,`failing_since`,`id`) WHERE failing_since is not null;--> statement-breakpoint
CREATE INDEX `entitlements_unreachable` ON `entitlements` (`connector`,`next_at`) WHERE error_kind = 'unreachable';--> statement-breakpoint
CREATE INDEX `entitlements_in_use` ON `entitlements` (`connector`,`role`) WHERE ours = 1;--> statement-breakpoint
CREATE INDEX `entitlements_looked_at` ON `entitlements` (`seen_at`,`id`) WHERE ours = 1;