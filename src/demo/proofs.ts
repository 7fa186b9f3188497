import { proves } from './acts.js';
import type { Stage } from './stage.js';
import type { Answer, OpenSession } from './target.js';

const MEMBERS = `select m.member::regrole, m.roleid::regrole as role, m.grantor::regrole
from pg_auth_members m
where m.roleid = 'app_readonly'::regrole and m.member <> 'hallpass'::regrole`;

const ORDERS = 'select id, state from orders where id = 4711';

/** The catalogue has no member, and dana is refused. */
export async function nobodyHolds(stage: Stage): Promise<void> {
  await proves(stage, {
    what: 'pg_auth_members knows no member of app_readonly',
    who: 'the superuser',
    sql: MEMBERS,
    ask: stage.target.asAdmin,
    holds: (answer) => answer.kind === 'rows' && answer.rows.length === 0,
  });
  await proves(stage, {
    what: 'Dana is refused by the database',
    who: 'dana',
    sql: ORDERS,
    ask: stage.target.asDana,
    holds: (answer) => answer.kind === 'refused' && answer.text.includes('42501'),
  });
}

/** The catalogue has one member, and dana reads. Gives a session of hers that stays open. */
export async function somebodyHolds(stage: Stage): Promise<OpenSession | null> {
  await proves(stage, {
    what: 'pg_auth_members shows dana as a member of app_readonly, by leave of hallpass alone',
    who: 'the superuser',
    sql: MEMBERS,
    ask: stage.target.asAdmin,
    holds: (answer) =>
      answer.kind === 'rows' &&
      answer.rows.length === 1 &&
      answer.rows[0]?.join(' ') === 'dana app_readonly hallpass',
  });
  await proves(stage, {
    what: 'Dana reads the order she asked about',
    who: 'dana',
    sql: ORDERS,
    ask: stage.target.asDana,
    holds: readsTheOrder,
  });
  const open = stage.target.openSessionOfDana;
  if (open === null) {
    return null;
  }
  const session = await open();
  await proves(stage, {
    what: 'Dana leaves a session open that may read, too',
    who: 'dana, in a session that she leaves open',
    sql: ORDERS,
    ask: session.ask,
    holds: readsTheOrder,
  });
  return session;
}

function readsTheOrder(answer: Answer): boolean {
  return answer.kind === 'rows' && answer.rows[0]?.join(' ') === '4711 stuck';
}

export async function sessionIsCut(
  { screen, expectations }: Stage,
  session: OpenSession | null,
): Promise<void> {
  if (session === null) {
    screen.say('The engine has one session for everybody, so no open session can be cut here.');
    return;
  }
  await expectations.expect({
    what: 'The session that dana left open was cut, as the catalog wants it (end_sessions: true)',
    look: () => session.endedBecause(),
    instead: () => 'The session is still open.',
    show: (words) => screen.say(`PostgreSQL to the session that dana left open: ${words}`),
  });
}
