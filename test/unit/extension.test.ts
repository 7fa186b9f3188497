import { afterEach, describe, expect, test } from 'vitest';
import type { Grant } from '../../src/domain/grant.js';
import type { RequestId } from '../../src/domain/ids.js';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/time.js';
import { decideRequest } from '../../src/usecases/decide-request.js';
import { prolongForm, prolongGrant } from '../../src/usecases/prolong-grant.js';
import { checkTable } from '../support/catalog-text.js';
import { dana, mia, sam, start } from '../support/rows.js';
import { accepted, makeSmallWorld, workspace, type SmallWorld } from '../support/small-world.js';
import type { CatalogChange } from '../support/test-catalog.js';

const worlds: SmallWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) {
    await world.close();
  }
});

/** With a window of half an hour that is running. */
async function running(
  policy: CatalogChange,
  change: CatalogChange = {},
): Promise<{ world: SmallWorld; grant: Grant }> {
  const world = await makeSmallWorld({ ...change, policies: { standard: policy } });
  worlds.push(world);
  const { request, grant } = accepted(await world.submit());
  const opened = grant ?? (await approved(world, request.id));
  await world.passes(1, SECOND_MS);
  return { world, grant: opened };
}

/** By as many as it takes. */
async function approved(world: SmallWorld, requestId: RequestId): Promise<Grant> {
  for (const approver of [mia, sam]) {
    const vote = { approver, requestId, termsVersion: 1, reason: null, durationMs: null } as const;
    const delivery = world.delivery();
    const { grant } = accepted(await decideRequest(world.deps, { ...vote, verdict: 'approve', delivery }));
    if (grant !== null) {
      return grant;
    }
  }
  throw new Error('More votes are missing.');
}

async function more(world: SmallWorld, { id: grantId }: Grant, durationMs = HOUR_MS) {
  const asked = { workspace, requester: dana, grantId, durationMs, reason: 'not done yet' };
  return await prolongGrant(world.deps, { ...asked, delivery: world.delivery() });
}

async function outcomeOf(asked: ReturnType<typeof more>): Promise<string> {
  const outcome = await asked;
  return outcome.ok ? outcome.value.request.state : outcome.refusal.code;
}

async function endOf(world: SmallWorld, { id }: Grant): Promise<number> {
  return ((await world.deps.store.grant(id))?.endsAt ?? 0) - start;
}

const HALF = 30 * MINUTE_MS;
const ONCE = { extend: { automatically: '1h' } };

