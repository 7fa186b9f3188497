import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { openCatalog } from '../../src/catalog/catalog-in-force.js';
import { connectorKinds } from '../../src/connectors/registry.js';
import type { UserId } from '../../src/domain/ids.js';
import type { Result } from '../../src/domain/result.js';
import { MINUTE_MS, SECOND_MS } from '../../src/domain/time.js';
import { ConnectorError } from '../../src/ports.js';
import { explainBody } from '../../src/slack/blocks/explain.js';
import { emergencyFormView, requestFormView } from '../../src/slack/blocks/forms.js';
import { grantCard } from '../../src/slack/blocks/grant-card.js';
import { offerListBody } from '../../src/slack/blocks/offer-list.js';
import { requestCard } from '../../src/slack/blocks/request-card.js';
import { whoHasBody } from '../../src/slack/blocks/who-has.js';
import { decideRequest } from '../../src/usecases/decide-request.js';
import { emergencyForm } from '../../src/usecases/emergency-form.js';
import { explainRole } from '../../src/usecases/explain-role.js';
import { listOffers } from '../../src/usecases/list-offers.js';
import { loadGrantCard, loadRequestCard } from '../../src/usecases/load-cards.js';
import { renewTerms } from '../../src/usecases/renew-terms.js';
import { takeEmergency } from '../../src/usecases/take-emergency.js';
import { whoHas } from '../../src/usecases/who-has.js';
import { makeFolder } from '../support/open-store.js';
import { dana, lee, mia, sam } from '../support/rows.js';
import { accepted, makeSmallWorld, workspace, type SmallWorld } from '../support/small-world.js';
import { catalogYaml, merged, NO_TARGET, type CatalogChange } from '../support/test-catalog.js';

const BUNDLE: CatalogChange = {
  resources: {
    support: {
      title: 'Support',
      policy: 'standard',
      roles: { oncall: { bundle: ['prod-db:readonly', 'playground:viewer'] } },
    },
  },
};
const PARTS = ['prod-db:readonly', 'playground:viewer'];

const worlds: SmallWorld[] = [];
afterEach(async () => {
  await Promise.all(worlds.splice(0).map(async (world) => await world.close()));
});

async function open(change: CatalogChange = {}): Promise<SmallWorld> {
  const world = await makeSmallWorld(bundled(change));
  worlds.push(world);
  return world;
}

function bundled(change: CatalogChange): CatalogChange {
  return { ...change, resources: merged(BUNDLE['resources'], change['resources'] ?? {}) };
}

async function submit(world: SmallWorld, key: string, who: UserId = dana) {
  const [resource = '', role = null] = key.split(':');
  return await world.submit({ requester: who, beneficiary: who, resource, role });
}

async function ask(world: SmallWorld, key = 'support:oncall', who: UserId = dana) {
  const [resource = '', role = null] = key.split(':');
  return await world.ask({ requester: who, beneficiary: who, resource, role });
}

async function vote(world: SmallWorld, { id: requestId }: Awaited<ReturnType<SmallWorld['ask']>>) {
  const by = { termsVersion: 1, approver: mia, verdict: 'approve', reason: null, durationMs: null } as const;
  return await decideRequest(world.deps, { requestId, ...by, delivery: world.delivery() });
}

function codeOf(outcome: Result<unknown, { code: string }>): string {
  return outcome.ok ? 'accepted' : outcome.refusal.code;
}

