/** Who owns what, and the three tables: what may be given, for how long, and what was. */
export const tables = String.raw`
DO $hallpass$
DECLARE
  here text := pg_catalog.format('Hallpass: owns the schema hallpass in the database %I', pg_catalog.current_database());
  there text;
BEGIN
  IF pg_catalog.current_setting('server_version_num')::int < 150000 THEN
    RAISE EXCEPTION 'Hallpass needs PostgreSQL 15 or later';
  END IF;
  IF pg_catalog.to_regrole('hallpass_owner') IS NULL THEN
    CREATE ROLE hallpass_owner NOLOGIN;
  END IF;
  IF pg_catalog.to_regrole('hallpass') IS NULL THEN
    CREATE ROLE hallpass LOGIN CONNECTION LIMIT 35;
  END IF;
  IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'hallpass_owner' AND (rolcanlogin OR rolsuper)) THEN
    RAISE EXCEPTION 'The role hallpass_owner must be neither a login nor a superuser';
  END IF;
  IF pg_catalog.pg_has_role('hallpass', 'hallpass_owner', 'MEMBER') THEN
    RAISE EXCEPTION 'The account hallpass must not be a member of hallpass_owner: it could do all that its functions refuse';
  END IF;
  -- Memberships belong to the whole server: two ledgers would end each other's.
  there := pg_catalog.shobj_description('hallpass_owner'::pg_catalog.regrole, 'pg_authid');
  IF there LIKE 'Hallpass: %' AND there <> here THEN
    RAISE EXCEPTION 'Hallpass is in another database of this server already (%). Point it there; or, if that one is gone: COMMENT ON ROLE hallpass_owner IS NULL', there;
  END IF;
  EXECUTE pg_catalog.format('COMMENT ON ROLE hallpass_owner IS %L', here);
  CREATE SCHEMA IF NOT EXISTS hallpass AUTHORIZATION hallpass_owner;
  IF NOT EXISTS (
    SELECT FROM pg_catalog.pg_namespace n
    WHERE n.nspname = 'hallpass' AND n.nspowner = 'hallpass_owner'::pg_catalog.regrole
  ) THEN
    RAISE EXCEPTION 'There is a schema hallpass already, and it is somebody else''s';
  END IF;
END
$hallpass$;

SET LOCAL ROLE hallpass_owner;

CREATE TABLE IF NOT EXISTS hallpass.settings (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  -- No window may end later than this from now.
  max_window interval NOT NULL DEFAULT '24 hours' CHECK (max_window BETWEEN '1 minute' AND '366 days'),
  last_sweep timestamptz
);
INSERT INTO hallpass.settings DEFAULT VALUES ON CONFLICT DO NOTHING;

-- What may be given at all. Filled by hand: INSERT INTO hallpass.managed VALUES ('app_readonly').
CREATE TABLE IF NOT EXISTS hallpass.managed (
  role regrole PRIMARY KEY,
  -- Why a role that could outlive its window may be given all the same.
  accept_risk text CHECK (length(accept_risk) >= 10)
);

-- What was given, to whom, until when, and how it ended. Ended rows are history: delete them as you please.
CREATE TABLE IF NOT EXISTS hallpass.ledger (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  role_oid oid NOT NULL,
  role_name name NOT NULL,
  member_oid oid NOT NULL,
  member_name name NOT NULL,
  -- Whose temporary login the member is; null for an account that was there before.
  account text,
  -- The member could use the role by other leave as well when this was given.
  standing boolean NOT NULL,
  cut_sessions boolean NOT NULL,
  given_by name NOT NULL DEFAULT session_user,
  given_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  until timestamptz NOT NULL,
  ended_at timestamptz,
  ended_by name,
  -- After the end: its sessions are over, and a temporary login is dropped.
  cleaned_at timestamptz
);
CREATE UNIQUE INDEX IF NOT EXISTS ledger_live ON hallpass.ledger (role_oid, member_oid) WHERE ended_at IS NULL;
CREATE INDEX IF NOT EXISTS ledger_unclean ON hallpass.ledger (until) WHERE cleaned_at IS NULL;
CREATE INDEX IF NOT EXISTS ledger_member ON hallpass.ledger (member_oid);
`;
