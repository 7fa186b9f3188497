import { afterEach, describe, expect, test } from 'vitest';
import type { UserId } from '../../src/domain/ids.js';
import { asChannelId, asUserId } from '../../src/domain/ids.js';
import { cardOf, copyOf } from '../../src/domain/message.js';
import type { Result } from '../../src/domain/result.js';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.js';
import type { NoticeView } from '../../src/domain/views.js';
import { claimRequest } from '../../src/usecases/claim-request.js';
import { decideRequest } from '../../src/usecases/decide-request.js';
import { revokeGrant } from '../../src/usecases/end-grant.js';
import { loadRequestCard } from '../../src/usecases/load-cards.js';
import { nudgeRequest } from '../../src/usecases/nudge-request.js';
import { tendRequest } from '../../src/usecases/tend-request.js';
import { dana, lee, mia, sam, start } from '../support/rows.js';
import { makeSmallWorld, type SmallWorld } from '../support/small-world.js';
import type { CatalogChange } from '../support/test-catalog.js';

const max = asUserId('U09MAX');
const LEADS = asChannelId('C0LEADS');
const QUIET = { policies: { standard: { unanswered_after: '1d' } } };
const ESCALATING = {
  groups: { 'platform-leads': { users: ['U09MAX', 'U04LEE'] } },
  policies: {
    standard: {
      unanswered_after: '1d',
      escalate: { after: '45m', to: ['platform-leads'], channel: 'C0LEADS' },
    },
  },
};

const worlds: SmallWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) {
    await world.close();
  }
});

/** A world with one request, whose card is posted. */
async function asked(change: CatalogChange = QUIET) {
  const world = await makeSmallWorld(change);
  worlds.push(world);
  const request = await world.ask();
  await world.pass();
  const at = async (minutes: number): Promise<void> => {
    world.now = start + minutes * MINUTE_MS;
    // The second sends what the first one owes.
    await world.passes(2, 0);
  };
  const by = (who: UserId) => ({ by: who, requestId: request.id, delivery: world.delivery() });
  return {
    world,
    request,
    at,
    claim: async (who: UserId) => await claimRequest(world.deps, { ...by(who), claims: true }),
    release: async (who: UserId) => await claimRequest(world.deps, { ...by(who), claims: false }),
    nudge: async (who: UserId, which: string | null = request.id) =>
      await nudgeRequest(world.deps, { by: who, which, delivery: world.delivery() }),
    vote: async (approver: UserId, verdict: 'approve' | 'deny' = 'approve') =>
      await decideRequest(world.deps, {
        requestId: request.id,
        approver,
        verdict,
        termsVersion: 1,
        reason: null,
        durationMs: null,
        delivery: world.delivery(),
      }),
    now: async () => await world.deps.store.request(request.id),
  };
}

function codeOf(outcome: Result<unknown, { code: string }>): string {
  return outcome.ok ? 'accepted' : outcome.refusal.code;
}

function nudgesIn({ notices }: SmallWorld) {
  return notices.flatMap(({ to, thread, notice }) =>
    notice.kind === 'request-nudge' ? [{ to, thread, ...pick(notice) }] : [],
  );
}

function pick(notice: Extract<NoticeView, { kind: 'request-nudge' }>) {
  return { mention: notice.mention, minutes: notice.waitedMs / MINUTE_MS, by: notice.by };
}

async function auditOf(world: SmallWorld): Promise<string[]> {
  return (await world.deps.store.auditEvents({ after: 0, limit: 1_000 })).map(({ kind }) => kind);
}

/** Without the word to whoever asked that the request is there. */
function linesIn(world: SmallWorld) {
  return world.notices.filter(({ notice }) => notice.kind !== 'request-received');
}

