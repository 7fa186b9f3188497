import { userInfo } from 'node:os';
import { formatDuration } from '../domain/duration.js';
import { toUtcText } from '../domain/time.js';
import type { Instant } from '../domain/time.js';
import type { Store } from '../ports.js';
import { readDatabaseFile } from '../settings.js';
import { createStore } from '../store/create-store.js';
import { DatabaseRefused } from '../store/database-refused.js';
import { openDatabase } from '../store/open-database.js';
import type { Command } from './command.js';
import { wrongUsage } from './usage.js';

/**
 * Says how the machine's clock stands to the newest event on record. `accept` lets the next start go by the
 * machine's clock although it stands before that event: only while Hallpass does not run and nothing waits
 * for any moment, so that no window can grow by it.
 */
export async function clock(command: Command, now: () => Instant = Date.now): Promise<number> {
  const [verb, ...more] = command.args;
  if ((verb !== undefined && verb !== 'accept') || more.length > 0) {
    return wrongUsage(command, 'clock');
  }
  const path = readDatabaseFile(command.env);
  if (!path.ok) {
    command.err(path.problem);
    return 2;
  }
  try {
    return verb === 'accept'
      ? await withStore(path.file, 'start', async (store) => await accept(command, store, now()))
      : await withStore(path.file, 'beside', async (store) => await show(command, store, now()));
  } catch (error) {
    if (error instanceof DatabaseRefused) {
      command.err(`hallpass: ${error.message}`);
      return 2;
    }
    throw error;
  }
}

async function withStore<Answer>(
  path: string,
  role: 'start' | 'beside',
  use: (store: Store) => Promise<Answer>,
): Promise<Answer> {
  if (role === 'start') {
    // Refuses a file that is not there, instead of making one.
    (await openDatabase({ path, role: 'beside' })).close();
  }
  const store = createStore({ database: await openDatabase({ path, role }) });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

async function show(command: Command, store: Store, now: Instant): Promise<number> {
  const last = await store.lastEventAt();
  command.out(`The clock of this machine: ${toUtcText(now)}`);
  command.out(`The newest event on record: ${last === null ? 'none' : toUtcText(last)}`);
  if (last === null || last <= now) {
    command.out('All is well.');
    return 0;
  }
  command.out(
    `The clock stands ${formatDuration(last - now)} before the record. If it is wrong, set it right. If it is right, it stood ahead before: wait until nothing is open, stop Hallpass, and run \`hallpass clock accept\`.`,
  );
  return 1;
}

async function accept(command: Command, store: Store, now: Instant): Promise<number> {
  const last = await store.lastEventAt();
  if (last === null || last <= now) {
    command.out('The clock of this machine does not stand before the record: there is nothing to accept.');
    return 0;
  }
  const open = await store.countLiveGrants({});
  if (open > 0 || (await store.nextDueAt()) !== null) {
    command.err(
      `Not accepted: ${open > 0 ? `${open} live grants would last longer` : 'requests, messages or checks still wait for their moment'}. Start Hallpass, wait until all of it is over and told, stop it, and try again.`,
    );
    return 1;
  }
  const { username: name } = userInfo();
  const outcome = await store.commit({
    at: now,
    audit: [
      {
        kind: 'clock.accepted',
        actor: { kind: 'operator', name },
        facts: { lastEventAt: last, clockAt: now },
      },
    ],
  });
  if (outcome !== 'committed') {
    throw new Error(`The acceptance was not written: ${outcome}.`);
  }
  command.out(
    `Accepted: from ${toUtcText(last)} back to ${toUtcText(now)}. The next start goes by this clock.`,
  );
  return 0;
}
