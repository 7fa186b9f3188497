import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SeenMessage } from '../../src/emulated-slack/ledger.js';
import { prepareKillable, type HallpassProcess, type KillableHallpass } from '../support/child-hallpass.js';
import type { CrashPoint } from '../support/crash-points.js';
import { startTargetDatabase, type TargetDatabase } from '../support/target-database.js';
import { formatDuration } from '../../src/domain/duration.js';
import { HOUR_MS } from '../../src/domain/time.js';
import { waitFor } from '../support/wait-for.js';

/** Killed with SIGKILL at a named point: the next start carries on from the rows. */

const WINDOW_MS = HOUR_MS;

let target: TargetDatabase;
let people = 0;
const started: KillableHallpass[] = [];

beforeAll(async () => {
  target = await startTargetDatabase('18');
});
afterAll(async () => {
  await Promise.all(started.map(({ stop }) => stop()));
  await target.stop();
});

type Scene = {
  readonly hallpass: KillableHallpass;
  /** Somebody whom no other test knows, so that tests can share the target. */
  readonly holder: string;
  /** What the target's own catalogue says. */
  holds(this: void): Promise<boolean>;
  /** For a window that ends only once the clock is set ahead. */
  ask(this: void): Promise<SeenMessage>;
  approve(this: void, card: SeenMessage): Promise<void>;
};

async function prepareScene(starts = 2): Promise<Scene> {
  people += 1;
  const holder = `killed${people}`;
  const id = `U1KILLED${people}`;
  await target.addAccount(holder);
  const hallpass = await prepareKillable({
    starts,
    target,
    people: [{ id, name: holder, email: `${holder}@example.com` }],
    catalog: { groups: { engineers: { users: [id] } } },
  });
  started.push(hallpass);
  return {
    hallpass,
    holder,
    holds: async () => await target.holdsRole(holder, 'app_readonly'),
    ask: async () =>
      (await hallpass.ask(holder, `request prod-db ${formatDuration(WINDOW_MS)} to be killed`)).card,
    approve: async (card) => {
      await hallpass.world.click({ user: 'mia', message: card, actionId: 'request.approve' });
    },
  };
}

async function killedByItself(hallpass: HallpassProcess): Promise<void> {
  expect(await hallpass.exit()).toEqual({ code: null, signal: 'SIGKILL' });
}

async function seeHeld({ holds }: Scene): Promise<void> {
  await waitFor('the target to hold the role', holds);
}

async function seeGone({ holds }: Scene): Promise<void> {
  await waitFor('the role to be gone from the target', async () => !(await holds()));
}

/** By the clock of the machine that Hallpass runs on. */
function passTheWindow({ hallpass }: Scene): void {
  hallpass.setAhead(WINDOW_MS);
}

/** Gone from the target, ended in the rows, said to people, and every step in the audit exactly once. */
async function seeEnded(scene: Scene, card: SeenMessage): Promise<void> {
  const { hallpass, holder, holds } = scene;
  await seeGone(scene);
  await hallpass.seeText(card, /The access ended .*its time was over/);
  await hallpass.seeDm(holder, /The access ended .*its time was over/);
  const records = await hallpass.records();
  expect(records.grants).toMatchObject([{ state: 'ended', endCause: 'window', hold: 'released' }]);
  expect(records.grants[0]?.closedAt).toBeGreaterThanOrEqual(records.grants[0]?.endsAt ?? Infinity);
  const { kinds, firstBad } = await hallpass.audit();
  expect(firstBad).toBeNull();
  for (const once of ['request.submitted', 'request.approved', 'grant.opening', 'grant.active']) {
    expect([once, count(kinds, once)]).toEqual([once, 1]);
  }
  expect(count(kinds, 'grant.ending')).toBe(1);
  expect(count(kinds, 'grant.ended')).toBe(1);
  expect(await holds()).toBe(false);
}

function count(kinds: readonly string[], kind: string): number {
  return kinds.filter((each) => each === kind).length;
}

/** Loading a process of TypeScript takes its time where other tests run beside these. */
const timeout = 180_000;