describe('a request that nobody answers', () => {
  test('is nudged about in its card’s thread when the policy says, to whoever can still decide', async () => {
    const { world, at } = await asked();
    await at(9);
    expect(nudgesIn(world)).toEqual([]);

    await at(10);
    const first = { to: 'C0APPROVALS', thread: '1.000', mention: [mia, sam], minutes: 10, by: null };
    expect(nudgesIn(world)).toEqual([first]);
    await at(30);
    await at(89);
    expect(nudgesIn(world)).toHaveLength(2);
    await at(90);
    expect(nudgesIn(world)).toHaveLength(3);
    expect((await auditOf(world)).filter((kind) => kind === 'request.nudged')).toHaveLength(3);
  });

  test('is nudged about once after a long outage, and then again in time', async () => {
    const { world, at } = await asked();
    await at(600);
    await at(601);
    expect(nudgesIn(world)).toHaveLength(1);

    await at(600 + 480);
    expect(nudgesIn(world)).toHaveLength(2);
  });

  test('of the nudges that Slack would not take, only the last is sent', async () => {
    const { world, at } = await asked();
    world.notify = async () => ({ kind: 'retry', afterMs: null, error: 'no_answer' });
    await at(10);
    await at(30);
    await at(90);
    world.notify = async () => ({ kind: 'posted', channel: asChannelId('C0APPROVALS'), ts: '2.000' });
    await at(95);
    expect(nudgesIn(world).map(({ minutes }) => minutes)).toEqual([95]);
  });

  test('is nudged about by nobody’s name where the policy notifies nobody', async () => {
    const { world, at } = await asked({ policies: { standard: { notify: 'none' } } });
    await at(10);
    expect(nudgesIn(world).map(({ mention }) => mention)).toEqual([[]]);
  });

  test('is left alone where the policy wants no nudges, and expires all the same', async () => {
    const { world, at, now } = await asked({ policies: { standard: { nudge: 'none' } } });
    await at(59);
    expect(linesIn(world)).toEqual([]);
    await at(60);
    expect((await now())?.state).toBe('expired');
  });

  test('whoever has approved is not asked again for what others must give', async () => {
    const two = [{ from: ['dba-leads'], count: 2 }];
    const { world, at, vote } = await asked({ policies: { standard: { approve: two } } });
    await vote(mia);
    await at(10);
    expect(nudgesIn(world).map(({ mention }) => mention)).toEqual([[sam]]);
  });

  test('is not nudged about once it is decided, were the nudge owed already', async () => {
    const { world, request, vote, at } = await asked();
    world.now = start + 10 * MINUTE_MS;
    await tendRequest(world.deps, request.id);
    await vote(mia);
    await at(11);
    expect(nudgesIn(world)).toEqual([]);
  });

  test('whose card could not be posted yet is not nudged about: the card will ping', async () => {
    const world = await makeSmallWorld(QUIET);
    worlds.push(world);
    world.post = async () => ({ kind: 'retry', afterMs: null, error: 'no_answer' });
    await world.ask();
    await world.passes(4, 5 * MINUTE_MS);
    world.post = async () => ({ kind: 'posted', channel: asChannelId('C0APPROVALS'), ts: '2.000' });
    await world.passes(2, MINUTE_MS);
    expect(nudgesIn(world)).toEqual([]);
  });

  test('tending it twice, or too early, changes nothing', async () => {
    const { world, request } = await asked();
    await tendRequest(world.deps, request.id);
    world.now = start + 10 * MINUTE_MS;
    await tendRequest(world.deps, request.id);
    await tendRequest(world.deps, request.id);
    expect((await auditOf(world)).filter((kind) => kind === 'request.nudged')).toHaveLength(1);
  });
});

