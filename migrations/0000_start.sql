-- Written by drizzle-kit, and completed by hand: STRICT tables; deferred keys from a request to its
-- grant, for both may be new in one transaction; the triggers of the audit chain.
CREATE TABLE `audit_events` (
	`seq` integer PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`prev` text NOT NULL,
	`body` text NOT NULL,
	`hash` text NOT NULL,
	CONSTRAINT "audit_events_body" CHECK(json_valid("audit_events"."body"))
) STRICT;
--> statement-breakpoint
CREATE TABLE `audit_texts` (
	`seq` integer PRIMARY KEY NOT NULL,
	`salt` text NOT NULL,
	`text` text NOT NULL,
	FOREIGN KEY (`seq`) REFERENCES `audit_events`(`seq`) ON UPDATE no action ON DELETE no action
) STRICT;
--> statement-breakpoint
CREATE TABLE `catalogs` (
	`sha256` text PRIMARY KEY NOT NULL,
	`source` text NOT NULL,
	`kept_at` integer NOT NULL,
	`place` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `catalogs_place` ON `catalogs` (`place`);--> statement-breakpoint
CREATE TABLE `decisions` (
	`request_id` text NOT NULL,
	`approver` text NOT NULL,
	`terms_version` integer NOT NULL,
	`verdict` text NOT NULL,
	`reason` text,
	`catalog_sha256` text NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`request_id`, `approver`, `terms_version`),
	FOREIGN KEY (`request_id`) REFERENCES `requests`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "decisions_verdict" CHECK("decisions"."verdict" in ('approve', 'deny'))
) STRICT;
--> statement-breakpoint
CREATE TABLE `entitlements` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`connector` text NOT NULL,
	`role` text NOT NULL,
	`account_id` text NOT NULL,
	`account_name` text NOT NULL,
	`fingerprint` text NOT NULL,
	`owner` text NOT NULL,
	`ours` integer NOT NULL,
	`seen` text NOT NULL,
	`seen_at` integer,
	`direction` text NOT NULL,
	`next_at` integer,
	`attempts` integer NOT NULL,
	`failing_since` integer,
	`error_kind` text,
	`error_text` text,
	`late_until` integer,
	`lease_by` text,
	`lease_until` integer,
	CONSTRAINT "entitlements_version" CHECK("entitlements"."version" >= 1),
	CONSTRAINT "entitlements_ours" CHECK("entitlements"."ours" in (0, 1)),
	CONSTRAINT "entitlements_seen" CHECK("entitlements"."seen" in ('unknown', 'absent', 'present', 'standing')),
	CONSTRAINT "entitlements_seen_at" CHECK("entitlements"."seen" = 'unknown' or "entitlements"."seen_at" is not null),
	CONSTRAINT "entitlements_direction" CHECK("entitlements"."direction" in ('grants', 'revocations')),
	CONSTRAINT "entitlements_attempts" CHECK("entitlements"."attempts" >= 0),
	CONSTRAINT "entitlements_error_kind" CHECK("entitlements"."error_kind" in ('unreachable', 'retryable', 'final', 'unknown-account', 'wrong-target')),
	CONSTRAINT "entitlements_error" CHECK(("entitlements"."error_kind" is null) = ("entitlements"."error_text" is null)),
	CONSTRAINT "entitlements_failing" CHECK("entitlements"."failing_since" is null or "entitlements"."error_kind" is not null),
	CONSTRAINT "entitlements_lease" CHECK(("entitlements"."lease_by" is null) = ("entitlements"."lease_until" is null))
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `entitlements_one` ON `entitlements` (`connector`,`role`,`account_id`);--> statement-breakpoint
CREATE INDEX `entitlements_account` ON `entitlements` (`connector`,`account_id`);--> statement-breakpoint
CREATE INDEX `entitlements_due` ON `entitlements` (`next_at`,`id`,`lease_until`) WHERE next_at is not null;--> statement-breakpoint
CREATE INDEX `entitlements_leased` ON `entitlements` (`lease_until`,`next_at`) WHERE lease_until is not null;--> statement-breakpoint
CREATE INDEX `entitlements_failing_since` ON `entitlements` (`connector`,`failing_since`,`id`) WHERE failing_since is not null;--> statement-breakpoint
CREATE INDEX `entitlements_unreachable` ON `entitlements` (`connector`,`next_at`) WHERE error_kind = 'unreachable';--> statement-breakpoint
CREATE INDEX `entitlements_in_use` ON `entitlements` (`connector`,`role`) WHERE ours = 1;--> statement-breakpoint
CREATE TABLE `grant_entitlements` (
	`grant_id` text NOT NULL,
	`entitlement_id` text NOT NULL,
	`state` text NOT NULL,
	PRIMARY KEY(`grant_id`, `entitlement_id`),
	FOREIGN KEY (`grant_id`) REFERENCES `grants`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`entitlement_id`) REFERENCES `entitlements`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "grant_entitlements_state" CHECK("grant_entitlements"."state" in ('waiting', 'held', 'standing', 'released'))
) STRICT;
--> statement-breakpoint
CREATE INDEX `grant_entitlements_holding` ON `grant_entitlements` (`entitlement_id`) WHERE state <> 'released';--> statement-breakpoint
CREATE TABLE `grants` (
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
	CONSTRAINT "grants_version" CHECK("grants"."version" >= 1),
	CONSTRAINT "grants_state" CHECK("grants"."state" in ('scheduled', 'opening', 'active', 'ending', 'ended', 'failed')),
	CONSTRAINT "grants_window" CHECK("grants"."ends_at" > "grants"."starts_at"),
	CONSTRAINT "grants_active_at" CHECK(case when "grants"."state" = 'active' then "grants"."active_at" is not null
        when "grants"."state" in ('scheduled', 'opening', 'failed') then "grants"."active_at" is null else 1 end),
	CONSTRAINT "grants_end_cause" CHECK("grants"."end_cause" in ('window', 'done', 'revoked', 'not-opened')),
	CONSTRAINT "grants_ended_by_kind" CHECK("grants"."ended_by_kind" in ('person', 'hallpass', 'operator')),
	CONSTRAINT "grants_ending" CHECK(("grants"."state" in ('ending', 'ended', 'failed')) = ("grants"."ending_at" is not null)
        and ("grants"."ending_at" is null) = ("grants"."end_cause" is null)
        and ("grants"."ending_at" is null) = ("grants"."ended_by_kind" is null)
        and (coalesce("grants"."ended_by_kind", 'hallpass') = 'hallpass') = ("grants"."ended_by" is null)
        and ("grants"."end_reason" is null or "grants"."ending_at" is not null)),
	CONSTRAINT "grants_closed" CHECK(("grants"."state" in ('ended', 'failed')) = ("grants"."closed_at" is not null))
) STRICT;
--> statement-breakpoint
CREATE INDEX `grants_request` ON `grants` (`request_id`);--> statement-breakpoint
CREATE INDEX `grants_due` ON `grants` (`remind_at`,`id`) WHERE state = 'active' and remind_at is not null;--> statement-breakpoint
CREATE INDEX `grants_live` ON `grants` (`ends_at`,`id`,`resource`,`role`,`state`) WHERE state in ('opening', 'active', 'ending');--> statement-breakpoint
CREATE INDEX `grants_live_of_beneficiary` ON `grants` (`beneficiary`,`ends_at`,`id`,`resource`,`role`,`state`) WHERE state in ('opening', 'active', 'ending');--> statement-breakpoint
CREATE TABLE `handled` (
	`key` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE INDEX `handled_at` ON `handled` (`at`);--> statement-breakpoint
CREATE TABLE `messages` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`kind` text NOT NULL,
	`subject` text NOT NULL,
	`recipient` text NOT NULL,
	`posted_channel` text,
	`posted_ts` text,
	`shown` text,
	`wanted` integer NOT NULL,
	`next_at` integer,
	`attempts` integer NOT NULL,
	`error` text,
	CONSTRAINT "messages_version" CHECK("messages"."version" >= 1),
	CONSTRAINT "messages_kind" CHECK("messages"."kind" in ('request-card', 'grant-card')),
	CONSTRAINT "messages_posted" CHECK(("messages"."posted_channel" is null) = ("messages"."posted_ts" is null))
) STRICT;
--> statement-breakpoint
CREATE INDEX `messages_subject` ON `messages` (`subject`);--> statement-breakpoint
CREATE INDEX `messages_due` ON `messages` (`next_at`,`id`) WHERE next_at is not null;--> statement-breakpoint
CREATE TABLE `outbox` (
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
	CONSTRAINT "outbox_version" CHECK("outbox"."version" >= 1),
	CONSTRAINT "outbox_kind" CHECK("outbox"."kind" in ('request-for-you', 'request-not-shown', 'request-denied', 'request-expired', 'request-cancelled', 'grant-reminder', 'grant-prolonged', 'grant-revoked', 'grant-not-opened', 'revocation-stuck', 'connector-back')),
	CONSTRAINT "outbox_state" CHECK("outbox"."state" in ('owed', 'sent', 'dropped')),
	CONSTRAINT "outbox_owed" CHECK("outbox"."state" <> 'owed' or "outbox"."next_at" is not null)
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `outbox_once` ON `outbox` (`subject`,`kind`,`occasion`,`person`);--> statement-breakpoint
CREATE INDEX `outbox_due` ON `outbox` (`next_at`,`id`) WHERE state = 'owed';--> statement-breakpoint
CREATE TABLE `requests` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`state` text NOT NULL,
	`team_id` text,
	`enterprise_id` text,
	`requester` text NOT NULL,
	`beneficiary` text NOT NULL,
	`resource` text NOT NULL,
	`role` text NOT NULL,
	`policy` text NOT NULL,
	`catalog_sha256` text NOT NULL,
	`duration_ms` integer NOT NULL,
	`reason` text NOT NULL,
	`terms` text NOT NULL,
	`terms_version` integer NOT NULL,
	`extends_grant` text,
	`channel` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`decided_at` integer,
	`grant_id` text,
	FOREIGN KEY (`extends_grant`) REFERENCES `grants`(`id`) ON UPDATE no action ON DELETE no action DEFERRABLE INITIALLY DEFERRED,
	FOREIGN KEY (`grant_id`) REFERENCES `grants`(`id`) ON UPDATE no action ON DELETE no action DEFERRABLE INITIALLY DEFERRED,
	CONSTRAINT "requests_version" CHECK("requests"."version" >= 1),
	CONSTRAINT "requests_state" CHECK("requests"."state" in ('pending', 'approved', 'denied', 'cancelled', 'expired')),
	CONSTRAINT "requests_duration" CHECK("requests"."duration_ms" > 0),
	CONSTRAINT "requests_terms" CHECK(json_valid("requests"."terms")),
	CONSTRAINT "requests_decided" CHECK(("requests"."state" = 'pending') = ("requests"."decided_at" is null)),
	CONSTRAINT "requests_granted" CHECK(("requests"."state" = 'approved') = ("requests"."grant_id" is not null))
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `requests_one_pending` ON `requests` (`beneficiary`,`resource`,`role`) WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX `requests_pending_requester` ON `requests` (`requester`) WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX `requests_due` ON `requests` (`expires_at`,`id`) WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX `requests_grant` ON `requests` (`grant_id`) WHERE grant_id is not null;--> statement-breakpoint
CREATE INDEX `requests_extends_grant` ON `requests` (`extends_grant`) WHERE extends_grant is not null;--> statement-breakpoint
CREATE TRIGGER `audit_events_next` BEFORE INSERT ON `audit_events`
WHEN NEW.seq IS NOT coalesce((SELECT max(seq) FROM audit_events), 0) + 1
	OR NEW.prev IS NOT coalesce((SELECT hash FROM audit_events ORDER BY seq DESC LIMIT 1), '0000000000000000000000000000000000000000000000000000000000000000')
BEGIN SELECT RAISE(ABORT, 'an audit event must follow the last one'); END;
--> statement-breakpoint
CREATE TRIGGER `audit_events_kept` BEFORE DELETE ON `audit_events`
BEGIN SELECT RAISE(ABORT, 'an audit event is never deleted'); END;
--> statement-breakpoint
CREATE TRIGGER `audit_events_unchanged` BEFORE UPDATE ON `audit_events`
BEGIN SELECT RAISE(ABORT, 'an audit event is never changed'); END;
--> statement-breakpoint
CREATE TRIGGER `audit_texts_unchanged` BEFORE UPDATE ON `audit_texts`
BEGIN SELECT RAISE(ABORT, 'an audit text is erased, never changed'); END;
