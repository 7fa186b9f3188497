/** What tools of this kind have got wrong, each through the use cases: the rows, the audit, and what people read. */
import { afterEach, describe, expect, test } from 'vitest';
import { loadCatalog } from '../../src/catalog/load-catalog.js';
import { connectorKinds } from '../../src/connectors/registry.js';
import type { DecideInput, ProlongInput, SubmitInput } from '../../src/domain/asking.js';
import type { AuditEvent } from '../../src/domain/audit.js';
import type { Grant } from '../../src/domain/grant.js';
import { asRequestId, asUserId, type UserId } from '../../src/domain/ids.js';
import type { Person } from '../../src/domain/person.js';
import type { PendingRequest } from '../../src/domain/request.js';
import type { Result } from '../../src/domain/result.js';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/time.js';
import { ConnectorError } from '../../src/ports.js';
import { requestFormView } from '../../src/slack/blocks/forms.js';
import { requestCard } from '../../src/slack/blocks/request-card.js';
import { refusalText } from '../../src/slack/refusal-text.js';
import { cancelRequest } from '../../src/usecases/cancel-request.js';
import { claimRequest } from '../../src/usecases/claim-request.js';
import { decideRequest } from '../../src/usecases/decide-request.js';
import { endOwnGrant, revokeGrant } from '../../src/usecases/end-grant.js';
import { explainRole } from '../../src/usecases/explain-role.js';
import { listOffers } from '../../src/usecases/list-offers.js';
import { loadRequestCard } from '../../src/usecases/load-cards.js';
import { prolongGrant } from '../../src/usecases/prolong-grant.js';
import { reviewEmergency } from '../../src/usecases/review-emergency.js';
import { takeEmergency } from '../../src/usecases/take-emergency.js';
import { whoHas } from '../../src/usecases/who-has.js';
import { dana, lee, mia, sam, start } from '../support/rows.js';
import { accepted, makeSmallWorld, workspace, type SmallWorld } from '../support/small-world.js';
import { catalogYaml, NO_TARGET, type CatalogChange } from '../support/test-catalog.js';

const rob = asUserId('U07ROB');
const READONLY = 'orders-db/app_readonly/dana';

let world: SmallWorld;
const worlds: SmallWorld[] = [];
afterEach(async () => {
  for (const each of worlds.splice(0)) {
    await each.close();
  }
});

async function begin(change: CatalogChange = {}): Promise<void> {
  world = await makeSmallWorld(change);
  worlds.push(world);
}

async function standard(policy: CatalogChange, change: CatalogChange = {}): Promise<void> {
  await begin({ ...change, policies: { standard: policy } });
}

async function vote({ id: requestId }: Pick<PendingRequest, 'id'>, how: Partial<DecideInput> = {}) {
  const usual = {
    termsVersion: 1,
    approver: mia,
    verdict: 'approve',
    reason: null,
    durationMs: null,
  } as const;
  return await decideRequest(world.deps, { requestId, delivery: world.delivery(), ...usual, ...how });
}

/** Asked, approved by mia, and opened in the target. */
async function held(asked: Partial<SubmitInput> = {}): Promise<Grant> {
  const grant = await world.approve(await world.ask(asked));
  await world.pass();
  return grant;
}

async function more({ id: grantId }: Grant, how: Partial<ProlongInput> = {}) {
  const usual = { workspace, requester: dana, durationMs: 15 * MINUTE_MS, reason: 'one more table' };
  return await prolongGrant(world.deps, { grantId, delivery: world.delivery(), ...usual, ...how });
}

async function endOf({ id }: Grant): Promise<number | undefined> {
  return (await world.deps.store.grant(id))?.endsAt;
}

async function at(ms: number): Promise<void> {
  world.now = start + ms;
  // The second sends what the first one owes.
  await world.passes(2, 0);
}

async function audit(kind?: AuditEvent['kind']): Promise<AuditEvent[]> {
  const events = await world.deps.store.auditEvents({ after: 0, limit: 1_000 });
  return kind === undefined ? events : events.filter((event) => event.kind === kind);
}

async function card({ id }: Pick<PendingRequest, 'id'>): Promise<string> {
  const view = await loadRequestCard(world.deps, id);
  return view === null ? '' : JSON.stringify(requestCard(view));
}

function told(to: string): string[] {
  return world.notices.flatMap((one) => (one.to === to ? [one.notice.kind] : []));
}

function given(): string[] {
  return [...world.given.keys()];
}

/** Slack describes this person otherwise. */
function describes(who: UserId, as: Partial<Person>): void {
  const { person } = world;
  world.person = (userId) => ({ ...person(userId), ...(userId === who ? as : {}) });
}