describe('a bundle', () => {
  test('gives what each of its parts gives, by one approval, and takes it all away at the end', async () => {
    const world = await open();
    const grant = await world.approve(await ask(world));
    await world.passes(2, SECOND_MS);
    expect([await world.stateOf(grant), ...[...world.given.keys()].toSorted()]).toEqual([
      'active',
      'orders-db/app_readonly/dana',
      'playground/viewer/dana',
    ]);

    await world.passes(3, 15 * MINUTE_MS);
    expect([await world.stateOf(grant), ...world.given.keys()]).toEqual(['ended']);
  });

  test('gives once what two parts both give', async () => {
    const twin = { entitlements: [{ connector: 'playground', role: 'viewer' }] };
    const world = await open({
      resources: {
        playground: { default_role: 'viewer', roles: { guest: twin } },
        support: { roles: { oncall: { bundle: ['playground:viewer', 'playground:guest'] } } },
      },
    });
    const request = await ask(world);

    expect(request.entitlements.map(({ connector, role }) => `${connector} ${role}`)).toEqual([
      'playground viewer',
    ]);
  });

  test('of which one part is refused ends as a whole, and says which part it was', async () => {
    const world = await open();
    world.beforeCall = async (call, target) => {
      if (call === 'grant' && target?.role === 'viewer') {
        throw new ConnectorError('final', 'The role is locked.');
      }
    };
    const grant = await world.approve(await ask(world));
    await world.passes(5, SECOND_MS);

    expect([await world.stateOf(grant), ...world.given.keys()]).toEqual(['failed']);
    expect(await world.deps.store.grant(grant.id)).toMatchObject({
      ending: { reason: expect.stringContaining('playground, role viewer: The role is locked.') },
    });
  });
});

describe('whoever asks for a bundle', () => {
  const forLee = { resources: { playground: { roles: { viewer: { request: ['leads-only'] } } } } };
  const closed = { groups: { 'leads-only': { users: ['U04LEE'] } }, ...forLee };

  test('must be allowed to ask for each of its parts', async () => {
    const world = await open(closed);
    expect(await submit(world, 'support:oncall')).toMatchObject({
      refusal: { code: 'not-eligible', roleKey: 'playground:viewer', who: dana },
    });
    expect(codeOf(await vote(world, await ask(world, 'support:oncall', lee)))).toBe('accepted');
    const offered = async (viewer: UserId) =>
      (await listOffers(world.deps, { viewer })).offers.map(({ roleKey }) => roleKey);
    expect(await offered(dana)).not.toContain('support:oncall');
    expect(await offered(lee)).toContain('support:oncall');
  });

  test('must still be allowed to when it is approved', async () => {
    const world = await open();
    const request = await ask(world);
    world.reload(bundled(closed));

    expect(await vote(world, request)).toMatchObject({
      refusal: { code: 'not-eligible', roleKey: 'playground:viewer' },
    });
  });

  test('is refused while the group of a part cannot be read', async () => {
    const world = await open({ ...closed, groups: { 'leads-only': { slack_usergroup: 'S0LEADS' } } });
    const read = world.members;
    world.members = async (group) =>
      group.kind === 'usergroup' ? { readable: false, why: 'Slack did not answer' } : await read(group);

    expect(await submit(world, 'support:oncall')).toMatchObject({
      refusal: { code: 'groups-unreadable', groups: ['leads-only'] },
    });
  });

  test('is not one who approves a part that approvers may not hold', async () => {
    const world = await open({
      groups: { engineers: { users: ['dana@example.com', 'U04LEE', 'U02SAM'] } },
      policies: {
        barred: {
          request: ['engineers'],
          approve: [{ from: ['dba-leads'] }],
          duration: { default: '30m', max: '4h' },
          channel: 'C0APPROVALS',
          approvers_may_hold: false,
        },
      },
      resources: { playground: { policy: 'barred' } },
    });

    expect(await submit(world, 'support:oncall', sam)).toMatchObject({
      refusal: { code: 'approver-cannot-hold', roleKey: 'playground:viewer', who: sam },
    });
    expect(codeOf(await submit(world, 'support:oncall'))).toBe('accepted');
  });
});

