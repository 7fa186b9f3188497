import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Grant } from '../../src/domain/grant.js';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/time.js';
import { ConnectorError } from '../../src/ports.js';
import { grantCard } from '../../src/slack/blocks/grant-card.js';
import { noticeBody } from '../../src/slack/blocks/notices.js';
import { requestCard } from '../../src/slack/blocks/request-card.js';
import { loadGrantCard, loadRequestCard } from '../../src/usecases/load-cards.js';
import { dana, mia } from '../support/rows.js';
import { makeSmallWorld, type SmallWorld } from '../support/small-world.js';

/** Two roles in one target, and one in another. */
const PARTS = [
  { connector: 'orders-db', role: 'app_readonly' },
  { connector: 'orders-db', role: 'app_admin' },
  { connector: 'playground', role: 'editor' },
];
const NOTHING_LEFT = 'nothing of it is left';
const WHY =
  'orders-db, role app_admin: The role is locked. Have an admin put that right in orders-db, then ask again.';

let world: SmallWorld;
beforeEach(async () => {
  const roles = { all: { entitlements: PARTS } };
  world = await makeSmallWorld({ resources: { both: { title: 'Both', policy: 'standard', roles } } });
});
afterEach(async () => {
  await world.close();
});

async function approved(durationMs = HOUR_MS): Promise<Grant> {
  return await world.approve(await world.ask({ resource: 'both', role: 'all', durationMs }));
}

/** Whatever is called so for this role goes wrong. */
function fails(
  failing: Readonly<Record<string, ConnectorError>>,
  also: (call: string) => ConnectorError | null = () => null,
): void {
  world.beforeCall = async (call, target) => {
    const error = also(call) ?? (call === 'grant' ? failing[target?.role ?? ''] : undefined);
    if (error !== undefined) {
      throw error;
    }
  };
}

const locked = { app_admin: new ConnectorError('final', 'The role is locked.') };

async function shown(grant: Grant): Promise<string[]> {
  const card = await loadRequestCard(world.deps, grant.requestId);
  const message = await loadGrantCard(world.deps, grant.id);
  if (card === null || message === null) {
    throw new Error('There is no card.');
  }
  return [requestCard(card), grantCard(message)].map((body) => JSON.stringify(body));
}

describe('a role of which one part is refused for good', () => {
  test('is taken away as a whole, and everybody is told which part it was', async () => {
    fails(locked);
    const grant = await approved();
    await world.passes(6, SECOND_MS);

    expect([await world.stateOf(grant), ...world.given.keys()]).toEqual(['failed']);
    const told = world.notices.filter(({ notice }) => notice.kind === 'grant-not-opened');
    expect(told.map(({ to }) => to).toSorted()).toEqual([mia, dana].toSorted());
    for (const text of [
      ...(await shown(grant)),
      ...told.map(({ notice }) => JSON.stringify(noticeBody(notice))),
    ]) {
      expect(text).toContain(WHY);
    }
  });

  test('has the part that failed, and every part that was taken back, in the audit trail', async () => {
    fails(locked);
    const grant = await approved();
    await world.passes(6, SECOND_MS);

    const events = await world.deps.store.auditEvents({ after: 0, limit: 1_000 });
    expect(events.find(({ kind }) => kind === 'grant.ending')).toMatchObject({
      grantId: grant.id,
      facts: { cause: 'not-opened', failed: 'orders-db/app_admin/dana' },
      text: WHY,
    });
    const revoked = events.filter(({ kind }) => kind === 'entitlement.revoked');
    expect(new Set(revoked.map(({ facts }) => facts['role']))).toEqual(
      new Set(PARTS.map(({ role }) => role)),
    );
    expect(events.at(-1)).toMatchObject({ kind: 'grant.failed' });
  });

  test('is not said to be gone before every other part was read back', async () => {
    fails(locked, (call) =>
      call === 'revoke' ? new ConnectorError('unreachable', 'Nothing answers.') : null,
    );
    const grant = await approved();
    await world.passes(6, SECOND_MS);

    expect(await world.stateOf(grant)).toBe('ending');
    expect(world.given.size).toBeGreaterThan(0);
    expect((await shown(grant)).join()).not.toContain(NOTHING_LEFT);
    expect(world.notices.map(({ notice }) => notice.kind)).not.toContain('grant-not-opened');

    fails(locked);
    await world.passes(3, MINUTE_MS);
    expect([await world.stateOf(grant), ...world.given.keys()]).toEqual(['failed']);
    for (const text of await shown(grant)) {
      expect(text).toContain(NOTHING_LEFT);
    }
  });

  test('leaves what was there before, and says so', async () => {
    world.standing.add('playground/editor/dana');
    fails(locked);
    const grant = await approved();
    await world.passes(6, SECOND_MS);

    expect([await world.stateOf(grant), ...world.standing]).toEqual(['failed', 'playground/editor/dana']);
    for (const text of await shown(grant)) {
      expect(text).toContain('was there before and stays');
    }
  });

  test.each(PARTS.map(({ role }) => role))('names %s where that is the part', async (role) => {
    fails({ [role]: new ConnectorError('final', 'The role is locked.') });
    const grant = await approved();
    await world.passes(6, SECOND_MS);

    expect(await world.deps.store.grant(grant.id)).toMatchObject({
      state: 'failed',
      ending: { reason: expect.stringContaining(`, role ${role}: The role is locked.`) },
    });
  });
});

test.each(PARTS.map(({ role }) => role))(
  'when the time to open is up, %s is named if that is missing, whichever part is looked at first',
  async (role) => {
    fails({ [role]: new ConnectorError('retryable', 'Not now.') });
    const grant = await approved();
    await world.passes(20, MINUTE_MS);

    expect(world.given.size).toBe(0);
    expect(await world.deps.store.grant(grant.id)).toMatchObject({
      state: 'failed',
      ending: { reason: expect.stringContaining(`, role ${role}: Not now. Ask again in a few minutes`) },
    });
  },
);