/** The calls of that name fail until it is called with null. */
function fails(name: 'grant' | 'revoke', error: ConnectorError | null): void {
  world.beforeCall = async (call) => {
    if (call === name && error !== null) {
      throw error;
    }
  };
}

function codeOf(outcome: Result<unknown, { code: string }>): string {
  return outcome.ok ? 'accepted' : outcome.refusal.code;
}

function problemsOf(change: CatalogChange): string {
  const source = catalogYaml({ ...NO_TARGET, ...change });
  const outcome = loadCatalog({ source, file: 'access.yaml', kinds: connectorKinds });
  return outcome.ok ? '' : outcome.problems.map(({ message }) => message).join('\n');
}

describe('overlapping windows: the end of the first took the second away', () => {
  test.each([
    ['after', 30, 60],
    ['before', 60, 30],
  ])('the end of one does not take away the other, which ends %s it', async (_when, first, second) => {
    await begin();
    const grants = [
      await held({ durationMs: first * MINUTE_MS }),
      await held({ durationMs: second * MINUTE_MS }),
    ];
    await at(30 * MINUTE_MS);
    expect(given()).toEqual([READONLY]);
    expect(new Set(await Promise.all(grants.map(world.stateOf.bind(world))))).toEqual(
      new Set(['active', 'ended']),
    );

    await at(HOUR_MS);
    expect(given()).toEqual([]);
  });

  test('two that open in the same second both end', async () => {
    await begin();
    const requests = [await world.ask(), await world.ask({ requester: lee, beneficiary: lee })];
    const grants = await Promise.all(requests.map(world.approve.bind(world)));
    await world.pass();
    expect(given()).toHaveLength(2);

    await at(30 * MINUTE_MS);
    expect(given()).toEqual([]);
    expect(await Promise.all(grants.map(world.stateOf.bind(world)))).toEqual(['ended', 'ended']);
  });

  test('a shorter window asked for later cuts nothing off the longer one', async () => {
    await begin();
    const long = await held({ durationMs: 2 * HOUR_MS });
    await held({ durationMs: MINUTE_MS });
    await at(HOUR_MS);

    expect([await endOf(long), ...given()]).toEqual([start + 2 * HOUR_MS, READONLY]);
  });

  test('releasing one of them keeps the other, and says so', async () => {
    await begin();
    const [first, second] = [await held(), await held({ durationMs: HOUR_MS })];
    const ended = await endOwnGrant(world.deps, { delivery: world.delivery(), by: dana, which: first.id });
    await at(MINUTE_MS);

    expect(accepted(ended).stillHeldBy).toMatchObject([{ grantId: second.id }]);
    expect(given()).toEqual([READONLY]);
  });
});

describe('more time: a new grant each time, past the policy, or a button that did nothing', () => {
  test('is added to what is held: same grant, nothing taken away and given anew, an event of its own', async () => {
    await begin();
    const grant = await held();
    world.calls.length = 0;
    const prolonged = await world.approve(accepted(await more(grant)).request);
    await world.pass();

    expect(prolonged).toMatchObject({ id: grant.id, endsAt: grant.endsAt + 15 * MINUTE_MS });
    expect(world.calls).not.toContain('revoke');
    expect(await audit('grant.prolonged')).toMatchObject([{ grantId: grant.id }]);
  });

  test('an approval of what is approved already prolongs nothing', async () => {
    await begin();
    const request = await world.ask();
    const grant = await world.approve(request);
    await world.pass();
    world.now += 20 * MINUTE_MS;

    const late = await vote(request, { approver: sam });
    expect(late).toMatchObject({ refusal: { code: 'not-pending', by: [mia] } });
    expect(await endOf(grant)).toBe(grant.endsAt);
  });

  test('an approval that comes twice prolongs once', async () => {
    await begin();
    const grant = await held();
    const { request } = accepted(await more(grant));
    await Promise.all([vote(request), vote(request), vote(request, { approver: sam })]);

    expect(await endOf(grant)).toBe(grant.endsAt + 15 * MINUTE_MS);
  });

  test('never goes past the longest time, however often it is asked for', async () => {
    await begin();
    const grant = await held({ durationMs: 3 * HOUR_MS });
    await world.approve(accepted(await more(grant, { durationMs: HOUR_MS })).request);

    expect(codeOf(await more(grant))).toBe('past-maximum');
  });

  test('its button never does nothing in silence: what cannot be is refused in words', async () => {
    await begin();
    const grant = await held();
    await at(30 * MINUTE_MS);
    const outcome = await more(grant);

    expect(codeOf(outcome)).toBe('grant-over');
    expect(outcome.ok ? null : refusalText(outcome.refusal, { viewer: dana, command: '/access' })).toMatch(
      /\S/,
    );
  });

  test('the reminder comes before the end of short windows, too', async () => {
    await begin();
    await held({ durationMs: 10 * MINUTE_MS });
    await at(9 * MINUTE_MS + 59 * SECOND_MS);

    expect(told(dana)).toContain('grant-reminder');
    expect(given()).toEqual([READONLY]);
  });
});

