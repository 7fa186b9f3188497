/** What the functions refuse. Each refusal has an SQLSTATE of its own; function-errors.ts holds the words for it. */
export const rules = String.raw`
CREATE OR REPLACE FUNCTION hallpass.has_grantors() RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $hallpass$ SELECT current_setting('server_version_num')::int >= 160000 $hallpass$;

CREATE OR REPLACE FUNCTION hallpass.is_ours(role_id oid, member_id oid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $hallpass$
  SELECT EXISTS (
    SELECT FROM pg_auth_members m
    WHERE m.roleid = role_id AND m.member = member_id AND m.grantor = 'hallpass_owner'::regrole
  )
$hallpass$;

-- An option to give a role away is not use.
CREATE OR REPLACE FUNCTION hallpass.can_use(member_id oid, role_id oid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $hallpass$
  SELECT CASE
    WHEN hallpass.has_grantors() THEN pg_has_role(member_id, role_id, 'USAGE') OR pg_has_role(member_id, role_id, 'SET')
    ELSE pg_has_role(member_id, role_id, 'MEMBER')
  END
$hallpass$;

-- Memberships that somebody can use; those before 16 have no options. By way of JSON, since a column that is not there would fail.
CREATE OR REPLACE FUNCTION hallpass.usable_memberships()
RETURNS TABLE (role_id oid, member_id oid, grantor_id oid)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $hallpass$
  SELECT m.roleid, m.member, m.grantor
  FROM pg_auth_members m
  WHERE coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, true)
    OR coalesce((to_jsonb(m) ->> 'set_option')::boolean, true)
$hallpass$;

CREATE OR REPLACE FUNCTION hallpass.role_id(role_name name) RETURNS oid
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $hallpass$
DECLARE
  found_id oid := (SELECT r.oid FROM pg_roles r WHERE r.rolname = role_name);
BEGIN
  IF found_id IS NULL THEN
    RAISE SQLSTATE 'HP011' USING MESSAGE = 'There is no such role';
  END IF;
  RETURN found_id;
END
$hallpass$;

-- Its owner's and its callers' rights are what nobody may be led to; what else could outlive a window needs a reason.
CREATE OR REPLACE FUNCTION hallpass.must_be_safe(role_id oid) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $hallpass$
DECLARE
  leads_here boolean;
  risky boolean;
BEGIN
  IF NOT EXISTS (SELECT FROM hallpass.managed m WHERE m.role = role_id) THEN
    RAISE SQLSTATE 'HP010' USING MESSAGE = 'The role is not in hallpass.managed';
  END IF;
  WITH RECURSIVE reach (id) AS (
    SELECT role_id
    UNION
    SELECT m.roleid FROM reach JOIN pg_auth_members m ON m.member = reach.id
  )
  SELECT
    bool_or(r.oid = 'hallpass_owner'::regrole OR (hallpass.may_call(r.oid) AND NOT r.rolsuper)),
    bool_or(
      r.rolsuper OR r.rolcreaterole OR r.rolreplication OR r.rolbypassrls
      OR r.rolname IN (
        'pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files', 'pg_create_subscription'
      )
      OR EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid AND m.admin_option)
    )
  INTO leads_here, risky
  FROM reach JOIN pg_roles r ON r.oid = reach.id;
  IF leads_here THEN
    RAISE SQLSTATE 'HP013' USING MESSAGE = 'The role leads to an account of Hallpass';
  END IF;
  IF risky AND NOT EXISTS (
    SELECT FROM hallpass.managed m WHERE m.role = role_id AND m.accept_risk IS NOT NULL
  ) THEN
    RAISE SQLSTATE 'HP012' USING MESSAGE = 'The role could outlive its window';
  END IF;
END
$hallpass$;

CREATE OR REPLACE FUNCTION hallpass.may_call(account_id oid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $hallpass$
  SELECT has_function_privilege(account_id, 'hallpass.grant_role(name, oid, timestamptz, boolean)', 'EXECUTE')
    OR has_function_privilege(account_id, 'hallpass.create_login(name, text, timestamptz)', 'EXECUTE')
$hallpass$;

-- An account of one person. What is given to a group would be given to people whom nobody approved.
CREATE OR REPLACE FUNCTION hallpass.must_be_grantable(member_id oid) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $hallpass$
DECLARE
  account pg_roles;
BEGIN
  SELECT * INTO account FROM pg_roles WHERE oid = member_id;
  IF account.oid IS NULL THEN
    RAISE SQLSTATE 'HP020' USING MESSAGE = 'There is no such account';
  ELSIF account.rolsuper THEN
    RAISE SQLSTATE 'HP021' USING MESSAGE = 'The account is a superuser';
  ELSIF account.oid = 'hallpass_owner'::regrole OR hallpass.may_call(account.oid) THEN
    RAISE SQLSTATE 'HP022' USING MESSAGE = 'The account is one of Hallpass';
  ELSIF EXISTS (SELECT FROM hallpass.managed m WHERE m.role = account.oid) THEN
    RAISE SQLSTATE 'HP023' USING MESSAGE = 'The account is itself a managed role';
  ELSIF NOT account.rolcanlogin THEN
    RAISE SQLSTATE 'HP024' USING MESSAGE = 'The account may not log in';
  ELSIF EXISTS (SELECT FROM hallpass.usable_memberships() m WHERE m.role_id = account.oid) THEN
    RAISE SQLSTATE 'HP025' USING MESSAGE = 'The account has members';
  END IF;
END
$hallpass$;

-- By the server's own clock: a call that was long on its way gives nothing after its end. Hallpass asks for an end a
-- minute after the window's, and its clock may be another.
CREATE OR REPLACE FUNCTION hallpass.must_be_in_bounds(ends_at timestamptz) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $hallpass$
BEGIN
  IF ends_at IS NULL OR ends_at <= clock_timestamp() THEN
    RAISE SQLSTATE 'HP030' USING MESSAGE = 'The window is over';
  ELSIF ends_at > clock_timestamp() + (SELECT max_window FROM hallpass.settings) + interval '2 minutes' THEN
    RAISE SQLSTATE 'HP031' USING MESSAGE = 'The window is longer than max_window';
  END IF;
END
$hallpass$;

-- Calls that meet over one membership wait for each other: PostgreSQL 15 answers them with errors otherwise.
CREATE OR REPLACE FUNCTION hallpass.wait_for_turn(role_id oid, member text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '4s'
AS $hallpass$
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE SQLSTATE 'HP060' USING MESSAGE = 'Only in READ COMMITTED: an older snapshot would hide what has changed';
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended(format('hallpass %s %s', role_id, member), 0));
END
$hallpass$;

-- Whoever can connect can take the same lock and keep it, the holder of the role too: an end goes on without.
CREATE OR REPLACE FUNCTION hallpass.wait_a_little(role_id oid, member text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '1s'
AS $hallpass$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(format('hallpass %s %s', role_id, member), 0));
EXCEPTION WHEN lock_not_available THEN
  NULL;
END
$hallpass$;

-- What tells this target from others: the server, the ledger's database, who gives, and the role itself.
CREATE OR REPLACE FUNCTION hallpass.fingerprint(role_id oid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $hallpass$
  SELECT concat_ws(
    '/',
    (SELECT system_identifier FROM pg_control_system()),
    (SELECT oid FROM pg_database WHERE datname = current_database()),
    'hallpass_owner'::regrole::oid,
    role_id
  )
$hallpass$;
`;
