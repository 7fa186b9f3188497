/** While the machine's clock stands before what is on record, the admins are told every hour. */
import { HALLPASS_SUBJECT, owe } from '../domain/message.js';
import { HOUR_MS, isBehind, SECOND_MS } from '../domain/time.js';
import { commitFresh } from './commit-fresh.js';
import type { Deps } from './deps.js';
import { readAdmins } from './read-admins.js';

export async function tellClockBehind(
  deps: Pick<Deps, 'store' | 'wakeups' | 'clock' | 'catalogs' | 'directory' | 'log'>,
): Promise<void> {
  const behindMs = deps.clock.behindMs();
  if (!isBehind(behindMs)) {
    return;
  }
  deps.log.error(
    { behindSeconds: Math.round(behindMs / SECOND_MS) },
    'The clock of this machine stands before what is on record: nothing new opens, and what is open ends on time. Set the clock right; if it is right, and stood ahead before, wait until nothing is open, stop Hallpass, and run `hallpass clock accept`',
  );
  const admins = await readAdmins(deps);
  await commitFresh(deps, async () => {
    const at = deps.clock.now();
    const occasion = String(Math.floor(at / HOUR_MS));
    const notices = admins.map((to) =>
      owe({ kind: 'clock-behind', subject: HALLPASS_SUBJECT, occasion, to }),
    );
    const known = await Promise.all(notices.map(async ({ id }) => await deps.store.notice(id)));
    const owed = notices.filter((_, index) => known[index] === null);
    return { change: owed.length === 0 ? null : { at, audit: [], notices: owed }, outcome: undefined };
  });
}