describe('two who press at the same moment: an error for one, and two revocations', () => {
  test('make one window, and each of them reads what became of it', async () => {
    await begin();
    const request = await world.ask();
    const outcomes = await Promise.all([vote(request), vote(request, { approver: sam })]);
    await world.pass();

    expect(outcomes.map(codeOf).toSorted()).toEqual(['accepted', 'not-pending']);
    expect(await audit('grant.opening')).toHaveLength(1);
    expect(world.calls.filter((call) => call === 'grant')).toHaveLength(1);
  });

  test('approving and denying come to one of the two', async () => {
    await begin();
    const request = await world.ask();
    const outcomes = await Promise.all([vote(request), vote(request, { approver: sam, verdict: 'deny' })]);

    expect(outcomes.map(codeOf).toSorted()).toEqual(['accepted', 'not-pending']);
  });

  test('approving and cancelling do not both succeed', async () => {
    await begin();
    const request = await world.ask();
    const cancel = cancelRequest(world.deps, { delivery: world.delivery(), by: dana, which: request.id });
    const outcomes = (await Promise.all([cancel, vote(request)])).map(codeOf);

    const { state } = (await world.deps.store.request(request.id)) ?? {};
    expect(outcomes.filter((code) => code === 'accepted')).toHaveLength(1);
    expect(await audit('grant.opening')).toHaveLength(state === 'approved' ? 1 : 0);
  });

  test('a click that Slack delivers again opens nothing more', async () => {
    await begin();
    const request = await world.ask();
    const outcomes = [await vote(request, { delivery: 'one' }), await vote(request, { delivery: 'one' })];

    expect(outcomes.map(codeOf)).toEqual(['accepted', 'already-handled']);
  });
});

describe('counting approvals: one person for several, and the approver of one role for another', () => {
  const security = { security: { users: ['U01MIA', 'U02SAM', 'U07ROB'] } };
  const steps = [{ from: ['dba-leads'] }, { from: ['security'] }];

  test('one person in several groups fills one step', async () => {
    await standard({ approve: steps }, { groups: security });
    const request = await world.ask();

    expect(await vote(request)).toMatchObject({ value: { grant: null, request: { state: 'pending' } } });
    expect(await vote(request)).toMatchObject({ refusal: { code: 'already-voted' } });
    expect(await vote(request, { approver: rob })).toMatchObject({
      value: { request: { state: 'approved' } },
    });
  });

  test.each<[string, [UserId, UserId]]>([
    ['both are in both groups', [mia, sam]],
    ['the last step is filled first', [rob, mia]],
    ['the first step is filled first', [sam, rob]],
  ])(
    'a request is open with the last vote it needs, and does not hang when %s',
    async (_when, [one, two]) => {
      await standard({ approve: steps }, { groups: security });
      const request = await world.ask();
      await vote(request, { approver: one });

      expect(await vote(request, { approver: two })).toMatchObject({
        value: { request: { state: 'approved' } },
      });
    },
  );

  test('two approvals are two people', async () => {
    await standard({ approve: [{ from: ['dba-leads'], count: 2 }] });
    const request = await world.ask();
    const votes = [await vote(request), await vote(request), await vote(request, { approver: sam })];

    expect(votes.map(codeOf)).toEqual(['accepted', 'already-voted', 'accepted']);
  });

  test('a group of one who asks for themselves is no quorum, and is refused when asked', async () => {
    const alone = { groups: { leads: { slack_usergroup: 'S0LEADS' } } };
    await standard({ approve: [{ from: ['leads'] }] }, alone);
    const { members } = world;
    world.members = async (group) =>
      group.name === 'leads' ? { readable: true, userIds: new Set([dana]) } : await members(group);

    expect(codeOf(await world.submit())).toBe('too-few-approvers');
  });

  test('who approves one role of a resource does not thereby approve the other', async () => {
    const groups = { security: { users: ['U07ROB'] } };
    await begin({ groups, policies: { critical: { approve: [{ from: ['security'] }] } } });
    const [reading, admin] = [await world.ask(), await world.ask({ role: 'admin' })];

    expect(codeOf(await vote(admin))).toBe('not-an-approver');
    expect(codeOf(await vote(reading, { approver: rob }))).toBe('not-an-approver');
    expect(codeOf(await vote(admin, { approver: rob }))).toBe('accepted');
  });
});