describe.concurrent('killed with SIGKILL', { timeout }, () => {
  const points: readonly [opening: CrashPoint, granted: boolean, ending: CrashPoint, revoked: boolean][] = [
    ['approval committed', false, 'ending committed', false],
    ['grant about to be called', false, 'revoke about to be called', false],
    ['grant answered', true, 'revoke answered', true],
    ['grant read back', true, 'revoke read back', true],
    ['active committed', true, 'ended committed', true],
  ];

  test.each(points)(
    'at "%s", granted: %s, it is active after the restart; at "%s", revoked: %s, gone after the next',
    async (opening, granted, ending, revoked) => {
      const scene = await prepareScene(3);
      const { hallpass, holds } = scene;
      const first = await hallpass.start(opening);
      const card = await scene.ask();

      await scene.approve(card);
      await killedByItself(first);

      expect(await holds()).toBe(granted);
      const second = await hallpass.start(ending);
      await hallpass.seeText(card, /Access until/);
      expect(await holds()).toBe(true);
      expect((await hallpass.records()).grants).toMatchObject([{ state: 'active', hold: 'held', ours: 1 }]);

      passTheWindow(scene);
      await killedByItself(second);

      expect(await holds()).toBe(!revoked);
      await hallpass.start();
      await seeEnded(scene, card);
    },
  );

  test('before the approval is committed: nothing is given, and the button works after the restart', async () => {
    const scene = await prepareScene();
    const { hallpass, holds } = scene;
    const first = await hallpass.start('approval about to be committed');
    const card = await scene.ask();

    await scene.approve(card);
    await killedByItself(first);

    expect((await hallpass.records()).grants).toEqual([]);
    await hallpass.start();
    expect(await holds()).toBe(false);
    await scene.approve(card);
    await seeHeld(scene);
    await hallpass.seeText(card, /Access until/);
    passTheWindow(scene);
    await seeEnded(scene, card);
  });

  test('three times in a row at the end: the role is gone after the fourth start', async () => {
    const scene = await prepareScene(4);
    const { hallpass } = scene;
    const first = await hallpass.start('revoke about to be called');
    const card = await scene.ask();
    await scene.approve(card);
    await hallpass.seeText(card, /Access until/);
    passTheWindow(scene);
    await killedByItself(first);

    await killedByItself(await hallpass.begin('revoke about to be called'));
    expect(await scene.holds()).toBe(true);
    await killedByItself(await hallpass.begin('revoke answered'));

    await hallpass.start();
    await seeEnded(scene, card);
  });

  test('while it is held, and down until the window is over: the role is gone after the restart', async () => {
    const scene = await prepareScene();
    const { hallpass, holds } = scene;
    const first = await hallpass.start();
    const card = await scene.ask();
    await scene.approve(card);
    await hallpass.seeText(card, /Access until/);
    first.signal('SIGKILL');
    passTheWindow(scene);

    expect(await holds()).toBe(true);
    await hallpass.start();
    await seeEnded(scene, card);
  });
});

test('killed in the midst of a GRANT that takes effect after that: it is taken away all the same', async () => {
  const scene = await prepareScene(2);
  const { hallpass } = scene;
  const first = await hallpass.start();
  const card = await scene.ask();
  const superuser = await target.openSession('superuser');
  await superuser.query('begin; lock table pg_auth_members in exclusive mode');

  await scene.approve(card);
  await waitFor('the GRANT to wait for the lock', async () => {
    const waiting = await target.sql(
      'superuser',
      "select from pg_stat_activity where wait_event_type = 'Lock' and query like 'GRANT %'",
    );
    return waiting.length === 1;
  });
  first.signal('SIGKILL');
  await first.exit();
  expect(await scene.holds()).toBe(false);
  await superuser.query('rollback');
  await superuser.close();
  await seeHeld(scene);
  passTheWindow(scene);

  await hallpass.start();
  await hallpass.seeText(card, /The access was not opened, and nothing of it is left/);
  expect(await scene.holds()).toBe(false);
  expect((await hallpass.records()).grants).toMatchObject([{ state: 'failed', hold: 'released' }]);
});

test(
  'killed with 200 people holding the role until the windows are over: all are taken away',
  { timeout },
  async () => {
    const names = Array.from({ length: 200 }, (_, index) => `crowd${index}`);
    const crowd = names.map((name, index) => ({ id: `U2CROWD${index}`, name, email: `${name}@example.com` }));
    for (const name of names) {
      await target.addAccount(name);
    }
    const hallpass = await prepareKillable({
      starts: 2,
      target,
      people: crowd,
      catalog: { groups: { engineers: { users: crowd.map(({ id }) => id) } } },
    });
    started.push(hallpass);
    const heldBy = async (): Promise<number> => {
      const members = await target.membersOf('app_readonly');
      return members.filter((name) => name.startsWith('crowd')).length;
    };
    const first = await hallpass.start();
    const groupsOf20 = <Item>(all: readonly Item[]): Item[][] =>
      Array.from({ length: all.length / 20 }, (_, index) => all.slice(index * 20, index * 20 + 20));
    // A few at a time: what a burst of two hundred is answered is not what is tried here.
    for (const group of groupsOf20(names)) {
      const before = (await hallpass.records()).requests.length;
      await Promise.all(
        group.map((user) => hallpass.world.command({ user, text: 'request prod-db 10m crowd' })),
      );
      await waitFor(
        'twenty more to have asked',
        async () => (await hallpass.records()).requests.length === before + group.length,
      );
    }
    const { requests: asked } = await hallpass.records();
    // The cards come one a second into the channel; each of them names its request, and so does this one.
    const card = await hallpass.see('the first card', () => hallpass.cards()[0]);
    const approve = { user: 'mia', message: card, actionId: 'request.approve' };
    for (const group of groupsOf20(asked)) {
      const before = (await hallpass.records()).grants.length;
      await Promise.all(group.map(({ id }) => hallpass.world.click({ ...approve, value: `1:${id}` })));
      await waitFor(
        'twenty more to be approved',
        async () => (await hallpass.records()).grants.length === before + group.length,
      );
    }
    await waitFor('everybody to hold the role', async () => (await heldBy()) === names.length);
    await waitFor('every grant to be active', async () => {
      const { grants } = await hallpass.records();
      return grants.length === names.length && grants.every(({ state }) => state === 'active');
    });

    first.signal('SIGKILL');
    await first.exit();
    await hallpass.letTimePass(10 * 60_000);
    expect(await heldBy()).toBe(names.length);

    await hallpass.start();
    await waitFor('nobody to hold the role', async () => (await heldBy()) === 0);
    const { grants } = await waitFor('every grant to have ended', async () => {
      const records = await hallpass.records();
      return records.grants.every(({ state }) => state === 'ended') && records;
    });
    expect(grants).toHaveLength(names.length);
    expect((await hallpass.audit()).firstBad).toBeNull();
  },
);
