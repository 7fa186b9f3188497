import { afterEach, describe, expect, test } from 'vitest';
import { loadCatalog } from '../../src/catalog/load-catalog.js';
import { connectorKinds } from '../../src/connectors/registry.js';
import type { EmergencyInput } from '../../src/domain/asking.js';
import type { UserId } from '../../src/domain/ids.js';
import { asChannelId, asUserId } from '../../src/domain/ids.js';
import { cardOf } from '../../src/domain/message.js';
import type { Result } from '../../src/domain/result.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/domain/time.js';
import type { CardView } from '../../src/ports.js';
import { emergencyForm, listEmergencies } from '../../src/usecases/emergency-form.js';
import { loadRequestCard } from '../../src/usecases/load-cards.js';
import { prolongGrant } from '../../src/usecases/prolong-grant.js';
import { reviewEmergency, reviewForm } from '../../src/usecases/review-emergency.js';
import { takeEmergency } from '../../src/usecases/take-emergency.js';
import { mine } from '../../src/usecases/mine.js';
import { whoHas } from '../../src/usecases/who-has.js';
import { dana, lee, mia, sam, start } from '../support/rows.js';
import { accepted, makeSmallWorld, workspace, type SmallWorld } from '../support/small-world.js';
import type { CatalogChange } from '../support/test-catalog.js';
import { catalogYaml, NO_TARGET } from '../support/test-catalog.js';

const max = asUserId('U09MAX');
const EMERGENCY = {
  for: ['on-duty'],
  up_to: '1h',
  channel: 'C0ALERT',
  review: { by: ['reviewers'] },
};
const GROUPS = {
  'on-duty': { users: ['U03DANA'] },
  reviewers: { users: ['U01MIA', 'U02SAM', 'U09MAX', 'U03DANA'] },
};
const ADMIN = { resource: 'prod-db', role: 'admin' };

function withEmergency(change: CatalogChange = {}): CatalogChange {
  return {
    groups: GROUPS,
    policies: { critical: { emergency: EMERGENCY } },
    ...change,
  };
}

const worlds: SmallWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) {
    await world.close();
  }
});

async function made(change: CatalogChange = withEmergency()) {
  const world = await makeSmallWorld(change);
  worlds.push(world);
  return world;
}

async function take(world: SmallWorld, change: Partial<EmergencyInput> = {}) {
  return await takeEmergency(world.deps, {
    delivery: world.delivery(),
    workspace,
    requester: dana,
    ...ADMIN,
    durationMs: null,
    reason: 'orders are stuck, dropping the lock',
    ...change,
  });
}

/** A world with one emergency of dana's, whose card is posted. */
async function taken(change: CatalogChange = withEmergency()) {
  const world = await made(change);
  const { request, grant } = accepted(await take(world));
  await world.pass();
  const at = async (ms: number): Promise<void> => {
    world.now = start + ms;
    // The second sends what the first one owes.
    await world.passes(2, 0);
  };
  return {
    world,
    request,
    grant,
    at,
    review: async (by: UserId, note: string | null = null) =>
      await reviewEmergency(world.deps, {
        delivery: world.delivery(),
        by,
        requestId: request.id,
        verdict: note === null ? 'justified' : 'not-justified',
        note,
      }),
    card: async () => await loadRequestCard(world.deps, request.id),
  };
}

function codeOf(outcome: Result<unknown, { code: string }>): string {
  return outcome.ok ? 'accepted' : outcome.refusal.code;
}

async function auditOf(world: SmallWorld) {
  return await world.deps.store.auditEvents({ after: 0, limit: 1_000 });
}

async function kindsOf(world: SmallWorld): Promise<string[]> {
  return (await auditOf(world)).map(({ kind }) => kind);
}

function nagsIn({ notices }: SmallWorld) {
  return notices.flatMap(({ to, thread, notice }) =>
    notice.kind === 'review-nag'
      ? [{ to, thread, mention: notice.mention, missing: notice.missing, unreadable: notice.unreadable }]
      : [],
  );
}

function isReviewed(card: CardView): boolean {
  return card.kind === 'request-card' && card.view.review !== null;
}

/** Everything that the catalog says is replaced, as by a reload. */
function reload(world: SmallWorld, change: CatalogChange): void {
  const source = catalogYaml({ ...NO_TARGET, ...change });
  const loaded = loadCatalog({ source, file: 'access.yaml', kinds: connectorKinds });
  if (!loaded.ok) {
    throw new Error('The new catalog of this test is wrong.');
  }
  world.deps.catalogs.current = () => ({ catalog: loaded.catalog, endingOnly: false });
}