describe('approval that nobody gave: rules too broad and without a limit, approvers who were missing', () => {
  test.each<[string, CatalogChange, RegExp]>([
    ['no steps at all', { approve: null }, /approve/],
    ['an empty list of steps', { approve: [] }, /nobody approves under this policy/],
    ['a step from no group', { approve: [{ from: [] }] }, /name at least one group that approves/],
    ['whoever is in a channel', { approve: [{ from: ['team'] }] }, /people join by themselves/],
    ['a channel under another name', { approve: [{ from: ['anybody'] }] }, /people join by themselves/],
  ])('no approvers is no auto-approval: %s does not load', (_what, policy, says) => {
    const groups = { team: { channel: 'C0TEAM' }, anybody: { any_of: ['team', 'dba-leads'] } };
    expect(problemsOf({ groups, policies: { standard: policy } })).toMatch(says);
  });

  test('approvers who have all gone since are nobody, and nothing is approved', async () => {
    await begin();
    const request = await world.ask();
    world.members = async () => ({ readable: true, userIds: new Set([dana]) });

    expect(codeOf(await vote(request))).toBe('not-an-approver');
    expect(codeOf(await world.submit({ role: 'admin' }))).toBe('too-few-approvers');
  });

  test('admins and members of the channel are no approvers by that', async () => {
    await standard({ approve: [{ from: ['security'] }] }, { groups: { security: { users: ['U07ROB'] } } });

    expect(codeOf(await vote(await world.ask()))).toBe('not-an-approver');
  });

  test('an approver who has left crashes no request, and the others approve', async () => {
    await begin();
    describes(sam, { deactivated: true });

    expect((await held()).state).toBe('opening');
    expect(given()).toEqual([READONLY]);
  });

  test('a rule that approves at once stands for its people, roles and time alone, is used up, and pings nobody', async () => {
    const onCall = { name: 'On call', for: ['on-call'], up_to: '1h', per_day: 1 };
    await standard({ auto_approve: [onCall] }, { groups: { 'on-call': { users: ['U03DANA'] } } });

    expect(accepted(await world.submit({ durationMs: 2 * HOUR_MS })).grant).toBeNull();
    expect(accepted(await world.submit({ role: 'admin' })).grant).toBeNull();
    expect(accepted(await world.submit({ requester: lee, beneficiary: lee })).grant).toBeNull();
    const viewer = { resource: 'playground', role: 'viewer' };
    expect(accepted(await world.submit(viewer))).toMatchObject({ pinged: 0, grant: { beneficiary: dana } });
    expect(accepted(await world.submit(viewer)).grant).toBeNull();
  });

  test('who would approve, and how many are pinged, can be seen before anybody is', async () => {
    await begin({ groups: { everybody: { any_of: ['engineers', 'dba-leads'] } } });
    const explained = await explainRole(world.deps, { viewer: dana, resource: 'prod-db', role: null });

    expect(accepted(explained)).toMatchObject({ pinged: 2, steps: [{ from: ['dba-leads'], people: 2 }] });
  });
});

describe('times: longer than the policy, counted from the request, and shown to nobody', () => {
  test.each([
    ['more than the policy gives', 5 * HOUR_MS, 'duration-too-long'],
    ['less than it gives', 1, 'duration-too-short'],
  ])('%s is not asked for', async (_what, durationMs, code) => {
    await begin();
    expect(codeOf(await world.submit({ durationMs }))).toBe(code);
  });

  test('nobody approves more than was asked for', async () => {
    await begin();
    const request = await world.ask();

    expect(codeOf(await vote(request, { durationMs: HOUR_MS }))).toBe('not-for-less');
  });

  test('the clock starts at the approval, not at the request', async () => {
    await begin();
    const request = await world.ask();
    world.now += 40 * MINUTE_MS;

    expect(await world.approve(request)).toMatchObject({
      startsAt: world.now,
      endsAt: world.now + 30 * MINUTE_MS,
    });
  });

  test('the card says when the request expires, and then until when the access is', async () => {
    await begin();
    const request = await world.ask();
    const date = (ms: number): string => `<!date^${(start + ms) / SECOND_MS}^`;
    expect(await card(request)).toContain(`expires ${date(HOUR_MS)}`);
    await world.approve(request);
    await world.pass();

    expect(await card(request)).toContain(`Access until ${date(30 * MINUTE_MS)}`);
  });

  test('a request hangs no longer than its time, also when its card was never seen', async () => {
    await begin();
    world.post = async () => ({ kind: 'impossible', error: 'not_in_channel' });
    const request = await world.ask();
    await world.pass();
    await at(HOUR_MS);

    expect(await world.deps.store.request(request.id)).toMatchObject({ state: 'expired' });
    expect(told(dana)).toContain('request-expired');
    expect(codeOf(await vote(request))).toBe('not-pending');
  });

  test('nobody is too late after half a minute', async () => {
    await standard({ unanswered_after: null });
    const request = await world.ask();

    expect(request.expiresAt - request.createdAt).toBe(4 * HOUR_MS);
  });
});

