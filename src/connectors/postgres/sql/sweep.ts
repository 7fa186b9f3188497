/** The end without Hallpass: run by pg_cron, or by psql from a crontab. */
export const sweep = String.raw`
-- What bears Hallpass's mark and is in no ledger, after a restored backup say, ends too: a login at its own end, a
-- membership when the longest window that it could have is over.
CREATE OR REPLACE FUNCTION hallpass.adopt_unknown() RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $hallpass$
  INSERT INTO hallpass.ledger (role_oid, role_name, member_oid, member_name, account, standing, cut_sessions, until)
  SELECT
    m.roleid, pg_get_userbyid(m.roleid), m.member, a.rolname, hallpass.login_of(m.member), false, true,
    CASE WHEN hallpass.login_of(m.member) IS NULL THEN s.until ELSE least(a.rolvaliduntil, s.until) END
  FROM pg_auth_members m
    JOIN pg_roles a ON a.oid = m.member
    CROSS JOIN (SELECT clock_timestamp() + max_window AS until FROM hallpass.settings) s
  WHERE m.grantor = 'hallpass_owner'::regrole AND m.member <> 'hallpass_owner'::regrole
    AND NOT EXISTS (
      SELECT FROM hallpass.ledger l
      WHERE l.role_oid = m.roleid AND l.member_oid = m.member AND l.ended_at IS NULL
    )
  ON CONFLICT (role_oid, member_oid) WHERE ended_at IS NULL DO NOTHING
$hallpass$;

-- Each by itself: one that fails holds up no other, and is tried again by the next sweep. Null where it was prolonged,
-- or ended, since the sweep has found it.
CREATE OR REPLACE FUNCTION hallpass.end_one(role_id oid, member_id oid, whose text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '1s'
AS $hallpass$
BEGIN
  PERFORM hallpass.wait_a_little(role_id, CASE WHEN whose IS NULL THEN member_id::text ELSE pg_get_userbyid(member_id)::text END);
  IF NOT EXISTS (
    SELECT FROM hallpass.ledger l
    WHERE l.role_oid = role_id AND l.member_oid = member_id AND l.ended_at IS NULL AND l.until <= clock_timestamp()
  ) THEN
    RETURN NULL;
  END IF;
  IF whose IS NULL THEN
    PERFORM hallpass.remove_member(role_id, member_id);
  ELSIF hallpass.login_of(member_id) IS NOT NULL THEN
    PERFORM hallpass.shut_login(role_id, member_id);
  END IF;
  RETURN true;
EXCEPTION WHEN OTHERS THEN
  RAISE WARNING 'Hallpass could not end the membership of % in %: % (%)', member_id, role_id, SQLERRM, SQLSTATE;
  RETURN false;
END
$hallpass$;

-- The sessions of what had ended before this sweep began, for only what is committed keeps the next one out.
CREATE OR REPLACE FUNCTION hallpass.clean_one(role_id oid, member_id oid, whose text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '1s'
AS $hallpass$
BEGIN
  PERFORM hallpass.wait_a_little(role_id, CASE WHEN whose IS NULL THEN member_id::text ELSE pg_get_userbyid(member_id)::text END);
  IF NOT EXISTS (SELECT FROM hallpass.ledger l WHERE l.role_oid = role_id AND l.member_oid = member_id AND l.ended_at IS NULL)
    AND NOT hallpass.can_use(member_id, role_id)
  THEN
    IF (SELECT c.remaining > 0 FROM hallpass.cut_sessions(member_id) c) THEN
      RETURN false;
    END IF;
    IF whose IS NOT NULL AND hallpass.login_of(member_id) IS NOT NULL THEN
      EXECUTE format('DROP ROLE %I', pg_get_userbyid(member_id));
    END IF;
  END IF;
  PERFORM hallpass.mark_cleaned(role_id, member_id);
  RETURN true;
EXCEPTION
  WHEN dependent_objects_still_exist THEN
    RETURN true;
  WHEN OTHERS THEN
    RAISE WARNING 'Hallpass could not clean up after % in %: % (%)', member_id, role_id, SQLERRM, SQLSTATE;
    RETURN false;
END
$hallpass$;

-- Ends what is past its end by the server's clock. Sessions are cut, and temporary logins dropped, by the sweep after
-- that. Answers how many it ended and how many it could not.
CREATE OR REPLACE FUNCTION hallpass.sweep() RETURNS TABLE (ended int, failed int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $hallpass$
DECLARE
  row_ record;
  done boolean;
BEGIN
  ended := 0;
  failed := 0;
  PERFORM FROM hallpass.settings FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN NEXT; -- another sweep is at work
    RETURN;
  END IF;
  FOR row_ IN
    SELECT DISTINCT l.role_oid, l.member_oid, l.account
    FROM hallpass.ledger l
    WHERE l.ended_at IS NOT NULL AND l.cleaned_at IS NULL AND EXISTS (SELECT FROM pg_roles WHERE oid = l.member_oid)
  LOOP
    IF NOT hallpass.clean_one(row_.role_oid, row_.member_oid, row_.account) THEN
      failed := failed + 1;
    END IF;
  END LOOP;
  PERFORM hallpass.adopt_unknown();
  FOR row_ IN
    SELECT l.role_oid, l.member_oid, l.account,
      EXISTS (SELECT FROM pg_roles WHERE oid = l.member_oid) AND EXISTS (SELECT FROM pg_roles WHERE oid = l.role_oid) AS there
    FROM hallpass.ledger l
    WHERE l.ended_at IS NULL AND l.until <= clock_timestamp()
    ORDER BY l.until
    LIMIT 1000 -- each takes a lock until the sweep commits; the next one goes on
  LOOP
    done := NOT row_.there OR hallpass.end_one(row_.role_oid, row_.member_oid, row_.account);
    CONTINUE WHEN done IS NULL;
    IF done THEN
      PERFORM hallpass.close_row(row_.role_oid, row_.member_oid);
      ended := ended + 1;
    ELSE
      failed := failed + 1;
    END IF;
  END LOOP;
  UPDATE hallpass.settings SET last_sweep = clock_timestamp();
  RETURN NEXT;
END
$hallpass$;
`;
