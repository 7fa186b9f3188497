/** Temporary logins, for people without an account. hallpass_owner needs CREATEROLE for them, and only for them. */
export const logins = String.raw`
-- The same each time, so that every step can be repeated after a crash.
CREATE OR REPLACE FUNCTION hallpass.login_name(for_role name, whose text) RETURNS name
LANGUAGE sql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp
AS $hallpass$
  SELECT format(
    'hp_%s_%s',
    left(regexp_replace(whose, '[^a-z0-9_]', '_', 'g'), 51),
    left(encode(sha256(convert_to(for_role || ' ' || whose, 'UTF8')), 'hex'), 8)
  )::name
$hallpass$;

CREATE OR REPLACE FUNCTION hallpass.login_mark(for_role name, whose text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp
AS $hallpass$ SELECT format('Hallpass: temporary login of %s for %s', whose, for_role) $hallpass$;

-- Whose temporary login a role is, by its mark; null where it bears none.
CREATE OR REPLACE FUNCTION hallpass.login_of(login_id oid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $hallpass$
  SELECT substring(shobj_description(login_id, 'pg_authid') FROM '^Hallpass: temporary login of ([^ ]+) for [^ ]+$')
$hallpass$;

-- The login's oid, null where there is none. One of that name without our mark is somebody else's.
CREATE OR REPLACE FUNCTION hallpass.find_login(for_role name, whose text) RETURNS oid
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $hallpass$
DECLARE
  login_id oid := (SELECT r.oid FROM pg_roles r WHERE r.rolname = hallpass.login_name(for_role, whose));
BEGIN
  IF login_id IS NOT NULL
    AND shobj_description(login_id, 'pg_authid') IS DISTINCT FROM hallpass.login_mark(for_role, whose)
  THEN
    RAISE SQLSTATE 'HP041' USING MESSAGE = 'A role of that name is not one of Hallpass';
  END IF;
  RETURN login_id;
END
$hallpass$;

-- Whatever could still be used: one that may log in, or that holds the role.
CREATE OR REPLACE FUNCTION hallpass.is_present(role_id oid, login_id oid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $hallpass$
  SELECT EXISTS (
    SELECT FROM pg_roles r WHERE r.oid = login_id AND (r.rolcanlogin OR hallpass.can_use(r.oid, role_id))
  )
$hallpass$;

-- NOINHERIT: it can do nothing before SET ROLE, and what is made then belongs to the role, so that the login can be
-- dropped. (A default for SET ROLE can't be set from within a function.) It has no password yet, and one that was
-- closed before gets none back.
CREATE OR REPLACE FUNCTION hallpass.create_login(for_role name, whose text, ends_at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '4s'
SET client_min_messages = warning
AS $hallpass$
DECLARE
  role_id oid := hallpass.role_id(for_role);
  login name := hallpass.login_name(for_role, whose);
  login_id oid;
BEGIN
  IF whose IS NULL OR whose !~ '^[a-z_][a-z0-9_$@.-]{0,62}$' THEN
    RAISE SQLSTATE 'HP040' USING MESSAGE = 'Not a name for an account';
  END IF;
  PERFORM hallpass.wait_for_turn(role_id, login::text);
  PERFORM hallpass.must_be_in_bounds(ends_at);
  PERFORM hallpass.must_be_safe(role_id);
  login_id := hallpass.find_login(for_role, whose);
  IF login_id IS NULL THEN
    EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT', login);
    EXECUTE format('COMMENT ON ROLE %I IS %L', login, hallpass.login_mark(for_role, whose));
    login_id := hallpass.find_login(for_role, whose);
  END IF;
  -- One that somebody has closed in part, during an incident say, is not opened again.
  IF NOT hallpass.is_present(role_id, login_id) THEN
    EXECUTE format('ALTER ROLE %I LOGIN PASSWORD NULL', login);
    PERFORM hallpass.add_member(role_id, login_id, 'INHERIT FALSE, SET TRUE');
  END IF;
  EXECUTE format('ALTER ROLE %I CONNECTION LIMIT 3 VALID UNTIL %L', login, ends_at);
  PERFORM hallpass.write_down(role_id, login_id, whose, false, true, ends_at);
END
$hallpass$;

-- Takes a verifier and nothing else: the password itself never comes here. Answers until when it is good.
CREATE OR REPLACE FUNCTION hallpass.set_password(for_role name, whose text, verifier text) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $hallpass$
DECLARE
  role_id oid := hallpass.role_id(for_role);
  login_id oid;
  good_until timestamptz;
BEGIN
  PERFORM hallpass.wait_for_turn(role_id, hallpass.login_name(for_role, whose)::text);
  PERFORM hallpass.must_be_safe(role_id);
  login_id := hallpass.find_login(for_role, whose);
  SELECT l.until INTO good_until
  FROM hallpass.ledger l JOIN pg_roles r ON r.oid = l.member_oid AND r.rolcanlogin
  WHERE l.role_oid = role_id AND l.member_oid = login_id AND l.ended_at IS NULL AND l.until > clock_timestamp();
  IF good_until IS NULL THEN
    RAISE SQLSTATE 'HP042' USING MESSAGE = 'There is no live login to set a password for';
  ELSIF verifier !~ '^SCRAM-SHA-256[$][0-9]{4,6}:[A-Za-z0-9+/=]{24,}[$][A-Za-z0-9+/=]{44}:[A-Za-z0-9+/=]{44}$' THEN
    RAISE SQLSTATE 'HP043' USING MESSAGE = 'Not a SCRAM-SHA-256 verifier';
  END IF;
  EXECUTE format('ALTER ROLE %I PASSWORD %L', pg_get_userbyid(login_id), verifier);
  RETURN good_until;
END
$hallpass$;

-- Committed before its sessions are ended: from here on nobody can begin another.
CREATE OR REPLACE FUNCTION hallpass.close_login(for_role name, whose text) RETURNS oid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '4s'
SET client_min_messages = warning
AS $hallpass$
DECLARE
  role_id oid := hallpass.role_id(for_role);
  login_id oid;
BEGIN
  PERFORM hallpass.wait_a_little(role_id, hallpass.login_name(for_role, whose)::text);
  login_id := hallpass.find_login(for_role, whose);
  IF login_id IS NOT NULL THEN
    PERFORM hallpass.shut_login(role_id, login_id);
    PERFORM hallpass.close_row(role_id, login_id);
  END IF;
  RETURN login_id;
END
$hallpass$;

-- The role first: its holder has no hand in that, and can do nothing from then on, whatever holds up the rest.
CREATE OR REPLACE FUNCTION hallpass.shut_login(role_id oid, login_id oid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $hallpass$
BEGIN
  PERFORM hallpass.remove_member(role_id, login_id);
  IF (SELECT r.rolcanlogin FROM pg_roles r WHERE r.oid = login_id) THEN
    PERFORM hallpass.bar_login(login_id);
  END IF;
END
$hallpass$;

-- Whoever has a login may change its password, and so keeps its row from us for as long as that transaction lasts:
-- then its sessions end first. One that still can't be closed is seen as there, and is tried again.
CREATE OR REPLACE FUNCTION hallpass.bar_login(login_id oid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '500ms'
AS $hallpass$
DECLARE
  bar text := format('ALTER ROLE %I NOLOGIN PASSWORD NULL', pg_get_userbyid(login_id));
BEGIN
  EXECUTE bar;
EXCEPTION WHEN lock_not_available OR internal_error THEN -- the latter: "tuple concurrently updated"
  BEGIN
    PERFORM hallpass.cut_sessions(login_id);
    EXECUTE bar;
  EXCEPTION WHEN lock_not_available OR internal_error OR SQLSTATE 'HP050' THEN
    NULL;
  END;
END
$hallpass$;

-- Answers false where something in some database still belongs to the login. It can do nothing then: it is closed.
CREATE OR REPLACE FUNCTION hallpass.drop_login(for_role name, whose text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '4s'
AS $hallpass$
DECLARE
  role_id oid := hallpass.role_id(for_role);
  login_id oid;
BEGIN
  PERFORM hallpass.wait_a_little(role_id, hallpass.login_name(for_role, whose)::text);
  login_id := hallpass.find_login(for_role, whose);
  IF login_id IS NULL THEN
    RETURN true;
  END IF;
  PERFORM pg_stat_clear_snapshot();
  IF (SELECT r.rolcanlogin FROM pg_roles r WHERE r.oid = login_id)
    OR EXISTS (SELECT FROM pg_stat_activity s WHERE s.usesysid = login_id)
  THEN
    RAISE SQLSTATE 'HP044' USING MESSAGE = 'The login is open, or has sessions';
  END IF;
  EXECUTE format('DROP ROLE %I', pg_get_userbyid(login_id));
  PERFORM hallpass.mark_cleaned(role_id, login_id);
  RETURN true;
EXCEPTION WHEN dependent_objects_still_exist THEN
  RETURN false;
END
$hallpass$;

CREATE OR REPLACE FUNCTION hallpass.check_login(for_role name, whose text)
RETURNS TABLE (fingerprint text, login name, login_oid oid, present boolean, until timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $hallpass$
  SELECT
    hallpass.fingerprint(r.oid),
    hallpass.login_name(for_role, whose),
    a.oid,
    hallpass.is_present(r.oid, a.oid),
    l.until
  FROM pg_roles r
    LEFT JOIN pg_roles a ON a.oid = (SELECT hallpass.find_login(for_role, whose))
    LEFT JOIN hallpass.ledger l ON l.role_oid = r.oid AND l.member_oid = a.oid AND l.ended_at IS NULL
  WHERE r.rolname = for_role
$hallpass$;
`;