describe('the requester', () => {
  test('has the approvers nudged once', async () => {
    const { world, nudge, at } = await asked();
    world.now += 5 * MINUTE_MS;
    expect(codeOf(await nudge(dana))).toBe('accepted');
    await world.pass();
    expect(nudgesIn(world)).toEqual([
      { to: 'C0APPROVALS', thread: '1.000', mention: [mia, sam], minutes: 5, by: dana },
    ]);
    expect(codeOf(await nudge(dana, null))).toBe('already-nudged');
    expect(codeOf(await nudge(dana, 'prod-db'))).toBe('already-nudged');
    expect((await auditOf(world)).filter((kind) => kind === 'request.nudged')).toHaveLength(1);

    // Hallpass goes on by itself.
    await at(10);
    expect(nudgesIn(world)).toHaveLength(2);
  });

  test('alone does so, and while it waits', async () => {
    const { nudge, vote } = await asked();
    expect(codeOf(await nudge(lee))).toBe('not-your-request');
    await vote(mia, 'deny');
    expect(codeOf(await nudge(dana))).toBe('not-pending');
    expect(codeOf(await nudge(dana, null))).toBe('nothing-pending');
  });

  test('does not spend the nudge on a card that nobody sees yet', async () => {
    const world = await makeSmallWorld(QUIET);
    worlds.push(world);
    const request = await world.ask();
    const nudge = async () =>
      await nudgeRequest(world.deps, { by: dana, which: request.id, delivery: world.delivery() });
    expect(codeOf(await nudge())).toBe('not-shown-yet');
    await world.pass();
    expect(codeOf(await nudge())).toBe('accepted');
  });
});

describe('an escalation', () => {
  test('lets other groups decide as well from its commit on, not by the clock', async () => {
    const { world, vote, at, now } = await asked(ESCALATING);
    world.now = start + 46 * MINUTE_MS;
    expect(codeOf(await vote(max))).toBe('not-an-approver');

    await at(46);
    expect(codeOf(await vote(max))).toBe('accepted');
    expect((await now())?.state).toBe('approved');
    expect(await auditOf(world)).toContain('request.escalated');
  });

  test('calls on the new people in the thread, and shows the card in its channel as well', async () => {
    const { world, request, at } = await asked(ESCALATING);
    await at(45);
    const line = world.notices.flatMap(({ to, thread, notice }) =>
      notice.kind === 'request-escalated' ? [{ to, thread, mention: notice.mention }] : [],
    );
    expect(line).toEqual([{ to: 'C0APPROVALS', thread: '1.000', mention: [max, lee] }]);
    const cards = await world.deps.store.messagesOf(request.id);
    expect(cards.map(({ id, to, posted }) => [id, to, posted !== null])).toEqual([
      [cardOf(request.id), 'C0APPROVALS', true],
      [copyOf(request.id), 'C0LEADS', true],
    ]);
    const card = await loadRequestCard(world.deps, request.id);
    expect(card).toMatchObject({
      steps: [{ from: ['dba-leads', 'platform-leads'] }],
      escalation: { at: start + 45 * MINUTE_MS, to: ['platform-leads'], channel: 'C0LEADS' },
      ping: [mia, sam],
    });
    expect((await loadRequestCard(world.deps, request.id, LEADS))?.ping).toEqual([max, lee]);
  });

  test('both cards are drawn anew when it is decided, and nudges stand under both', async () => {
    const { world, at, vote } = await asked(ESCALATING);
    await at(45);
    await at(105);
    expect(nudgesIn(world)).toMatchObject([
      { to: 'C0APPROVALS', mention: [mia, sam] },
      { to: 'C0LEADS', mention: [max, lee] },
    ]);
    world.cards.length = 0;
    await vote(lee);
    await world.pass();
    const drawn = world.cards.flatMap((card) =>
      card.kind === 'request-card' ? [card.view.request.state] : [],
    );
    expect(drawn.filter((state) => state === 'approved').length).toBeGreaterThanOrEqual(2);
  });

  test('whose channel takes no card says so in the thread, once', async () => {
    const { world, at } = await asked(ESCALATING);
    world.post = async () => ({ kind: 'impossible', error: 'not_in_channel' });
    await at(45);
    await at(55);
    const unseen = world.notices.filter(({ notice }) => notice.kind === 'request-copy-unseen');
    expect(unseen).toEqual([
      {
        to: 'C0APPROVALS',
        thread: '1.000',
        notice: { kind: 'request-copy-unseen', channel: 'C0LEADS', error: 'not_in_channel' },
      },
    ]);
  });

  test('to a channel alone calls on nobody twice: nudges stand under the first card', async () => {
    const escalate = { after: '20m', channel: 'C0LEADS' };
    const { world, request, at } = await asked({
      policies: { standard: { unanswered_after: '1d', escalate } },
    });
    await at(20);
    expect(await world.deps.store.messagesOf(request.id)).toHaveLength(2);
    await at(40);
    expect(nudgesIn(world).map(({ to, mention }) => [to, mention])).toEqual([
      ['C0APPROVALS', [mia, sam]],
      ['C0APPROVALS', [mia, sam]],
    ]);
  });

  test('whoever may decide by it may not hold the role where approvers may not', async () => {
    const standard = { ...ESCALATING.policies.standard, approvers_may_hold: false };
    const { world } = await asked({ ...ESCALATING, policies: { standard } });
    await expect(world.ask({ requester: lee, beneficiary: lee })).rejects.toThrow(/approver-cannot-hold/);
  });

  test('never makes an approver of whoever asks', async () => {
    const change = { ...ESCALATING, groups: { 'platform-leads': { users: ['U03DANA', 'U09MAX'] } } };
    const { at, vote } = await asked(change);
    await at(45);
    expect(codeOf(await vote(dana))).toBe('self-approval');
  });

  test('whoever approved by it may also take the access away', async () => {
    const { world, at, vote } = await asked(ESCALATING);
    await at(45);
    const outcome = await vote(max);
    const grant = outcome.ok ? outcome.value.grant : null;
    const revoke = { by: max, which: grant?.id ?? '', reason: 'enough', delivery: world.delivery() };
    expect(codeOf(await revokeGrant(world.deps, revoke))).toBe('accepted');
  });

  test('with a group that cannot be read gives nobody a say, and keeps the others theirs', async () => {
    const { world, at, vote } = await asked(ESCALATING);
    const { members } = world;
    world.members = async (group) =>
      group.name === 'platform-leads' ? { readable: false, why: 'no answer' } : await members(group);
    await at(45);
    expect(codeOf(await vote(max))).toBe('groups-unreadable');
    expect(codeOf(await vote(mia))).toBe('accepted');
  });
});

