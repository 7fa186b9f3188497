import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LATE_EDIT_MS } from '../../src/domain/message.js';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/time.js';
import { ConnectorError } from '../../src/ports.js';
import { convergeEntitlement } from '../../src/usecases/converge-entitlement.js';
import { endOwnGrant, revokeGrant } from '../../src/usecases/end-grant.js';
import { prolongGrant } from '../../src/usecases/prolong-grant.js';
import { asChannelId, asUserId } from '../../src/domain/ids.js';
import { dana, mia, sam } from '../support/rows.js';
import type { SmallWorld } from '../support/small-world.js';
import { accepted, makeSmallWorld, workspace } from '../support/small-world.js';

let world: SmallWorld;
beforeEach(async () => {
  world = await makeSmallWorld();
});
afterEach(async () => {
  await world.close();
});

/** Time passes during the calls of that name. */
function slow(name: string, ms: number, error?: ConnectorError): void {
  world.beforeCall = async (call) => {
    if (call !== name) {
      return;
    }
    world.now += ms;
    if (error !== undefined) {
      throw error;
    }
  };
}

function fail(): never {
  throw new Error('There is no such row.');
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    await setImmediate();
  }
  await setImmediate();
}

function works(): void {
  world.beforeCall = async () => undefined;
}

test('a window that passes while its opening waits for an answer is closed, and told', async () => {
  const grant = await world.approve(await world.ask());
  slow('check', HOUR_MS, new ConnectorError('retryable', 'No answer.'));
  await world.pass();
  works();
  await world.passes(3, MINUTE_MS);

  expect(await world.stateOf(grant)).toBe('failed');
  const told = world.notices.map(({ to, notice }) => `${notice.kind} to ${to}`);
  expect(told.toSorted()).toEqual([`grant-not-opened to ${mia}`, `grant-not-opened to ${dana}`]);
});

test('a window that passes while another one on the same role is being opened is closed', async () => {
  const short = await world.approve(await world.ask({ durationMs: MINUTE_MS }));
  await world.pass();
  world.now += 59 * SECOND_MS;
  const long = await world.approve(await world.ask({ durationMs: 4 * HOUR_MS }));
  slow('check', 2 * SECOND_MS);
  await world.pass();
  works();
  await world.passes(1, SECOND_MS);

  expect([await world.stateOf(short), await world.stateOf(long)]).toEqual(['ended', 'active']);
});

test('a window that is over is closed also when another one on the same role is prolonged before that', async () => {
  const short = await world.approve(await world.ask({ durationMs: MINUTE_MS }));
  const long = await world.approve(await world.ask({ durationMs: HOUR_MS }));
  await world.passes(1, 10 * SECOND_MS);
  const more = { workspace, requester: dana, grantId: long.id, durationMs: HOUR_MS, reason: 'more' };
  const { request } = accepted(await prolongGrant(world.deps, { ...more, delivery: world.delivery() }));
  world.now = short.endsAt;
  await world.approve(request);
  await world.passes(1, SECOND_MS);

  expect([await world.stateOf(short), await world.stateOf(long)]).toEqual(['ended', 'active']);
});

test('a grant call is not sent long after it was written down', async () => {
  const grant = await world.approve(await world.ask());
  const [hold] = await world.deps.store.holds(grant.id);
  const commit = world.deps.store.commit.bind(world.deps.store);
  // The disk stalls, or the whole process is paused, while the intent is being written down.
  world.deps.store.commit = async (change) => {
    const outcome = await commit(change);
    if (change.audit.some(({ kind }) => kind === 'entitlement.granting')) {
      world.now += MINUTE_MS;
      world.deps.store.commit = commit;
    }
    return outcome;
  };
  let arrive = (): void => undefined;
  const wire = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  world.beforeCall = async (call) => {
    if (call === 'grant') {
      await wire;
    }
  };
  const opening = convergeEntitlement(world.deps, hold?.entitlementId ?? fail());
  await until(() => world.now > grant.startsAt);
  accepted(await endOwnGrant(world.deps, { delivery: world.delivery(), by: dana, which: grant.id }));
  await convergeEntitlement(world.deps, hold?.entitlementId ?? fail());
  arrive();
  await opening;
  works();
  await world.passes(10, MINUTE_MS);

  expect([await world.stateOf(grant), ...world.given.keys()]).toEqual(['ended']);
});