describe('roles that conflict', () => {
  const conflicts = { conflicts: [['prod-db:admin', 'playground:viewer']] };

  test.each([
    ['a part', 'support:oncall', 'prod-db:admin', 'playground:viewer'],
    ['the other', 'prod-db:admin', 'support:oncall', 'prod-db:admin'],
  ])(
    'are not asked for while %s is asked for or held, also in a bundle',
    async (_what, first, second, other) => {
      const world = await open(conflicts);
      const request = await ask(world, first);
      const refusal = { code: 'roles-conflict', roleKey: second, other };
      expect(await submit(world, second)).toMatchObject({ refusal: { ...refusal, how: 'asked' } });

      accepted(await vote(world, request));
      expect(await submit(world, second)).toMatchObject({ refusal: { ...refusal, how: 'held' } });
      expect(codeOf(await submit(world, second, lee))).toBe('accepted');
    },
  );

  test('do not come together by two requests at once', async () => {
    const world = await open(conflicts);
    const outcomes = await Promise.all([submit(world, 'support:oncall'), submit(world, 'prod-db:admin')]);

    expect(outcomes.map(codeOf).toSorted()).toEqual(['accepted', 'roles-conflict']);
  });
});

describe('what only so many may hold', () => {
  const one = { resources: { 'prod-db': { roles: { readonly: { max_active: 1 } } } } };

  test.each([
    ['support:oncall', 'prod-db:readonly'],
    ['prod-db:readonly', 'support:oncall'],
  ])('is taken by %s, and full for %s', async (first, second) => {
    const world = await open(one);
    const [ofDana, ofLee] = [await ask(world, first), await ask(world, second, lee)];
    expect(codeOf(await vote(world, ofDana))).toBe('accepted');

    expect(await vote(world, ofLee)).toMatchObject({
      refusal: { code: 'role-full', roleKey: 'prod-db:readonly', most: 1 },
    });
  });

  test('is not overbooked by two approvals at once', async () => {
    const world = await open(one);
    const requests = [await ask(world), await ask(world, 'prod-db:readonly', lee)];
    const outcomes = await Promise.all(requests.map(async (request) => await vote(world, request)));

    expect(outcomes.map(codeOf).toSorted()).toEqual(['accepted', 'role-full']);
  });

  test('of each person counts a bundle as so many accesses as it has parts', async () => {
    const world = await open({ limits: { active: 2 } });
    const [small, bundle] = [await ask(world, 'prod-db:admin'), await ask(world)];
    accepted(await vote(world, small));
    expect(codeOf(await vote(world, bundle))).toBe('too-many-held');

    const other = await open({ limits: { active: 2 } });
    accepted(await vote(other, await ask(other)));
    expect(codeOf(await submit(other, 'prod-db:admin'))).toBe('too-many-held');
  });
});

describe('the rules of a policy', () => {
  test('approve a bundle at once where they hold for each of its parts', async () => {
    const world = await open({
      policies: { standard: { auto_approve: [{ name: 'Short', for: ['engineers'], up_to: '1h' }] } },
    });
    expect(await submit(world, 'support:oncall')).toMatchObject({
      value: { request: { autoRule: 'Short' }, grant: { role: 'oncall' } },
    });
  });

  test('let whom they name take it in an emergency, past the places of its parts, which the card says', async () => {
    const world = await open({
      groups: { 'on-duty': { users: ['U01MIA'] }, reviewers: { users: ['U02SAM', 'U04LEE'] } },
      policies: {
        standard: {
          emergency: { for: ['on-duty'], up_to: '1h', channel: 'C0ALERT', review: { by: ['reviewers'] } },
        },
      },
      resources: { 'prod-db': { roles: { readonly: { max_active: 1 } } } },
    });
    await world.approve(await ask(world, 'prod-db:readonly', lee));
    const form = accepted(
      await emergencyForm(world.deps, { viewer: mia, resource: 'support', role: 'oncall' }),
    );
    expect(JSON.stringify(emergencyFormView(form, { duration: null, reason: null }))).toContain(
      'A bundle of `prod-db:readonly` and `playground:viewer`.',
    );
    const taken = await takeEmergency(world.deps, {
      workspace,
      requester: mia,
      resource: 'support',
      role: 'oncall',
      durationMs: null,
      reason: 'orders are stuck',
      delivery: world.delivery(),
    });
    expect(taken).toMatchObject({
      value: { request: { review: { overrode: [{ limit: 'role', detail: '1' }] } } },
    });
  });
});