describe('whoever looks at a request', () => {
  test('is on the card, keeps nudges away for a while, and keeps nobody from deciding', async () => {
    const { world, request, claim, at, vote, now } = await asked();
    await at(8);
    expect(codeOf(await claim(sam))).toBe('accepted');
    expect((await loadRequestCard(world.deps, request.id))?.request.waiting.claim).toEqual({
      by: sam,
      at: start + 8 * MINUTE_MS,
    });
    await at(22);
    expect(nudgesIn(world)).toEqual([]);
    await at(23);
    expect(nudgesIn(world)).toHaveLength(1);

    expect(codeOf(await vote(mia))).toBe('accepted');
    expect((await now())?.state).toBe('approved');
  });

  test('changes no terms: a vote on the card from before counts', async () => {
    const { claim, vote } = await asked();
    await claim(sam);
    expect(codeOf(await vote(sam))).toBe('accepted');
  });

  test('a nudge that was owed when it was claimed is not sent', async () => {
    const { world, request, claim, at } = await asked();
    world.now = start + 10 * MINUTE_MS;
    await tendRequest(world.deps, request.id);
    await claim(sam);
    await at(11);
    expect(nudgesIn(world)).toEqual([]);
  });

  test('gives it back, and says so once', async () => {
    const { world, claim, release, now } = await asked();
    await claim(sam);
    expect(codeOf(await claim(sam))).toBe('already-claimed');
    expect(codeOf(await release(mia))).toBe('not-your-claim');
    expect(codeOf(await release(sam))).toBe('accepted');
    expect(codeOf(await release(sam))).toBe('not-your-claim');
    expect((await now())?.waiting.claim).toBeNull();
    expect((await auditOf(world)).filter((kind) => /claimed|released/.test(kind))).toEqual([
      'request.claimed',
      'request.released',
    ]);
  });

  test('is relieved by somebody else, which is said in the thread', async () => {
    const { world, claim, now } = await asked();
    await claim(sam);
    world.now += MINUTE_MS;
    await claim(mia);
    await world.pass();
    expect((await now())?.waiting.claim?.by).toBe(mia);
    expect(linesIn(world)).toEqual([
      { to: 'C0APPROVALS', thread: '1.000', notice: { kind: 'request-taken-over', from: sam, by: mia } },
    ]);
  });

  test('is relieved twice before the thread could be told: it says the last', async () => {
    const { world, claim } = await asked();
    await claim(sam);
    world.now += MINUTE_MS;
    await claim(mia);
    world.now += MINUTE_MS;
    await claim(sam);
    await world.pass();
    expect(linesIn(world).map(({ notice }) => notice)).toEqual([
      { kind: 'request-taken-over', from: mia, by: sam },
    ]);
  });

  test('the word of it waits for a card that has to be posted anew, and stands under that', async () => {
    const { world, claim } = await asked();
    await claim(sam);
    world.edit = async () => ({ kind: 'impossible', error: 'message_not_found' });
    world.post = async () => ({ kind: 'retry', afterMs: null, error: 'no_answer' });
    await world.pass();
    await claim(mia);
    await world.passes(3, MINUTE_MS);
    expect(linesIn(world)).toEqual([]);

    world.post = async () => ({ kind: 'posted', channel: asChannelId('C0APPROVALS'), ts: '3.000' });
    await world.passes(3, MINUTE_MS);
    expect(linesIn(world)).toMatchObject([{ thread: '3.000', notice: { kind: 'request-taken-over' } }]);
  });

  test('is somebody who may decide, and nobody else', async () => {
    const { claim, vote } = await asked();
    expect(codeOf(await claim(dana))).toBe('self-approval');
    expect(codeOf(await claim(max))).toBe('not-an-approver');
    await vote(mia);
    expect(codeOf(await claim(sam))).toBe('not-pending');
  });

  test('has looked when they have voted', async () => {
    const two = [{ from: ['dba-leads'], count: 2 }];
    const { claim, vote, now } = await asked({ policies: { standard: { approve: two } } });
    await claim(mia);
    await vote(sam);
    expect((await now())?.waiting.claim?.by).toBe(mia);
    const other = await asked({ policies: { standard: { approve: two } } });
    await other.claim(mia);
    await other.vote(mia);
    expect((await other.now())?.waiting.claim).toBeNull();
  });

  test('counts for nothing: nobody’s claim approves', async () => {
    const { claim, now, at } = await asked({ policies: { standard: { unanswered_after: '1h' } } });
    await claim(mia);
    await claim(sam);
    await at(60);
    expect(await now()).toMatchObject({ state: 'expired' });
  });
});

test('a request holds to the catalog that was loaded meanwhile', async () => {
  const { world, request, at } = await asked(ESCALATING);
  const { catalog } = world.deps.catalogs.current();
  const policies = new Map(
    [...catalog.policies].map(([name, policy]) => [name, { ...policy, escalate: null, nudgeMs: [] }]),
  );
  const deps = {
    ...world.deps,
    catalogs: { current: () => ({ catalog: { ...catalog, policies }, endingOnly: false }) },
  };
  world.now = start + HOUR_MS;
  await tendRequest(deps, request.id);
  await at(61);
  expect(linesIn(world)).toEqual([]);
  expect((await world.deps.store.request(request.id))?.waiting).toMatchObject({
    nudgeAt: null,
    escalateAt: null,
    escalatedAt: null,
  });
});