test('a late grant that lands between the read-back and its recording is taken away', async () => {
  const grant = await world.approve(await world.ask());
  slow('grant', 0, new ConnectorError('retryable', 'The answer was lost.', { uncertain: true }));
  await world.pass();
  works();
  accepted(await endOwnGrant(world.deps, { delivery: world.delivery(), by: dana, which: grant.id }));
  const read = world.deps.store.entitlementState.bind(world.deps.store);
  world.deps.store.entitlementState = async (id) => {
    if (world.calls.includes('revoke')) {
      world.given.set('orders-db/app_readonly/dana', 0);
      world.now += 30 * SECOND_MS;
      world.deps.store.entitlementState = read;
    }
    return await read(id);
  };
  await world.passes(3, SECOND_MS);

  expect([await world.stateOf(grant), ...world.given.keys()]).toEqual(['ended']);
});

test('a worker that stood still past its lease takes nothing away that another one has given since', async () => {
  const first = await world.approve(await world.ask({ durationMs: MINUTE_MS }));
  await world.pass();
  const [hold] = await world.deps.store.holds(first.id);
  const id = hold?.entitlementId ?? fail();
  const commit = world.deps.store.commit.bind(world.deps.store);
  let wake = (): void => undefined;
  const still = new Promise<void>((resolve) => {
    wake = resolve;
  });
  world.deps.store.commit = async (change) => {
    const outcome = await commit(change);
    if (change.audit.some(({ kind }) => kind === 'entitlement.revoking')) {
      world.deps.store.commit = commit;
      await still;
    }
    return outcome;
  };
  world.now = first.endsAt;
  const taking = convergeEntitlement(world.deps, id);
  await until(() => world.deps.store.commit === commit);
  world.now += MINUTE_MS;
  const second = await world.approve(await world.ask({ durationMs: HOUR_MS }));
  await convergeEntitlement(world.deps, id);
  wake();
  await taking;

  expect([await world.stateOf(second), ...world.given.keys()]).toEqual([
    'active',
    'orders-db/app_readonly/dana',
  ]);
});

test('a call whose answer could come after the lease is not sent, and is made up for', async () => {
  const grant = await world.approve(await world.ask());
  slow('check', 35 * SECOND_MS);
  await world.pass();
  expect(world.calls).not.toContain('grant');

  works();
  await world.passes(2, 5 * SECOND_MS);
  expect(await world.stateOf(grant)).toBe('active');
});

test('access that is revoked while it is being opened does not wait for the pause of the opening', async () => {
  const grant = await world.approve(await world.ask({ durationMs: 3 * HOUR_MS }));
  world.beforeCall = async (call) => {
    if (call === 'grant') {
      world.given.set('orders-db/app_readonly/dana', 0);
    }
    if (call === 'grant' || world.given.size > 0) {
      throw new ConnectorError('retryable', 'The answer was lost.', { uncertain: true });
    }
  };
  await world.passes(40, 5 * SECOND_MS);
  works();
  const input = { by: mia, which: grant.id, reason: 'a mistake', delivery: world.delivery() };
  accepted(await revokeGrant(world.deps, input));
  await world.passes(1, SECOND_MS);

  expect([...world.given.keys()]).toEqual([]);
});

test('whoever asked is told when the approvers cannot see the card, and so are the admins', async () => {
  world.post = async () => ({ kind: 'impossible', error: 'not_in_channel' });
  await world.ask();
  await world.passes(2, SECOND_MS);

  const told = world.notices.map(({ to, notice }) => `${to} ${notice.kind}`);
  expect(told.toSorted()).toEqual([
    `${mia} card-not-shown`,
    `${sam} card-not-shown`,
    `${dana} request-not-shown`,
  ]);
});

test('an alarm names the access that is stuck, however many openings failed before it', async () => {
  const others = Array.from({ length: 10 }, (_, index) => asUserId(`U05P${index}`));
  await world.close();
  world = await makeSmallWorld({ groups: { engineers: { users: ['dana@example.com', ...others] } } });
  await world.approve(await world.ask({ durationMs: MINUTE_MS }));
  await world.pass();
  slow('check', 0, new ConnectorError('retryable', 'Not now.'));
  for (const other of others) {
    const asked = { requester: other, beneficiary: other, role: 'admin', durationMs: 24 * HOUR_MS };
    await world.approve(await world.ask(asked));
  }
  await world.passes(60, 5 * SECOND_MS);

  const alarms = world.notices.flatMap(({ notice }) => (notice.kind === 'revocation-stuck' ? [notice] : []));
  expect(alarms.map(({ stuck }) => stuck.map(({ holder }) => holder))).toEqual([[dana], [dana]]);
});