describe('an emergency', () => {
  test('is given at once, for the usual time, and announced by one card in the channel of the policy', async () => {
    const { world, request, grant } = await taken();

    expect(request).toMatchObject({ state: 'approved', channel: 'C0ALERT', beneficiary: dana });
    expect(grant.endsAt - grant.startsAt).toBe(15 * MINUTE_MS);
    expect(await world.stateOf(grant)).toBe('active');
    expect([...world.given.keys()]).toEqual(['orders-db/app_admin/dana']);
    expect((await world.deps.store.message(cardOf(request.id)))?.posted).toMatchObject({
      channel: 'C0ALERT',
    });
    expect(world.cards.filter(isReviewed)).toHaveLength(1);
    const event = (await auditOf(world)).find(({ kind }) => kind === 'emergency.taken');
    expect(event).toMatchObject({
      requestId: request.id,
      grantId: grant.id,
      facts: { channel: 'C0ALERT', overrode: [] },
    });

    await world.passes(2, 15 * MINUTE_MS);
    expect(await world.stateOf(grant)).toBe('ended');
    expect([...world.given.keys()]).toEqual([]);
  });

  test('never lasts longer than the policy says, though its usual window would', async () => {
    const world = await made(
      withEmergency({ policies: { critical: { emergency: { ...EMERGENCY, up_to: '10m' } } } }),
    );
    expect(await take(world, { durationMs: 11 * MINUTE_MS })).toMatchObject({
      refusal: { code: 'duration-too-long', maxMs: 10 * MINUTE_MS },
    });
    expect(accepted(await take(world)).request.durationMs).toBe(10 * MINUTE_MS);
  });

  test('needs a policy that has them, a person who may, and a reason that says something', async () => {
    const world = await made();
    expect(codeOf(await take(world, { role: 'readonly' }))).toBe('no-emergency');
    expect(codeOf(await take(world, { requester: lee }))).toBe('emergency-not-yours');
    expect(codeOf(await take(world, { requester: mia }))).toBe('emergency-not-yours');
    expect(codeOf(await take(world, { reason: '  fix it    ' }))).toBe('reason-too-short');
    expect(codeOf(await take(world, { resource: 'nothing' }))).toBe('unknown-resource');
    expect((await listEmergencies(world.deps, { viewer: dana })).map(({ roleKey }) => roleKey)).toEqual([
      'prod-db:admin',
    ]);
    expect(await listEmergencies(world.deps, { viewer: lee })).toEqual([]);
    expect(await world.deps.store.countLiveGrants({})).toBe(0);
    expect(await kindsOf(world)).toContain('emergency.refused');
  });

  test('is refused while nobody knows who may, on a broken catalog, and by a clock that is behind', async () => {
    const world = await made();
    world.members = async () => ({ readable: false, why: 'Slack is away' });
    expect(codeOf(await take(world))).toBe('groups-unreadable');

    world.behindMs = HOUR_MS;
    expect(codeOf(await take(world))).toBe('clock-behind');

    const { catalog } = world.deps.catalogs.current();
    world.deps.catalogs.current = () => ({ catalog, endingOnly: true });
    expect(codeOf(await take(world))).toBe('ending-only');
  });

  test('is taken once by two at once of one person, and not again while it is open', async () => {
    const world = await made();
    const outcomes = await Promise.all([take(world), take(world)]);
    expect(outcomes.map(codeOf).toSorted()).toEqual(['accepted', 'already-held']);
    expect(await world.deps.store.countLiveGrants({})).toBe(1);

    await world.pass();
    expect(await take(world)).toMatchObject({
      refusal: { code: 'already-held', endsAt: start + 15 * MINUTE_MS },
    });
    expect(codeOf(await emergencyForm(world.deps, { viewer: dana, ...ADMIN }))).toBe('already-held');
    await world.passes(2, 15 * MINUTE_MS);
    expect(codeOf(await emergencyForm(world.deps, { viewer: dana, ...ADMIN }))).toBe('accepted');
    expect(codeOf(await take(world))).toBe('accepted');
  });

  test('goes past limits and conflicts, and names them in the audit and on its card', async () => {
    const world = await made({
      ...withEmergency(),
      limits: { active: 1 },
      conflicts: [['prod-db:readonly', 'prod-db:admin']],
    });
    await world.approve(await world.ask());
    const { request } = accepted(await take(world));

    const overrode = [
      { limit: 'conflict-held', detail: 'prod-db:readonly' },
      { limit: 'held', detail: '1' },
    ];
    expect((await loadRequestCard(world.deps, request.id))?.review).toMatchObject({ overrode });
    const event = (await auditOf(world)).find(({ kind }) => kind === 'emergency.taken');
    expect(event?.facts).toMatchObject({ overrode: ['conflict-held prod-db:readonly', 'held 1'] });
  });

  test('is marked as one to whoever looks, and its extension asks for an ordinary approval', async () => {
    const critical = { emergency: EMERGENCY, extend: { automatically: '30m' } };
    const { world, grant } = await taken(withEmergency({ policies: { critical } }));
    const about = { kind: 'role', ...ADMIN } as const;
    const found = accepted(await whoHas(world.deps, { viewer: mia, about, offset: 0 }));
    expect(found.holders).toMatchObject([{ beneficiary: dana, emergency: true, approvedBy: [] }]);
    expect((await mine(world.deps, { viewer: dana })).grants).toMatchObject([{ emergency: true }]);

    const more = accepted(
      await prolongGrant(world.deps, {
        delivery: world.delivery(),
        workspace,
        requester: dana,
        grantId: grant.id,
        durationMs: 10 * MINUTE_MS,
        reason: 'the lock is back',
      }),
    );
    expect(more.request).toMatchObject({ state: 'pending', channel: 'C0APPROVALS' });
    expect((await world.deps.store.grant(grant.id))?.endsAt).toBe(grant.endsAt);
  });
});