describe('said, and not so: approved without access, revoked with it, and nobody told', () => {
  test('nothing is called open before it was read back, and the end stands before the target is called', async () => {
    await begin();
    const request = await world.ask();
    const grant = await world.approve(request);
    const seen: unknown[] = [];
    world.beforeCall = async (call) => {
      if (call === 'grant') {
        seen.push(await endOf(grant), (await world.deps.store.grant(grant.id))?.state, await card(request));
      }
    };
    await world.pass();

    expect(seen.slice(0, 2)).toEqual([start + 30 * MINUTE_MS, 'opening']);
    expect(seen[2]).not.toContain('Access until');
    expect(await card(request)).toContain('Access until');
  });

  test('approved, and the target gives nothing: nobody reads that it is there', async () => {
    await begin();
    const request = await world.ask();
    const grant = await world.approve(request);
    world.beforeCall = async () => world.given.clear();
    await world.passes(3, 30 * SECOND_MS);

    expect(await world.stateOf(grant)).toBe('opening');
    expect(await card(request)).not.toContain('Access until');
  });

  test('approved, and the target refuses for good: both sides read that it was not opened, and why', async () => {
    await begin();
    const request = await world.ask();
    const grant = await world.approve(request);
    fails('grant', new ConnectorError('final', 'There is no such role.'));
    await world.passes(3, SECOND_MS);

    expect(await world.stateOf(grant)).toBe('failed');
    expect([told(dana), told(mia)]).toEqual([['grant-not-opened'], ['grant-not-opened']]);
    expect(await card(request)).toContain('There is no such role.');
  });

  test('the target says yes, and takes nothing away: it is not called ended', async () => {
    await begin();
    const grant = await held();
    // Asynchronous there: the call is accepted, and the access stays.
    world.beforeCall = async (call) => {
      if (call === 'check') {
        world.given.set(READONLY, grant.endsAt);
      }
    };
    await at(30 * MINUTE_MS);
    await world.passes(3, MINUTE_MS);
    expect(await world.stateOf(grant)).toBe('ending');

    fails('grant', null);
    await world.passes(2, 5 * MINUTE_MS);
    expect([await world.stateOf(grant), ...given()]).toEqual(['ended']);
  });

  test('a release that was refused is not told as one', async () => {
    await begin();
    const grant = await held();
    const by = { delivery: world.delivery(), by: lee, which: grant.id };

    expect(codeOf(await endOwnGrant(world.deps, by))).toBe('not-your-grant');
    expect([await world.stateOf(grant), ...given()]).toEqual(['active', READONLY]);
    expect(await audit('end.refused')).toMatchObject([{ facts: { code: 'not-your-grant' } }]);
  });

  test('whoever asked reads that it was denied, by whom and why', async () => {
    await begin();
    await vote(await world.ask(), { verdict: 'deny', reason: 'Use the replica.' });
    await world.pass();

    expect(world.notices.map(({ to, notice }) => ({ to, notice }))).toMatchObject([
      { to: dana, notice: { kind: 'request-denied', by: mia, reason: 'Use the replica.' } },
    ]);
  });

  test('who approved it is on the card, in who-has and in the audit', async () => {
    await begin();
    const request = await world.ask();
    await world.approve(request);
    await world.pass();
    const about = { viewer: mia, about: { kind: 'all' }, offset: 0 } as const;

    expect(await card(request)).toContain(`<@${mia}>`);
    expect(accepted(await whoHas(world.deps, about)).holders).toMatchObject([{ approvedBy: [mia] }]);
    expect(await audit('request.approved')).toMatchObject([
      { actor: { userId: mia }, requestId: request.id },
    ]);
  });
});