test('the card of a prolongation shows the end of the grant that it prolonged', async () => {
  const grant = await world.approve(await world.ask({ durationMs: HOUR_MS }));
  await world.pass();
  const more = { workspace, requester: dana, grantId: grant.id, durationMs: HOUR_MS, reason: 'more' };
  const { request } = accepted(await prolongGrant(world.deps, { ...more, delivery: world.delivery() }));
  await world.approve(request);
  await world.passes(1, SECOND_MS);
  accepted(await endOwnGrant(world.deps, { delivery: world.delivery(), by: dana, which: grant.id }));
  await world.passes(2, SECOND_MS);

  const shown = world.cards.filter(({ view }) => view.request.id === request.id).at(-1);
  expect(shown?.view.grant?.state).toBe('ended');
});

test('when one part of a role fails for good, the other part is taken away at once', async () => {
  await world.close();
  const parts = [
    { connector: 'orders-db', role: 'app_admin' },
    { connector: 'playground', role: 'editor' },
  ];
  const both = { title: 'Both', policy: 'critical', roles: { all: { entitlements: parts } } };
  world = await makeSmallWorld({ resources: { both } });
  let error = new ConnectorError('retryable', 'Not now.');
  world.beforeCall = async (call, target) => {
    if (call === 'grant' && target?.role === 'editor') {
      throw error;
    }
  };
  const grant = await world.approve(
    await world.ask({ resource: 'both', role: 'all', durationMs: 24 * HOUR_MS }),
  );
  await world.pass();
  expect([...world.given.keys()]).toEqual(['orders-db/app_admin/dana']);

  error = new ConnectorError('final', 'Never.');
  await world.passes(4, SECOND_MS);

  expect([await world.stateOf(grant), ...world.given.keys()]).toEqual(['failed']);
});

test('what somebody typed for an id that nobody knows stands beside the chain, not in it', async () => {
  const which = 'my password is hunter2';
  await endOwnGrant(world.deps, { delivery: world.delivery(), by: dana, which });
  const [event] = await world.deps.store.auditEvents({ after: 0, limit: 1 });

  expect(event).toMatchObject({ kind: 'end.refused', facts: { code: 'unknown-grant' }, text: which });
  expect(event?.facts).not.toHaveProperty('about');
});

test.each([
  ['hangs', async () => await new Promise<never>(() => undefined)],
  [
    'breaks',
    async () => {
      throw new Error('a fault');
    },
  ],
])('what was read back is recorded also when the look-up of the admins %s', async (_how, members) => {
  await world.close();
  world = await makeSmallWorld({}, { callTimeoutMs: 50 });
  const grant = await world.approve(await world.ask({ durationMs: MINUTE_MS }));
  await world.pass();
  slow('revoke', 0, new ConnectorError('unreachable', 'Nothing answers.'));
  await world.passes(40, 5 * SECOND_MS);
  works();
  world.members = members;
  await world.passes(1, HOUR_MS);

  expect([await world.stateOf(grant), ...world.given.keys()]).toEqual(['ended']);
});

test('while the database takes no commit, what is over is taken away, and said only once it is written down', async () => {
  const grant = await world.approve(await world.ask({ durationMs: MINUTE_MS }));
  await world.pass();
  const healthy = { ...world.deps.store };
  world.deps.store.commit = async () => {
    throw new Error('database or disk is full');
  };
  await world.passes(3, MINUTE_MS);

  expect(world.given.size).toBe(0);
  expect(world.calls.filter((call) => call === 'revoke')).toHaveLength(1);
  expect(await world.stateOf(grant)).toBe('active');

  Object.assign(world.deps.store, healthy);
  await world.passes(2, SECOND_MS);
  expect(await world.stateOf(grant)).toBe('ended');
});

test('while the database takes no commit, nothing is granted', async () => {
  await world.approve(await world.ask());
  world.deps.store.commit = async () => {
    throw new Error('database or disk is full');
  };
  await world.passes(3, SECOND_MS);

  expect(world.calls).not.toContain('grant');
});

test('granted, and the database takes nothing down from then on: it is taken away at the end, and not 40 s later', async () => {
  const grant = await world.approve(await world.ask({ durationMs: 10 * SECOND_MS }));
  const healthy = { ...world.deps.store };
  world.beforeCall = async (call) => {
    if (call === 'grant') {
      world.deps.store.commit = async () => {
        throw new Error('database or disk is full');
      };
    }
  };
  await world.pass();
  expect([await world.stateOf(grant), world.given.size]).toEqual(['opening', 1]);

  await world.passes(3, 5 * SECOND_MS);
  expect(world.given.size).toBe(0);

  Object.assign(world.deps.store, healthy);
  await world.passes(1, SECOND_MS);
  expect(await world.stateOf(grant)).toBe('failed');
});

