import { sqlVersion } from './version.js';

/** What Hallpass's look at the start reads, and who may call what. */
export const rights = String.raw`
CREATE OR REPLACE FUNCTION hallpass.info()
RETURNS TABLE (
  version int, server_now timestamptz, last_sweep timestamptz, sweep_is_late boolean, can_signal boolean,
  can_create boolean, leftover text[]
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $hallpass$
  SELECT
    ${sqlVersion},
    clock_timestamp(),
    s.last_sweep,
    s.last_sweep IS NULL OR s.last_sweep < clock_timestamp() - interval '5 minutes',
    pg_has_role('hallpass_owner', 'pg_signal_backend', 'USAGE'),
    (SELECT r.rolcreaterole FROM pg_roles r WHERE r.rolname = 'hallpass_owner'),
    ARRAY(
      SELECT DISTINCT l.member_name::text
      FROM hallpass.ledger l JOIN pg_roles r ON r.oid = l.member_oid
      WHERE l.account IS NOT NULL AND l.cleaned_at IS NULL AND l.ended_at < clock_timestamp() - interval '1 minute'
        AND NOT r.rolcanlogin
    )
  FROM hallpass.settings s
$hallpass$;

CREATE OR REPLACE FUNCTION hallpass.managed_roles()
RETURNS TABLE (role_name name, listed boolean, accepts_risk boolean, can_give boolean, can_use boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $hallpass$
  SELECT
    r.rolname,
    EXISTS (SELECT FROM hallpass.managed m WHERE m.role = r.oid),
    EXISTS (SELECT FROM hallpass.managed m WHERE m.role = r.oid AND m.accept_risk IS NOT NULL),
    EXISTS (
      SELECT FROM pg_auth_members m
      WHERE m.roleid = r.oid AND m.member = 'hallpass_owner'::regrole AND m.admin_option
    ),
    hallpass.can_use('hallpass_owner'::regrole, r.oid)
  FROM pg_roles r
  WHERE EXISTS (SELECT FROM hallpass.managed m WHERE m.role = r.oid)
    OR EXISTS (
      SELECT FROM pg_auth_members m
      WHERE m.roleid = r.oid AND m.member = 'hallpass_owner'::regrole AND m.admin_option
    )
$hallpass$;

REVOKE ALL ON SCHEMA hallpass FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA hallpass FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA hallpass FROM PUBLIC;
GRANT USAGE ON SCHEMA hallpass TO hallpass;
GRANT EXECUTE ON FUNCTION
  hallpass.info(),
  hallpass.managed_roles(),
  hallpass.grant_role(name, oid, timestamptz, boolean),
  hallpass.revoke_role(name, oid),
  hallpass.check_role(name, oid),
  hallpass.list_role(name),
  hallpass.end_sessions(name, oid),
  hallpass.create_login(name, text, timestamptz),
  hallpass.set_password(name, text, text),
  hallpass.close_login(name, text),
  hallpass.drop_login(name, text),
  hallpass.check_login(name, text)
TO hallpass;
`;