describe('taking away: failures without a word, and access that others had given', () => {
  test.each<[string, ConstructorParameters<typeof ConnectorError>[0]]>([
    ['another change is under way there', 'retryable'],
    ['it cannot be reached', 'unreachable'],
    ['it refuses for good', 'final'],
  ])('never ends in an error: when %s it is tried until it is gone', async (_why, kind) => {
    await begin();
    const grant = await held();
    fails('revoke', new ConnectorError(kind, 'The role is in use.'));
    await at(30 * MINUTE_MS);
    await world.passes(20, 10 * MINUTE_MS);
    expect(await world.stateOf(grant)).toBe('ending');

    fails('revoke', null);
    await world.passes(2, 5 * MINUTE_MS);
    expect([await world.stateOf(grant), ...given()]).toEqual(['ended']);
  });

  test('while it fails, the card says since when and in whose words, and the admins are told', async () => {
    await begin();
    const request = await world.ask();
    await world.approve(request);
    await world.pass();
    fails('revoke', new ConnectorError('retryable', 'The role is in use.'));
    await at(30 * MINUTE_MS);
    await world.passes(10, MINUTE_MS);

    expect(await card(request)).toMatch(/Removal is failing.*The role is in use\./);
    expect(told(mia)).toContain('revocation-stuck');
  });

  test.each<[string, CatalogChange]>([
    ['the rules change', { policies: { standard: { duration: { max: '31m' } } } }],
    [
      'its role is renamed',
      {
        resources: {
          'prod-db': {
            default_role: 'reader',
            roles: {
              readonly: null,
              reader: { entitlements: [{ connector: 'orders-db', role: 'app_readonly' }] },
            },
          },
        },
      },
    ],
    ['its policy goes to another channel', { policies: { standard: { channel: 'C0OTHER' } } }],
  ])('happens on time also when %s while it is held', async (_what, change) => {
    await begin();
    const grant = await held();
    world.reload(change);
    await at(29 * MINUTE_MS);
    expect(given()).toEqual([READONLY]);
    await at(30 * MINUTE_MS);

    expect([await world.stateOf(grant), ...given()]).toEqual(['ended']);
  });

  test('access that Hallpass did not give is not taken away: not at the end, and not by a look at the target', async () => {
    await begin();
    world.standing.add(READONLY).add('orders-db/app_readonly/somebody');
    await held();
    await at(DAY_MS);
    await world.reconcile();
    await world.passes(2, HOUR_MS);

    expect([...world.standing]).toEqual([READONLY, 'orders-db/app_readonly/somebody']);
    expect(world.calls).not.toContain('expel');
    expect(world.calls).not.toContain('revoke');
  });

  test('an empty database is no reason to take anything away', async () => {
    await begin();
    world.given.set(READONLY, start);
    world.given.set('orders-db/app_readonly/lee', start + HOUR_MS);
    await world.reconcile();
    await world.passes(5, HOUR_MS);

    expect(given()).toHaveLength(2);
    expect(world.calls).not.toContain('revoke');
  });

  test('the holder is done early, and an admin can take it away; both are read back', async () => {
    await begin();
    const [first, second] = [await held(), await held({ requester: lee, beneficiary: lee })];
    const done = { delivery: world.delivery(), by: dana, which: null };
    const revoked = { delivery: world.delivery(), by: sam, which: second.id, reason: 'incident' };
    accepted(await endOwnGrant(world.deps, done));
    accepted(await revokeGrant(world.deps, revoked));
    await at(MINUTE_MS);

    expect([await world.stateOf(first), await world.stateOf(second), ...given()]).toEqual(['ended', 'ended']);
    expect(told(lee)).toContain('grant-revoked');
  });
});