test('a revocation that failed while the database took nothing down is tried again as soon as it does', async () => {
  const grant = await world.approve(await world.ask({ durationMs: 10 * SECOND_MS }));
  await world.pass();
  const healthy = { ...world.deps.store };
  world.beforeCall = async (call) => {
    if (call === 'revoke') {
      world.deps.store.commit = async () => {
        throw new Error('database or disk is full');
      };
      throw new ConnectorError('retryable', 'Not now.');
    }
  };
  await world.passes(1, 10 * SECOND_MS);
  expect([await world.stateOf(grant), world.given.size]).toEqual(['ending', 1]);

  Object.assign(world.deps.store, healthy);
  world.beforeCall = async () => undefined;
  await world.passes(1, 5 * SECOND_MS);
  expect([await world.stateOf(grant), world.given.size]).toEqual(['ended', 0]);
});

test('while the database takes nothing down, nothing is posted again and again', async () => {
  const request = await world.ask();
  const healthy = { ...world.deps.store };
  const full = async (): Promise<never> => {
    throw new Error('database or disk is full');
  };
  Object.assign(world.deps.store, { commit: full, recordMessage: full, recordNotice: full, ping: full });
  await world.passes(5, 5 * SECOND_MS);
  expect(world.cards).toHaveLength(0);

  Object.assign(world.deps.store, healthy);
  await world.passes(1, 5 * SECOND_MS);
  expect(world.cards.map(({ view }) => view)).toMatchObject([{ request: { id: request.id } }]);
});

test('an edit whose answer never came may land over a newer one: the card is drawn once more, and then rests', async () => {
  const request = await world.ask();
  await world.pass();
  world.edit = async () => ({ kind: 'retry', afterMs: null, error: 'timeout' });
  await world.approve(request);
  await world.pass();
  world.edit = async () => ({ kind: 'posted', channel: asChannelId('C0APPROVALS'), ts: '1.000' });
  await world.passes(2, 5 * SECOND_MS);
  const known = world.cards.length;

  await world.passes(1, 20 * SECOND_MS);
  expect(world.cards.slice(known).map(({ kind }) => kind)).toEqual(['request-card']);
  await world.passes(3, 20 * SECOND_MS);
  expect(world.cards).toHaveLength(known + 1);
});

test('an edit that was under way when the process died may land late, however often the card changes before', async () => {
  const request = await world.ask();
  await world.pass();
  const grant = await world.approve(request);
  await world.deps.store.expectLateEdits(world.now + LATE_EDIT_MS);
  await world.passes(1, SECOND_MS);
  accepted(await endOwnGrant(world.deps, { delivery: world.delivery(), by: dana, which: grant.id }));
  await world.passes(2, 5 * SECOND_MS);
  const known = world.cards.length;

  await world.passes(1, 5 * SECOND_MS);
  expect(world.cards.slice(known).map(({ kind }) => kind)).toEqual(['request-card']);
  await world.passes(3, 20 * SECOND_MS);
  expect(world.cards).toHaveLength(known + 1);
});

test('however long Slack was away, what is owed comes within half a minute of its return', async () => {
  await world.ask();
  world.post = async () => ({ kind: 'retry', afterMs: null, error: 'network' });
  await world.passes(60, MINUTE_MS);
  const known = world.cards.length;
  world.post = async () => ({ kind: 'posted', channel: asChannelId('C0APPROVALS'), ts: '1.000' });
  await world.passes(1, 25 * SECOND_MS);

  expect(world.cards).toHaveLength(known + 1);
});

test('a card for a channel that takes no more now is not put together, and comes when there is a place', async () => {
  const request = await world.ask();
  const store = { ...world.deps.store };
  const asked: string[] = [];
  world.deps.store.request = async (id) => {
    asked.push(id);
    return await store.request(id);
  };
  world.busyMs = 10 * SECOND_MS;
  await world.pass();
  expect(world.cards).toEqual([]);
  expect(asked).toEqual([]);

  world.busyMs = 0;
  await world.passes(1, 9 * SECOND_MS);
  expect(world.cards).toEqual([]);
  await world.passes(1, SECOND_MS);
  expect(world.cards.map(({ view }) => view)).toMatchObject([{ request: { id: request.id } }]);
});