describe('the review of an emergency', () => {
  test('is closed by two people, shows what each said, and one alone makes it not justified', async () => {
    const { world, review, card } = await taken();
    expect((await card())?.review).toMatchObject({ count: 2, closedAt: null, ping: [mia, sam, max] });

    expect(accepted(await review(mia, 'the on-call was not asked')).missing).toBe(1);
    expect((await card())?.review).toMatchObject({ closedAt: null, ping: [sam, max] });
    expect(accepted(await review(sam)).missing).toBe(0);
    expect((await card())?.review).toMatchObject({
      closedAt: start,
      verdicts: [
        { reviewer: mia, verdict: 'not-justified', note: 'the on-call was not asked' },
        { reviewer: sam, verdict: 'justified', note: null },
      ],
    });
    expect(await review(max)).toMatchObject({ refusal: { code: 'review-closed', verdict: 'not-justified' } });
    const closed = (await auditOf(world)).filter(({ kind }) => kind === 'emergency.closed');
    expect(closed).toMatchObject([{ facts: { verdict: 'not-justified', reviewers: [mia, sam] } }]);
  });

  test('takes no word of the one who took it, of strangers to it, twice, or against it without a reason', async () => {
    const { world, request, review } = await taken();
    expect(await review(dana)).toMatchObject({ refusal: { code: 'own-emergency', same: null } });
    expect(codeOf(await review(lee))).toBe('not-a-reviewer');
    expect(codeOf(await review(mia, ' '))).toBe('review-note-missing');
    expect(codeOf(await review(mia))).toBe('accepted');
    expect(codeOf(await review(mia))).toBe('already-reviewed');
    expect(codeOf(await reviewForm(world.deps, { viewer: mia, requestId: request.id }))).toBe(
      'already-reviewed',
    );
    expect(await world.deps.store.reviewVerdicts(request.id)).toHaveLength(1);
  });

  test('takes two Slack users on one account of the target for one person', async () => {
    const { world, review } = await taken();
    const person = world.person;
    world.person = (userId) => ({
      ...person(userId),
      email: userId === mia ? 'dana@example.com' : userId === max ? 'sam@example.com' : person(userId).email,
    });
    expect(await review(mia)).toMatchObject({
      refusal: { code: 'own-emergency', same: { account: 'dana' } },
    });
    expect(codeOf(await review(sam))).toBe('accepted');
    expect(codeOf(await review(max))).toBe('already-reviewed');
  });

  test('counts whoever is a reviewer at the click, and nobody while that can’t be read', async () => {
    const { world, review } = await taken();
    const members = world.members;
    world.members = async () => ({ readable: false, why: 'Slack is away' });
    expect(codeOf(await review(mia))).toBe('groups-unreadable');

    world.members = async (group) =>
      group.name === 'reviewers' ? { readable: true, userIds: new Set([sam, lee]) } : await members(group);
    expect(codeOf(await review(mia))).toBe('not-a-reviewer');
    const { person } = world;
    world.person = (userId) => ({ ...person(userId), deactivated: userId === sam });
    expect(codeOf(await review(sam))).toBe('no-part');
  });

  test('is closed once by two last verdicts at once', async () => {
    const { world, review, card } = await taken();
    await review(mia);
    expect((await Promise.all([review(sam), review(max)])).map(codeOf).toSorted()).toEqual([
      'accepted',
      'review-closed',
    ]);
    expect((await card())?.review?.verdicts).toHaveLength(2);
    expect((await kindsOf(world)).filter((kind) => kind === 'emergency.closed')).toHaveLength(1);
  });

  test('is nagged about in the thread every day until it is closed, to whoever has not said', async () => {
    const { world, review, at } = await taken();
    await at(23 * HOUR_MS);
    expect(nagsIn(world)).toEqual([]);

    await at(DAY_MS);
    const nag = { to: 'C0ALERT', thread: '1.000', mention: [mia, sam, max], missing: 2, unreadable: [] };
    expect(nagsIn(world)).toEqual([nag]);
    await review(sam);
    await at(2 * DAY_MS);
    expect(nagsIn(world)).toEqual([nag, { ...nag, mention: [mia, max], missing: 1 }]);

    await review(max);
    await at(9 * DAY_MS);
    expect(nagsIn(world)).toHaveLength(2);
  });

  test('tells the admins, at once and with each nag, while its card can’t be posted', async () => {
    const world = await made();
    world.post = async (card) =>
      isReviewed(card)
        ? { kind: 'impossible', error: 'not_in_channel' }
        : { kind: 'posted', channel: asChannelId('D0DANA'), ts: '2.000' };
    const { request } = accepted(await take(world));
    const told = () =>
      world.notices.flatMap(({ to, notice }) =>
        notice.kind === 'emergency-not-shown' ? [[to, notice.error]] : [],
      );
    await world.passes(2, 0);
    expect(told()).toEqual([
      [mia, 'not_in_channel'],
      [sam, 'not_in_channel'],
    ]);
    await world.passes(3, HOUR_MS);
    expect(told()).toHaveLength(2);

    world.now = start + DAY_MS;
    await world.passes(3, 10 * MINUTE_MS);
    expect(told()).toHaveLength(4);
    world.post = async () => ({ kind: 'posted', channel: asChannelId('C0ALERT'), ts: '3.000' });
    await world.passes(2, HOUR_MS);
    expect((await world.deps.store.message(cardOf(request.id)))?.posted).toMatchObject({ ts: '3.000' });
    await world.passes(3, DAY_MS);
    expect(told()).toHaveLength(4);
    expect(nagsIn(world).length).toBeGreaterThan(0);
  });

  test('is nagged about once after a long outage, and then again in time', async () => {
    const { world, at } = await taken();
    await at(10 * DAY_MS);
    await at(10 * DAY_MS + HOUR_MS);
    expect(nagsIn(world)).toHaveLength(1);
    await at(11 * DAY_MS);
    expect(nagsIn(world)).toHaveLength(2);
  });

  test('is nagged about though nobody can be called on, and says whose members are not known', async () => {
    const { world, at } = await taken();
    world.members = async () => ({ readable: false, why: 'Slack is away' });
    await at(DAY_MS);
    await at(2 * DAY_MS);
    expect(nagsIn(world)).toMatchObject([
      { mention: [], unreadable: ['reviewers'] },
      { mention: [], unreadable: ['reviewers'] },
    ]);
  });

  test('is for the reviewers of the catalog in force, and as many of them as when it was taken', async () => {
    const { world, review, card } = await taken();
    const change = { by: ['others'], count: 3 };
    reload(world, {
      groups: { ...GROUPS, others: { users: ['U02SAM', 'U09MAX', 'U04LEE', 'U01MIA'] } },
      policies: { critical: { emergency: { ...EMERGENCY, review: change } } },
    });
    expect(codeOf(await review(lee))).toBe('accepted');
    expect(codeOf(await review(sam))).toBe('accepted');
    expect((await card())?.review).toMatchObject({ count: 2, closedAt: start });
  });

  test('goes on after a reload without emergencies: its groups review it, or else the admins', async () => {
    const { world, review, at, card } = await taken();
    reload(world, { groups: { reviewers: { users: ['U09MAX', 'U04LEE'] } } });
    expect(codeOf(await review(mia))).toBe('not-a-reviewer');
    await at(DAY_MS);
    expect(nagsIn(world)).toMatchObject([{ mention: [max, lee], missing: 2 }]);

    reload(world, {});
    expect(codeOf(await review(mia))).toBe('accepted');
    await at(2 * DAY_MS);
    expect(nagsIn(world).at(-1)).toMatchObject({ mention: [sam], missing: 1 });
    expect((await card())?.review?.closedAt).toBeNull();
    expect(codeOf(await review(sam))).toBe('accepted');
    expect((await card())?.review?.closedAt).toBe(world.now);
  });

  test('is reviewed by the admins as well where one of the last reviewers uses the account of whoever took it', async () => {
    const groups = { ...GROUPS, reviewers: { users: ['U01MIA', 'U09MAX'] } };
    const { world, review, card } = await taken(withEmergency({ groups }));
    const usual = world.person;
    world.person = (one) => ({ ...usual(one), ...(one === max ? { email: 'dana@example.com' } : {}) });
    expect(await card()).toMatchObject({ review: { ping: [mia, sam] } });

    expect(await review(max)).toMatchObject({ refusal: { code: 'own-emergency' } });
    expect(codeOf(await review(mia))).toBe('accepted');
    expect(codeOf(await review(sam))).toBe('accepted');
    expect((await card())?.review?.closedAt).toBe(world.now);
  });

  test('is reviewed by the admins as well where two of the last reviewers use one account', async () => {
    const groups = { ...GROUPS, reviewers: { users: ['U04LEE', 'U09MAX'] } };
    const { world, review, card } = await taken(withEmergency({ groups }));
    const usual = world.person;
    world.person = (one) => ({ ...usual(one), ...(one === max ? { email: 'lee@example.com' } : {}) });

    expect(codeOf(await review(max))).toBe('accepted');
    expect(await card()).toMatchObject({ review: { ping: [mia, sam] } });
    expect(codeOf(await review(sam))).toBe('accepted');
  });

  test('keeps its card and its lines for as long as it is open, and a month longer', async () => {
    const { world, request, review, at } = await taken();
    const cardKept = async () => (await world.deps.store.message(cardOf(request.id))) !== null;
    // Its window closes on the first day.
    await at(HOUR_MS);
    await at(60 * DAY_MS);
    await world.deps.store.forget(world.now);
    expect(await cardKept()).toBe(true);

    await review(mia);
    await review(sam);
    await at(91 * DAY_MS);
    await world.deps.store.forget(world.now);
    expect(await cardKept()).toBe(false);
  });
});