describe('an emergency: nobody awake who could approve, or a way in that nobody answered for', () => {
  const EMERGENCY = { for: ['engineers'], up_to: '1h', channel: 'C0ALERT', review: { by: ['dba-leads'] } };
  const ASKED = { requester: dana, resource: 'prod-db', role: null, reason: 'orders are stuck since noon' };
  const take = async (durationMs: number, requester: UserId = dana) =>
    await takeEmergency(world.deps, {
      ...ASKED,
      requester,
      durationMs,
      workspace,
      delivery: world.delivery(),
    });
  const review = async (requestId: PendingRequest['id'], by: UserId) =>
    codeOf(
      await reviewEmergency(world.deps, {
        requestId,
        by,
        verdict: 'justified',
        note: null,
        delivery: world.delivery(),
      }),
    );

  test('the access is there without anybody, short, for those alone whom the policy names, and a channel is told', async () => {
    await standard({ emergency: EMERGENCY });
    expect(codeOf(await take(HOUR_MS + 1))).toBe('duration-too-long');
    expect(codeOf(await take(HOUR_MS, rob))).toBe('emergency-not-yours');
    const { grant } = accepted(await take(HOUR_MS));
    await world.pass();

    expect([await world.stateOf(grant), ...given()]).toEqual(['active', READONLY]);
    const [shown] = world.cards.filter(({ kind }) => kind === 'request-card');
    expect(shown).toMatchObject({ view: { request: { state: 'approved', channel: 'C0ALERT' } } });
    await at(HOUR_MS);
    expect([await world.stateOf(grant), ...given()]).toEqual(['ended']);
  });

  test('it is open, and asked about every day, until two others have said whether it was justified', async () => {
    await standard({ emergency: EMERGENCY });
    const { request } = accepted(await take(HOUR_MS));
    await world.pass();
    expect(await review(request.id, dana)).toBe('own-emergency');
    expect(await review(request.id, mia)).toBe('accepted');
    await at(DAY_MS);
    await at(2 * DAY_MS);

    const nags = world.notices.filter(({ notice }) => notice.kind === 'review-nag');
    expect(nags).toMatchObject([{ notice: { mention: [sam] } }, { notice: { mention: [sam] } }]);
    expect(await review(request.id, sam)).toBe('accepted');
    await at(4 * DAY_MS);
    expect(world.notices.filter(({ notice }) => notice.kind === 'review-nag')).toHaveLength(2);
    expect(await card(request)).toContain('justified');
  });
});

describe('who is pinged: everybody by direct message, and several who chase one request', () => {
  test('a nudge is one line under the card, and no message to each approver', async () => {
    await begin();
    await world.ask();
    await world.pass();
    await at(10 * MINUTE_MS);

    expect(world.notices).toMatchObject([
      { to: dana, thread: null, notice: { kind: 'request-received' } },
      { to: 'C0APPROVALS', thread: '1.000', notice: { kind: 'request-nudge' } },
    ]);
  });

  test('several people do not look into one request unknown to each other', async () => {
    await begin();
    const request = await world.ask();
    const claim = async (by: UserId) =>
      codeOf(
        await claimRequest(world.deps, {
          delivery: world.delivery(),
          by,
          requestId: request.id,
          claims: true,
        }),
      );
    await claim(mia);

    expect(await card(request)).toContain(`Looked at by <@${mia}>`);
    expect([await claim(mia), await claim(dana)]).toEqual(['already-claimed', 'self-approval']);
  });

  test('one may approve without being pinged', async () => {
    await standard({ notify: 'none', nudge: 'none' });
    const submitted = accepted(await world.submit());
    await at(59 * MINUTE_MS);

    expect([submitted.pinged, ...told(mia)]).toEqual([0]);
    expect(await card(submitted.request)).not.toContain(`<@${mia}>`);
    expect(codeOf(await vote(submitted.request))).toBe('accepted');
  });
});

