/** Membership for accounts that are there already. */
export const grants = String.raw`
-- Never WITH ADMIN OPTION: what the holder passed on would stay. On 15 it leaves another's membership as it is.
CREATE OR REPLACE FUNCTION hallpass.add_member(role_id oid, member_id oid, options text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET client_min_messages = warning
AS $hallpass$
BEGIN
  IF NOT hallpass.is_ours(role_id, member_id) THEN
    EXECUTE format('GRANT %I TO %I', pg_get_userbyid(role_id), pg_get_userbyid(member_id))
      || CASE WHEN hallpass.has_grantors() THEN format(' WITH ADMIN FALSE, %s GRANTED BY CURRENT_USER', options) ELSE '' END;
  END IF;
END
$hallpass$;

-- Takes back what Hallpass gave, and nothing that others did.
CREATE OR REPLACE FUNCTION hallpass.remove_member(role_id oid, member_id oid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET client_min_messages = warning
AS $hallpass$
BEGIN
  IF hallpass.is_ours(role_id, member_id) THEN
    EXECUTE format('REVOKE %I FROM %I', pg_get_userbyid(role_id), pg_get_userbyid(member_id))
      || CASE WHEN hallpass.has_grantors() THEN ' GRANTED BY CURRENT_USER' ELSE '' END;
  END IF;
END
$hallpass$;

CREATE OR REPLACE FUNCTION hallpass.write_down(
  role_id oid, member_id oid, whose text, was_standing boolean, cuts boolean, ends_at timestamptz
) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp SET lock_timeout = '4s'
AS $hallpass$
  INSERT INTO hallpass.ledger (role_oid, role_name, member_oid, member_name, account, standing, cut_sessions, until)
  VALUES (
    role_id, pg_get_userbyid(role_id), member_id, pg_get_userbyid(member_id), whose, was_standing, cuts, ends_at
  )
  ON CONFLICT (role_oid, member_oid) WHERE ended_at IS NULL
  DO UPDATE SET until = excluded.until, cut_sessions = excluded.cut_sessions
$hallpass$;

-- A row that somebody keeps locked must not undo the end itself: the sweep closes it later.
CREATE OR REPLACE FUNCTION hallpass.close_row(role_id oid, member_id oid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '1s'
AS $hallpass$
BEGIN
  UPDATE hallpass.ledger l
  SET ended_at = clock_timestamp(), ended_by = session_user,
    cleaned_at = CASE WHEN l.account IS NULL AND NOT l.cut_sessions THEN clock_timestamp() END
  WHERE l.role_oid = role_id AND l.member_oid = member_id AND l.ended_at IS NULL;
EXCEPTION WHEN lock_not_available THEN
  NULL;
END
$hallpass$;

CREATE OR REPLACE FUNCTION hallpass.mark_cleaned(role_id oid, member_id oid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '1s'
AS $hallpass$
BEGIN
  UPDATE hallpass.ledger l SET cleaned_at = clock_timestamp()
  WHERE l.role_oid = role_id AND l.member_oid = member_id AND l.ended_at IS NOT NULL AND l.cleaned_at IS NULL;
EXCEPTION WHEN lock_not_available THEN
  NULL;
END
$hallpass$;

-- Repeated on a membership that is there, it moves the end, both ways.
CREATE OR REPLACE FUNCTION hallpass.grant_role(for_role name, to_member oid, ends_at timestamptz, cut_sessions boolean)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '4s'
AS $hallpass$
DECLARE
  role_id oid := hallpass.role_id(for_role);
  was_standing boolean;
BEGIN
  PERFORM hallpass.wait_for_turn(role_id, to_member::text);
  PERFORM hallpass.must_be_in_bounds(ends_at);
  PERFORM hallpass.must_be_grantable(to_member);
  PERFORM hallpass.must_be_safe(role_id);
  was_standing := NOT hallpass.is_ours(role_id, to_member) AND hallpass.can_use(to_member, role_id);
  PERFORM hallpass.add_member(role_id, to_member, 'SET TRUE');
  PERFORM hallpass.write_down(role_id, to_member, NULL, was_standing, cut_sessions IS NOT FALSE, ends_at);
END
$hallpass$;

-- What bears the mark and is in no ledger, after a restored backup say, ends like the rest: with its sessions.
CREATE OR REPLACE FUNCTION hallpass.note_unknown(role_id oid, member_id oid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '1s'
AS $hallpass$
BEGIN
  INSERT INTO hallpass.ledger (role_oid, role_name, member_oid, member_name, standing, cut_sessions, until)
  SELECT
    role_id, pg_get_userbyid(role_id), member_id, pg_get_userbyid(member_id), false, true, clock_timestamp()
  WHERE hallpass.is_ours(role_id, member_id)
  ON CONFLICT (role_oid, member_oid) WHERE ended_at IS NULL DO NOTHING;
EXCEPTION WHEN lock_not_available THEN
  NULL;
END
$hallpass$;

-- Ends also what is no longer in hallpass.managed.
CREATE OR REPLACE FUNCTION hallpass.revoke_role(for_role name, from_member oid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '4s'
AS $hallpass$
DECLARE
  role_id oid := hallpass.role_id(for_role);
BEGIN
  PERFORM hallpass.wait_a_little(role_id, from_member::text);
  PERFORM hallpass.note_unknown(role_id, from_member);
  PERFORM hallpass.remove_member(role_id, from_member);
  PERFORM hallpass.close_row(role_id, from_member);
END
$hallpass$;

CREATE OR REPLACE FUNCTION hallpass.check_role(for_role name, of_member oid)
RETURNS TABLE (fingerprint text, account_known boolean, ours boolean, usable boolean, until timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $hallpass$
  SELECT
    hallpass.fingerprint(r.oid),
    a.oid IS NOT NULL,
    a.oid IS NOT NULL AND hallpass.is_ours(r.oid, a.oid),
    a.oid IS NOT NULL AND hallpass.can_use(a.oid, r.oid),
    l.until
  FROM pg_roles r
    LEFT JOIN pg_roles a ON a.oid = of_member
    LEFT JOIN hallpass.ledger l ON l.role_oid = r.oid AND l.member_oid = a.oid AND l.ended_at IS NULL
  WHERE r.rolname = for_role
$hallpass$;

-- Accounts that can use the role, also by way of groups. hallpass_owner's own membership is for giving it.
CREATE OR REPLACE FUNCTION hallpass.list_role(for_role name)
RETURNS TABLE (fingerprint text, member_oid oid, member_name name, login_of text, ours boolean, until timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $hallpass$
  WITH RECURSIVE role (id) AS (
    SELECT hallpass.role_id(for_role)
  ), holders (id, given_here) AS (
    SELECT m.member_id, m.grantor_id = 'hallpass_owner'::regrole
    FROM role JOIN hallpass.usable_memberships() m ON m.role_id = role.id
    WHERE m.member_id <> 'hallpass_owner'::regrole
    UNION
    SELECT m.member_id, false
    FROM hallpass.usable_memberships() m JOIN holders h ON m.role_id = h.id
  )
  SELECT hallpass.fingerprint(role.id), a.oid, a.rolname, hallpass.login_of(a.oid), bool_or(h.given_here), min(l.until)
  FROM role
    CROSS JOIN holders h
    JOIN pg_roles a ON a.oid = h.id
    LEFT JOIN hallpass.ledger l ON l.role_oid = role.id AND l.member_oid = a.oid AND l.ended_at IS NULL
  WHERE a.rolcanlogin
  GROUP BY role.id, a.oid, a.rolname
  ORDER BY a.rolname
$hallpass$;

-- After the end was committed: a session that did SET ROLE before would keep the role. Only of accounts that Hallpass
-- gave something, and never of those that may use the role by other leave.
CREATE OR REPLACE FUNCTION hallpass.end_sessions(for_role name, of_member oid)
RETURNS TABLE (ended int, remaining int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $hallpass$
DECLARE
  ended_role oid := hallpass.role_id(for_role);
BEGIN
  ended := 0;
  remaining := 0;
  IF hallpass.can_use(of_member, ended_role) IS NOT TRUE AND (
    hallpass.login_of(of_member) IS NOT NULL
    OR EXISTS (SELECT FROM hallpass.ledger l WHERE l.role_oid = ended_role AND l.member_oid = of_member)
  ) THEN
    SELECT c.ended, c.remaining INTO ended, remaining FROM hallpass.cut_sessions(of_member) c;
  END IF;
  IF remaining = 0 AND hallpass.login_of(of_member) IS NULL THEN
    PERFORM hallpass.mark_cleaned(ended_role, of_member);
  END IF;
  RETURN NEXT;
END
$hallpass$;

-- Sessions that were let in, hold their database, and are in no list yet. Such a one may have taken a role on, and its
-- client can make that last (post_auth_delay). Of all, where null is asked for.
CREATE OR REPLACE FUNCTION hallpass.beginning(among int[]) RETURNS int[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $hallpass$
BEGIN
  PERFORM pg_stat_clear_snapshot();
  RETURN ARRAY(
    SELECT l.pid FROM pg_locks l
    WHERE l.locktype = 'object' AND l.classid = 'pg_database'::regclass AND (among IS NULL OR l.pid = ANY (among))
      AND NOT EXISTS (
        SELECT FROM pg_stat_activity s
        WHERE s.pid = l.pid AND (s.usesysid IS NOT NULL OR s.backend_type <> 'client backend')
      )
  );
END
$hallpass$;

-- Ends them all, and waits a little until they are gone, and until each that is beginning can be told whose it is.
CREATE OR REPLACE FUNCTION hallpass.cut_sessions(of_member oid) RETURNS TABLE (ended int, remaining int)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $hallpass$
DECLARE
  give_up timestamptz := clock_timestamp() + interval '2 seconds';
  begins int[] := hallpass.beginning(NULL);
  pids int[];
BEGIN
  WHILE begins <> '{}' AND clock_timestamp() < give_up LOOP
    PERFORM pg_sleep(0.05);
    begins := hallpass.beginning(begins);
  END LOOP;
  PERFORM pg_stat_clear_snapshot();
  pids := ARRAY(SELECT s.pid FROM pg_stat_activity s WHERE s.usesysid = of_member AND s.pid <> pg_backend_pid());
  ended := hallpass.terminate(pids);
  LOOP
    -- What a transaction has seen of other sessions it goes on seeing.
    PERFORM pg_stat_clear_snapshot();
    SELECT count(*) INTO remaining FROM pg_stat_activity s WHERE s.usesysid = of_member AND s.pid = ANY (pids);
    EXIT WHEN remaining = 0 OR clock_timestamp() > give_up;
    PERFORM pg_sleep(0.01);
  END LOOP;
  remaining := remaining + cardinality(begins);
  RETURN NEXT;
END
$hallpass$;

CREATE OR REPLACE FUNCTION hallpass.terminate(pids int[]) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET client_min_messages = error
AS $hallpass$
BEGIN
  RETURN (SELECT count(*) FROM unnest(pids) AS p (pid) WHERE pg_terminate_backend(p.pid));
EXCEPTION WHEN insufficient_privilege THEN
  RAISE SQLSTATE 'HP050' USING MESSAGE = 'hallpass_owner may not end sessions';
END
$hallpass$;
`;