describe('a bundle is shown with its parts', () => {
  test('on the cards, in lists, in the form and in what is explained', async () => {
    const world = await open();
    const { offers } = await listOffers(world.deps, { viewer: dana });
    const explained = accepted(
      await explainRole(world.deps, { viewer: dana, resource: 'support', role: null }),
    );
    const prefill = {
      resource: null,
      role: null,
      duration: null,
      start: null,
      reason: null,
      beneficiary: null,
    };
    const form = {
      command: '/access',
      offers,
      unreadable: [],
      prefill,
      start: { at: null, problem: null },
      about: null,
      unclear: null,
    };
    const request = await ask(world);
    const waiting = await loadRequestCard(world.deps, request.id);
    const grant = await world.approve(request);
    const [decided, message] = [
      await loadRequestCard(world.deps, request.id),
      await loadGrantCard(world.deps, grant.id),
    ];
    if (waiting === null || decided === null || message === null) {
      throw new Error('There is no card.');
    }
    const both = '`prod-db:readonly` and `playground:viewer`';
    const reader = { command: '/access', viewer: dana };
    for (const body of [
      requestCard(waiting),
      requestCard(decided),
      grantCard(message),
      offerListBody({ offers, unreadable: [] }, { command: '/access', offset: 0 }),
      explainBody(explained, reader),
    ]) {
      expect(JSON.stringify(body)).toContain(both);
    }
    expect(JSON.stringify(requestFormView(form))).toContain('prod-db:readonly, playground:viewer');
  });

  test.each(['prod-db:readonly', 'playground:viewer', 'support:oncall'])(
    'to whoever asks who has %s',
    async (key) => {
      const world = await open();
      await world.approve(await ask(world));
      const [resource = '', role = ''] = key.split(':');
      const view = accepted(
        await whoHas(world.deps, { viewer: lee, about: { kind: 'role', resource, role }, offset: 0 }),
      );

      expect(view).toMatchObject({ total: 1, holders: [{ roleKey: 'support:oncall', parts: PARTS }] });
      expect(whoHasBody(view).text).toContain(
        '`prod-db:readonly` and `playground:viewer` by bundle *support:oncall*',
      );
    },
  );

  test('and standing access under the part that gives it, once', async () => {
    const world = await open();
    world.standing.add('playground/viewer/root');
    const about = { kind: 'role', resource: 'support', role: 'oncall' } as const;
    const view = accepted(await whoHas(world.deps, { viewer: lee, about, offset: 0 }));

    expect(view.standing).toEqual([
      { roleKey: 'playground:viewer', connector: 'playground', account: 'root' },
    ]);
  });
});

describe('after a reload', () => {
  test('a catalog that drops what a live bundle needs is refused', async () => {
    const world = await open();
    const { folder, remove } = makeFolder();
    onTestFinished(remove);
    const file = join(folder, 'access.yaml');
    const put = (change: CatalogChange) => {
      writeFileSync(file, catalogYaml({ ...NO_TARGET, ...bundled(change) }));
    };
    put({});
    const { store, clock, log } = world.deps;
    const catalogs = await openCatalog({ file, kinds: connectorKinds, store, clock, log });
    await world.approve(await ask(world));
    const roles = { viewer: { entitlements: [{ connector: 'playground', role: 'editor' }] } };
    const connectors = merged(NO_TARGET['connectors'], { playground: { manage: ['editor'] } });
    put({ connectors, resources: { playground: { roles } } });

    expect(await catalogs.reload({ asked: null, use: () => undefined })).toEqual({
      kind: 'refused',
      problems: [expect.stringContaining('live access needs viewer under manage of playground')],
    });
  });

  test('a bundle that waits is put on what its parts give now', async () => {
    const world = await open();
    const request = await ask(world);
    const editor = { entitlements: [{ connector: 'playground', role: 'editor' }] };
    world.reload(bundled({ resources: { playground: { roles: { viewer: editor } } } }));
    expect(await vote(world, request)).toMatchObject({ refusal: { code: 'terms-changed' } });
    await renewTerms(world.deps, request.id);

    expect(await world.deps.store.request(request.id)).toMatchObject({
      termsVersion: 2,
      entitlements: [{ role: 'app_readonly' }, { role: 'editor' }],
    });
  });
});
