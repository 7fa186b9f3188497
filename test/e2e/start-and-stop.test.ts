import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { prepareKillable, type KillableHallpass } from '../support/child-hallpass.js';
import type { HallpassOptions } from '../support/running-hallpass.js';
import { startTargetDatabase, type TargetDatabase } from '../support/target-database.js';
import { waitFor } from '../support/wait-for.js';

/** The real `hallpass start` as a process: what it says, how it ends, and on what it goes on. */

const timeout = 180_000;
let target: TargetDatabase;
const prepared: KillableHallpass[] = [];

beforeAll(async () => {
  target = await startTargetDatabase('18');
});
afterAll(async () => {
  await Promise.all(prepared.map(({ stop }) => stop()));
  await target.stop();
});

async function prepare(options: HallpassOptions & { starts: number }): Promise<KillableHallpass> {
  const hallpass = await prepareKillable({ target, ...options });
  prepared.push(hallpass);
  return hallpass;
}

async function readyz(port: number): Promise<{ status: number; body: unknown }> {
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`);
  return { status: answer.status, body: await answer.json() };
}

/** Asks again and again, as a probe does; fetch keeps the connection for the next time. */
async function untilClosed(port: number): Promise<void> {
  await waitFor('the port to be closed', async () =>
    readyz(port).then(
      () => false,
      () => true,
    ),
  );
}

describe.concurrent('hallpass start', { timeout }, () => {
  test('a second one on the same database is refused with exit code 2, and the first goes on', async () => {
    const hallpass = await prepare({ starts: 2 });
    const first = await hallpass.start();

    const second = await hallpass.begin();

    expect(await second.exit()).toEqual({ code: 2, signal: null });
    expect(second.errors()).toContain(
      `hallpass: Another Hallpass has started on ${hallpass.databaseFile}. One file takes one Hallpass; stop the other first.`,
    );
    expect(await readyz(await first.ready())).toMatchObject({ status: 200, body: { status: 'ready' } });
    await hallpass.ask('dana', 'request prod-db 5m still here');
  });

  test('SIGTERM: what is under way is finished, nothing is lost, exit code 0', async () => {
    const hallpass = await prepare({ starts: 2 });
    const first = await hallpass.start();
    const { card } = await hallpass.ask('dana', 'request prod-db 8s a deployment in between');
    const blocker = await target.openSession('superuser');
    await blocker.query('begin; lock table pg_auth_members in exclusive mode');
    await hallpass.click('mia', card, 'request.approve');
    await waitFor('the GRANT to wait for the lock', async () => {
      const waiting = await target.sql(
        'superuser',
        "select from pg_stat_activity where wait_event_type = 'Lock' and query like 'GRANT %'",
      );
      return waiting.length === 1;
    });

    first.signal('SIGTERM');
    await untilClosed(await first.ready());
    await blocker.query('rollback');
    await blocker.close();

    expect(await first.exit()).toEqual({ code: 0, signal: null });
    expect(first.log.at(-1)).toMatchObject({ msg: expect.stringContaining('Hallpass has stopped') });
    // The call that was under way was waited for, and what it did is in the rows.
    expect(await target.holdsRole('dana', 'app_readonly')).toBe(true);
    expect((await hallpass.records()).grants).toMatchObject([{ state: 'active', hold: 'held' }]);

    await hallpass.start();
    await hallpass.seeText(card, /The access ended/);
    expect(await target.holdsRole('dana', 'app_readonly')).toBe(false);
  });

  test('a second SIGTERM waits for nothing: exit code 1, and the rows say what was under way', async () => {
    const frozen = await startTargetDatabase();
    const hallpass = await prepare({ starts: 2, target: frozen });
    const first = await hallpass.start();
    const { card } = await hallpass.ask('lee', 'request prod-db 5s a hurry');
    await hallpass.click('mia', card, 'request.approve');
    await hallpass.seeText(card, /Access until/);
    await frozen.server.pause();
    await hallpass.seeText(card, /The access is being taken away/);

    first.signal('SIGTERM');
    await untilClosed(await first.ready());
    first.signal('SIGTERM');

    expect(await first.exit()).toEqual({ code: 1, signal: null });
    await frozen.server.resume();
    await hallpass.start();
    await hallpass.seeText(card, /The access ended/);
    expect(await frozen.holdsRole('lee', 'app_readonly')).toBe(false);
    await frozen.stop();
  });

  test('a second SIGTERM in the midst of a grant that lands afterwards: it is known as ours, and ends', async () => {
    const frozen = await startTargetDatabase();
    const hallpass = await prepare({ starts: 2, target: frozen });
    const first = await hallpass.start();
    const { card } = await hallpass.ask('lee', 'request prod-db 20s a hurry at the beginning');
    const blocker = await frozen.openSession('superuser');
    await blocker.query('begin; lock table pg_auth_members in exclusive mode');
    await hallpass.click('mia', card, 'request.approve');
    await waitFor('the GRANT to wait for the lock', async () => {
      const waiting = await frozen.sql(
        'superuser',
        "select from pg_stat_activity where wait_event_type = 'Lock' and query like 'GRANT %'",
      );
      return waiting.length === 1;
    });

    first.signal('SIGTERM');
    await untilClosed(await first.ready());
    first.signal('SIGTERM');
    expect(await first.exit()).toEqual({ code: 1, signal: null });
    expect((await hallpass.records()).grants).toMatchObject([{ state: 'opening' }]);
    await blocker.query('rollback');
    await blocker.close();

    await hallpass.start();
    await hallpass.seeText(card, /The access ended/);
    expect(await frozen.membersOf('app_readonly')).toEqual([]);
    await frozen.stop();
  });

  test('/metrics says how long access is overdue, beside the probes, and names nobody', async () => {
    const frozen = await startTargetDatabase();
    const hallpass = await prepare({ starts: 1, target: frozen });
    const only = await hallpass.start();
    const port = await only.ready();
    const metrics = async (): Promise<string> =>
      await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(await metrics()).toContain('\nhallpass_oldest_overdue_revocation_seconds 0\n');
    const { card } = await hallpass.ask('lee', 'request prod-db 3s watched from outside');
    await hallpass.click('mia', card, 'request.approve');
    await hallpass.seeText(card, /Access until/);
    await frozen.server.pause();

    const overdue = await waitFor('the metrics to show it', async () => {
      const text = await metrics();
      return /^hallpass_oldest_overdue_revocation_seconds [1-9]/m.test(text) && text;
    });

    expect(overdue).toContain('\nhallpass_overdue_revocations 1\n');
    expect(overdue).toContain('\nhallpass_slack_connected 1\n');
    expect(overdue).not.toMatch(/lee|U04LEE/);
    await frozen.server.resume();
    await hallpass.seeText(card, /The access ended/);
    expect(await metrics()).toContain('\nhallpass_oldest_overdue_revocation_seconds 0\n');
    await frozen.stop();
  });

  test('SIGTERM while a target hangs that nobody calls at the moment ends with exit code 0', async () => {
    const frozen = await startTargetDatabase();
    const hallpass = await prepare({ starts: 1, target: frozen });
    const first = await hallpass.start();
    const { card } = await hallpass.ask('lee', 'request prod-db 5m nothing answers');
    await hallpass.click('mia', card, 'request.approve');
    await hallpass.seeText(card, /Access until/);
    await frozen.server.pause();

    first.signal('SIGTERM');

    expect(await first.exit()).toEqual({ code: 0, signal: null });
    await frozen.server.resume();
    await frozen.stop();
  });

  test('SIGTERM in the midst of a call to a target that hangs, without Redis, ends with exit code 0', async () => {
    const frozen = await startTargetDatabase();
    const hallpass = await prepare({ starts: 1, target: frozen, redisUrl: 'redis://127.0.0.1:1' });
    const first = await hallpass.start();
    const { card } = await hallpass.ask('lee', 'request prod-db 5s nothing answers');
    await hallpass.click('mia', card, 'request.approve');
    await hallpass.seeText(card, /Access until/);
    await frozen.server.pause();
    await hallpass.seeText(card, /The access is being taken away/);

    first.signal('SIGTERM');

    expect(await first.exit()).toEqual({ code: 0, signal: null });
    await frozen.server.resume();
    await frozen.stop();
  });
});

describe.concurrent('with a catalog that is broken', { timeout }, () => {
  test('at the very first start: exit code 2, and every problem with its place in the file', async () => {
    const hallpass = await prepare({ starts: 1 });
    writeFileSync(hallpass.catalogFile, 'version: 1\ngroups:\n  leads: { userz: [U01MIA] }\n');

    const only = await hallpass.begin();

    expect(await only.exit()).toEqual({ code: 2, signal: null });
    expect(only.errors()).toContain('hallpass: the catalog needs a look:');
    expect(only.errors()).toMatch(/access\.yaml:3:12 unknown key "userz"; did you mean "users"\?/);
  });

  const spoiled: readonly [how: string, catalog: (text: string) => string, says: RegExp][] = [
    [
      'a typing error',
      (text) => text.replace('manage:', 'mange:'),
      /access\.yaml:\d+:\d+ unknown key "mange"; did you mean "manage"/,
    ],
    [
      'a live connector that was taken out',
      () => LESS,
      /access\.yaml: live access needs the connector orders-db; put it back until that access has ended/,
    ],
  ];

  test.each(spoiled)('%s, at a restart: what is live ends, nothing new opens', async (_how, spoil, says) => {
    const own = await startTargetDatabase();
    const hallpass = await prepare({ starts: 2, target: own });
    const first = await hallpass.start();
    const pending = await hallpass.ask('lee', 'request prod-db 1h not decided yet');
    const { card } = await hallpass.ask('dana', 'request prod-db 12s over a broken catalog');
    await hallpass.click('mia', card, 'request.approve');
    await hallpass.seeText(card, /Access until/);
    first.signal('SIGTERM');
    expect((await first.exit()).code).toBe(0);
    hallpass.spoilCatalog(spoil);

    const second = await hallpass.start();

    expect(await readyz(await second.ready())).toMatchObject({ body: { mode: 'ending-only' } });
    const complaint = second.log.find(({ level }) => level === 'error');
    expect(complaint).toMatchObject({ msg: expect.stringContaining('The catalog is broken') });
    expect(String(complaint?.['problems'])).toMatch(says);
    expect(await hallpass.hear('dana', 'request prod-db 5m more')).toMatch(/catalog/);
    const refused = await hallpass.click('mia', pending.card, 'request.approve');
    expect(hallpass.read(refused, 'mia')).toMatch(/catalog/);
    await hallpass.seeText(card, /The access ended/);
    expect(await own.membersOf('app_readonly')).toEqual([]);
    const { grants } = await hallpass.records();
    expect(grants).toMatchObject([{ state: 'ended' }]);
    await own.stop();
  });
});

/** A right catalog that knows nothing of the database. */
const LESS = `version: 1
groups:
  leads: { users: [U01MIA, U02SAM] }
admins: [leads]
connectors:
  playground: { use: simulate, manage: [viewer], identity: { map: { U03DANA: dana } } }
policies:
  standard:
    request: [leads]
    approve: [{ from: [leads], count: 1 }]
    duration: { default: 30m, max: 4h }
    channel: C0APPROVALS
resources:
  playground:
    title: Playground
    policy: standard
    roles: { viewer: { entitlements: [{ connector: playground, role: viewer }] } }
`;