describe('the catalog', () => {
  function problemsOf(emergency: CatalogChange, groups: CatalogChange = GROUPS): string[] {
    const source = catalogYaml({ ...NO_TARGET, groups, policies: { critical: { emergency } } });
    const loaded = loadCatalog({ source, file: 'access.yaml', kinds: connectorKinds });
    return loaded.ok ? [] : loaded.problems.map(({ message }) => message);
  }

  test('reads emergencies with two reviewers and a nag a day', () => {
    expect(problemsOf(EMERGENCY)).toEqual([]);
  });

  test.each([
    ['one reviewer', { ...EMERGENCY, review: { by: ['reviewers'], count: 1 } }, /one reviewer is not enough/],
    [
      'too many reviewers',
      { ...EMERGENCY, review: { by: ['reviewers'], count: 5 } },
      /needs 5 people.*hold 4/,
    ],
    [
      'somebody without whom too few are left',
      { ...EMERGENCY, review: { by: ['reviewers'], count: 4 } },
      /nobody reviews their own emergency/,
    ],
    [
      'more time than an approval gives',
      { ...EMERGENCY, up_to: '3d' },
      /no longer than an approved window, 2 d/,
    ],
    ['a group that there is not', { ...EMERGENCY, for: ['nobody'] }, /no group|"nobody"/],
    ['nobody who may', { ...EMERGENCY, for: [] }, /nobody may take it/],
  ])('refuses %s', (_what, emergency, message) => {
    expect(problemsOf(emergency).join('\n')).toMatch(message);
  });

  test('refuses people who join by themselves, as takers and as reviewers', () => {
    const groups = { ...GROUPS, lobby: { channel: 'C0LOBBY' } };
    expect(problemsOf({ ...EMERGENCY, for: ['lobby'] }, groups).join()).toMatch(
      /cannot take access in an emergency/,
    );
    expect(problemsOf({ ...EMERGENCY, review: { by: ['lobby'] } }, groups).join()).toMatch(/cannot review/);
  });
});