describe('what people type: text that forged a card, lists too long for a form, dead buttons', () => {
  test.each([
    'Reason: the queue: stuck: again',
    'a | b, "c" \\ {d} \'e\'',
    '{"reason": "none", "approved": true}',
    'x'.repeat(500),
  ])('arrives whole in the row and in the audit: %s', async (reason) => {
    await begin();
    const request = await world.ask({ reason });

    expect((await world.deps.store.request(request.id))?.reason).toBe(reason);
    expect(await audit('request.submitted')).toMatchObject([{ text: reason }]);
  });

  test('forges no approval, mentions nobody and links nowhere on the card', async () => {
    await begin();
    const reason = '*Approved* by <@U01MIA> <!channel> <https://evil.example.com|Approve> &lt;';
    const request = await world.ask({ reason });
    const view = await loadRequestCard(world.deps, request.id);
    const body = view === null ? null : requestCard(view);
    const texts = JSON.stringify(body?.blocks).match(/\{"type":"(?:mrkdwn|plain_text)"[^{}]*\}/g) ?? [];

    expect(texts.filter((text) => text.includes('evil.example.com'))).toEqual([
      expect.stringContaining('"type":"plain_text"'),
    ]);
    expect(body?.text).not.toMatch(/<!channel>|<https:\/\/evil/);
  });

  test.each([
    [
      '*Deny* OPS-1|x> <!channel>',
      'https://t.example.com/OPS-1%7Cx%3E%20%3C!channel%3E|OPS-1x&gt; &lt;!channel&gt;',
    ],
    ['OPS-../../&x', 'https://t.example.com/OPS-..%2F..%2F%26x|OPS-../../&amp;x'],
    ['OPS-$&{ticket}', 'https://t.example.com/OPS-%24%26%7Bticket%7D|OPS-$&amp;{ticket}'],
  ])('a ticket in it links to its page and nowhere else: %s', async (reason, link) => {
    const ticket = { pattern: 'OPS-.*', say: 'a ticket', link: 'https://t.example.com/{ticket}' };
    await standard({ ticket });
    const request = await world.ask({ reason });
    expect(await card(request)).toContain(`<${link}>`);
    await world.approve(request);

    expect(await card(request)).toContain(`Ticket <${link}>`);
  });

  test('a button whose row is gone is answered', async () => {
    await begin();
    const outcome = await vote({ id: asRequestId('R-GONE99') });

    expect(codeOf(outcome)).toBe('unknown-request');
    expect(outcome.ok ? null : refusalText(outcome.refusal, { viewer: mia, command: '/access' })).toMatch(
      /\S/,
    );
  });

  test.each([
    [0, sam],
    [1, dana],
    [300, dana],
  ])('the form opens with %i roles to choose from', async (count, viewer) => {
    const roleOf = () => ({ viewer: { entitlements: [{ connector: 'playground', role: 'viewer' }] } });
    const many = Array.from({ length: Math.max(1, count) }, (_, index) => [
      `many-${index}`,
      { title: 'One of many', policy: 'standard', roles: roleOf() },
    ]);
    await begin({ resources: { 'prod-db': null, playground: null, ...Object.fromEntries(many) } });
    const listed = await listOffers(world.deps, { viewer });
    const form = requestFormView({
      unclear: null,
      command: '/access',
      ...listed,
      prefill: { resource: null, role: null, start: null, duration: null, beneficiary: null, reason: null },
      start: { at: null, problem: null },
      about: null,
    });

    // Slack opens no form with an empty list in it.
    expect(JSON.stringify(form)).not.toContain('"options":[]');
    expect(JSON.stringify(form).match(/"value":"many-/g) ?? []).toHaveLength(count > 100 ? 0 : count);
  });
});

describe('who somebody is: remembered from the request on', () => {
  test.each<[string, Partial<Person>]>([
    ['of another domain', { email: 'dana@example.org' }],
    ['of a domain that only ends like it', { email: 'dana@evil-example.com' }],
    ['of a domain below it', { email: 'dana@sub.example.com' }],
    ['that nobody confirmed', { emailConfirmed: false }],
    ['that is none', { email: null }],
  ])('is not guessed from an address %s', async (_what, as) => {
    await begin({ groups: { engineers: { users: ['U03DANA'] } } });
    describes(dana, as);

    expect(codeOf(await world.submit())).toBe('no-account');
  });

  test.each<[string, Partial<Person>]>([
    ['a guest', { outsider: 'guest' }],
    ['somebody of another organisation', { outsider: 'stranger' }],
    ['a bot', { outsider: 'bot' }],
    ['deactivated since', { deactivated: true }],
  ])('%s neither approves nor asks', async (_what, as) => {
    await begin();
    const request = await world.ask();
    describes(mia, as);
    expect(codeOf(await vote(request))).toBe('no-part');
    describes(dana, as);
    expect(codeOf(await world.submit({ role: 'admin' }))).toBe('no-part');
    expect(await world.deps.store.request(request.id)).toMatchObject({ state: 'pending' });
  });

  test('is looked at again at the click: whoever left the group since the card appeared decides nothing', async () => {
    await begin();
    const request = await world.ask();
    await world.pass();
    const { members } = world;
    world.members = async (group) =>
      group.name === 'dba-leads' ? { readable: true, userIds: new Set([sam]) } : await members(group);

    expect(codeOf(await vote(request))).toBe('not-an-approver');
    expect(codeOf(await vote(request, { approver: sam }))).toBe('accepted');
  });

  test('is looked at again at the click: whoever was deactivated since they asked is given nothing', async () => {
    await begin();
    const request = await world.ask();
    describes(dana, { deactivated: true });

    expect(await vote(request)).toMatchObject({
      refusal: { code: 'no-part', who: dana, why: 'deactivated' },
    });
    expect(given()).toEqual([]);
  });

  test('is looked at again at the click: whoever may no longer ask is given nothing', async () => {
    await begin();
    const request = await world.ask();
    const { members } = world;
    world.members = async (group) =>
      group.name === 'engineers' ? { readable: true, userIds: new Set([lee]) } : await members(group);

    expect(codeOf(await vote(request))).toBe('not-eligible');
    expect(given()).toEqual([]);
  });
});