describe('more time that a policy gives at once', () => {
  test('makes the same access end later, in the target too, by nobody', async () => {
    const { world, grant } = await running(ONCE);
    const { request, grant: prolonged } = accepted(await more(world, grant));
    expect(request).toMatchObject({ state: 'approved', autoRule: 'extension', extendsGrant: grant.id });
    expect(prolonged).toMatchObject({ id: grant.id, endsAt: start + HALF + HOUR_MS });

    world.now = start + HALF;
    await world.passes(2, SECOND_MS);
    expect([...world.given.keys()]).toHaveLength(1);
    world.now = start + HALF + HOUR_MS;
    await world.passes(2, SECOND_MS);
    expect([...world.given.keys()]).toEqual([]);

    const events = await world.deps.store.auditEvents({ after: 0, limit: 100 });
    const about = events.filter((event) => event.requestId === request.id);
    expect(about).toMatchObject([
      { kind: 'request.submitted', actor: { kind: 'person', userId: dana }, grantId: grant.id },
      { kind: 'request.approved', actor: { kind: 'hallpass' }, facts: { rule: 'extension' } },
      { kind: 'grant.prolonged', actor: { kind: 'hallpass' }, grantId: grant.id },
    ]);
  });

  test('is given once for each access; the next needs an approval', async () => {
    const { world, grant } = await running(ONCE);
    expect(await outcomeOf(more(world, grant, HALF))).toBe('approved');
    const second = accepted(await more(world, grant, HALF)).request;
    expect(second.state).toBe('pending');
    expect(await endOf(world, grant)).toBe(HALF + HALF);

    await world.approve(second);
    expect(await endOf(world, grant)).toBe(HALF + HALF + HALF);
    expect(await outcomeOf(more(world, grant, HALF))).toBe('pending');
  });

  test('is given still after a prolongation that people approved', async () => {
    const { world, grant } = await running(ONCE);
    await world.approve(accepted(await more(world, grant, 2 * HOUR_MS)).request);
    expect(await outcomeOf(more(world, grant, HALF))).toBe('approved');
  });

  test('is given once also when it is asked for twice at the same moment', async () => {
    const { world, grant } = await running(ONCE);
    const outcomes = await Promise.all([
      outcomeOf(more(world, grant, HALF)),
      outcomeOf(more(world, grant, HALF)),
    ]);
    expect(outcomes.toSorted()).toEqual(['approved', 'pending']);
    expect(await endOf(world, grant)).toBe(HALF + HALF);
  });

  test('is given once also when another is committed while the first is being decided', async () => {
    const { world, grant } = await running(ONCE);
    const { store } = world.deps;
    const usual = { ...store };
    let other = '';
    store.requestsOf = async (grantId) => {
      Object.assign(store, usual);
      const before = await usual.requestsOf(grantId);
      other = await outcomeOf(more(world, grant, HALF));
      return before;
    };
    expect([await outcomeOf(more(world, grant, HALF)), other]).toEqual(['pending', 'approved']);
    expect(await endOf(world, grant)).toBe(HALF + HALF);
  });

  test('needs an approval where more is asked for', async () => {
    const { world, grant } = await running(ONCE);
    expect(await outcomeOf(more(world, grant, HOUR_MS + 1))).toBe('pending');
  });

  test('never goes past the maximum in total', async () => {
    const { world, grant } = await running({ ...ONCE, duration: { default: '30m', max: '1h' } });
    expect(await outcomeOf(more(world, grant, HALF + 1))).toBe('past-maximum');
    expect(await outcomeOf(more(world, grant, HALF))).toBe('approved');
  });

  test('is for whoever may still ask', async () => {
    const { world, grant } = await running(ONCE);
    world.members = async () => ({ readable: true, userIds: new Set() });
    expect(await outcomeOf(more(world, grant))).toBe('not-eligible');
  });

  test('needs an approval on critical roles', async () => {
    const resources = { 'prod-db': { roles: { readonly: { tier: 'critical' } } } };
    const approve = [{ from: ['dba-leads'], count: 2 }];
    const { world, grant } = await running({ ...ONCE, approve }, { resources });
    expect(await outcomeOf(more(world, grant))).toBe('pending');
  });

  test('is all there is where nobody approves', async () => {
    const auto_approve = [{ name: 'Short', for: ['engineers'], up_to: '1h' }];
    const { world, grant } = await running({ ...ONCE, approve: null, auto_approve });
    expect(await outcomeOf(more(world, grant, HALF))).toBe('approved');
    expect(await outcomeOf(more(world, grant, HALF))).toBe('no-more-time');
  });

  test('does not count against a rule for requests', async () => {
    const auto_approve = [{ name: 'extension', for: ['engineers'], up_to: '1h', per_day: 2 }];
    const { world, grant } = await running({ ...ONCE, auto_approve });
    expect(await outcomeOf(more(world, grant, HALF))).toBe('approved');
    const viewer = accepted(await world.submit({ resource: 'playground', role: 'viewer' }));
    expect(viewer.request.state).toBe('approved');
  });
});

describe('no more time', () => {
  test('is given where the policy says so, by the form as by the request', async () => {
    const { world, grant } = await running({ extend: 'none' });
    const refusal = { code: 'no-more-time', roleKey: 'prod-db:readonly' };
    expect(await more(world, grant)).toEqual({ ok: false, refusal });
    expect(await prolongForm(world.deps, { viewer: dana, grantId: grant.id })).toEqual({
      ok: false,
      refusal,
    });
  });

  test('is given where only rules approve and nothing is said of more', async () => {
    const auto_approve = [{ name: 'Short', for: ['engineers'], up_to: '1h' }];
    const { world, grant } = await running({ approve: null, auto_approve });
    expect(await outcomeOf(more(world, grant, HALF))).toBe('no-more-time');
  });
});

test('a rule for requests gives no more time', async () => {
  const auto_approve = [{ name: 'Short', for: ['engineers'], up_to: '1h' }];
  const { world, grant } = await running({ auto_approve });
  expect(await outcomeOf(more(world, grant, HALF))).toBe('pending');
});

describe('extend in the catalog', () => {
  const channel = '    channel: C0APPROVALS\n';
  checkTable([
    ['none', channel, `${channel}    extend: none\n`, []],
    ['at once', channel, `${channel}    extend: { automatically: 1h }\n`, []],
    [
      'anything else',
      channel,
      `${channel}    extend: always\n`,
      ['access.yaml:21:13 expected none, or { automatically: 1h }'],
    ],
  ]);
});
