import { expect, test } from 'vitest';
import type { Catalog, OutsideGroup } from '../../src/domain/catalog.js';
import { asUserId, type UserId } from '../../src/domain/ids.js';
import type { GroupMembers, Person } from '../../src/domain/person.js';
import { loadCatalog } from '../../src/catalog/load-catalog.js';
import type { ProfileField } from '../../src/ports.js';
import { readMemberships } from '../../src/usecases/read-memberships.js';
import { listOffers } from '../../src/usecases/list-offers.js';
import { submitRequest } from '../../src/usecases/submit-request.js';
import { makeSmallWorld, workspace } from '../support/small-world.js';
import { RIGHT, withChange } from '../support/catalog-text.js';
import { testKinds } from '../support/connector-kinds.js';

const dana = asUserId('U03DANA');
const lee = asUserId('U04LEE');
const mia = asUserId('U01MIA');
const sam = asUserId('U02SAM');
const ann = asUserId('U05ANN');

/** What Slack answers: `security` cannot be read when it is null. */
function directory(security: string[] | null, profile: ProfileField = { readable: true, value: null }) {
  const known: Record<string, string[] | null> = {
    engineers: ['U03DANA', 'U04LEE', 'U01MIA'],
    leads: ['U01MIA', 'U02SAM'],
    team: ['U04LEE', 'U05ANN'],
    security,
  };
  return {
    person: async (userId: UserId): Promise<Person> => ({
      userId,
      email: null,
      emailConfirmed: false,
      deactivated: false,
      outsider: null,
      timeZone: null,
    }),
    profileField: async (): Promise<ProfileField> => profile,
    members: async (group: OutsideGroup): Promise<GroupMembers> => {
      const listed =
        group.kind === 'users' ? group.members.map((one) => one.kind === 'id' && one.userId) : [];
      const ids = known[group.name] === undefined ? listed.filter((one) => one !== false) : known[group.name];
      return ids === null || ids === undefined
        ? { readable: false, why: 'ratelimited' }
        : { readable: true, userIds: new Set(ids.map(asUserId)) };
    },
  };
}

function catalogWith(groups: string): Catalog {
  const source = withChange('admins: [leads]', `${groups}\nadmins: [leads]`, RIGHT);
  const outcome = loadCatalog({ source, file: 'access.yaml', kinds: testKinds });
  if (!outcome.ok) {
    throw new Error(JSON.stringify(outcome.problems));
  }
  return outcome.catalog;
}

async function members(
  group: string,
  security: string[] | null = ['U02SAM'],
  about: Parameters<typeof readMemberships>[3] = null,
): Promise<unknown> {
  const catalog = catalogWith(`  asked-for: ${group}\nmanagers: { U03DANA: U01MIA }`);
  const read = await readMemberships({ directory: directory(security) }, catalog, ['asked-for'], about);
  const found = read.get('asked-for');
  return found?.readable === true ? [...found.userIds].toSorted() : found;
}

test.each([
  ['any of several', '{ any_of: [leads, team] }', [mia, sam, lee, ann]],
  ['in each of several', '{ all_of: [engineers, leads] }', [mia]],
  ['in a group, without others', '{ users: [U03DANA, U04LEE, U01MIA], except: [leads] }', [dana, lee]],
  [
    'of all, without several others',
    '{ any_of: [engineers, team], except: [leads, security] }',
    [dana, lee, ann],
  ],
])('a group of whoever is %s', async (_what, group, expected) => {
  expect(await members(group)).toEqual(expected.toSorted());
});

test.each([
  [
    'itself, without others',
    '{ on_call: { url: https://a.example.com/, people: $.a }, except: [leads] }',
    [lee],
  ],
  ['taken in', '{ any_of: [on-call, team] }', [lee, ann, mia]],
  ['left out of another', '{ users: [U03DANA, U01MIA], except: [on-call] }', [dana]],
])('whoever is on call is a group like any other: %s', async (_what, group, expected) => {
  const onCall = '  on-call: { on_call: { url: https://a.example.com/, people: $.a } }';
  const catalog = catalogWith(`${onCall}\n  asked-for: ${group}`);
  const slack = directory([]);
  const found: GroupMembers = { readable: true, userIds: new Set([lee, mia]) };
  const withOnCall = {
    ...slack,
    members: async (one: OutsideGroup) => (one.kind === 'on-call' ? found : await slack.members(one)),
  };

  const read = await readMemberships({ directory: withOnCall }, catalog, ['asked-for']);

  expect(read.get('asked-for')).toEqual({ readable: true, userIds: new Set(expected) });
});

test.each([
  ['taken in', '{ any_of: [leads, security] }'],
  ['needed', '{ all_of: [leads, security] }'],
  ['left out', '{ any_of: [engineers], except: [security] }'],
])('while a group that is %s cannot be read, nobody is a member', async (_what, group) => {
  expect(await members(group, null)).toEqual({ readable: false, why: 'ratelimited' });
});

test('a manager is a group for one request, by whoever asks or whoever gets the access', async () => {
  const byLee = { requester: lee, beneficiary: dana };

  expect(await members('{ manager_of: beneficiary }', [], byLee)).toEqual([mia]);
  expect(await members('{ manager_of: requester }', [], byLee)).toMatchObject({
    readable: false,
    nobody: { of: lee, named: false },
  });
  expect(await members('{ manager_of: requester }', [])).toEqual([]);
});

test.each<[what: string, profile: ProfileField, expected: unknown]>([
  ['one member', { readable: true, value: ' U02SAM ' }, { readable: true, userIds: new Set([sam]) }],
  ['nobody', { readable: true, value: '' }, { readable: false, nobody: { of: lee, named: false } }],
  ['nothing', { readable: true, value: null }, { readable: false, nobody: { of: lee, named: false } }],
  ['several', { readable: true, value: 'U02SAM,U01MIA' }, { why: expect.stringContaining('several') }],
  ['a name', { readable: true, value: 'Sam Doe' }, { why: expect.stringContaining('no Slack member') }],
  [
    'an address',
    { readable: true, value: 'sam@example.com' },
    { why: expect.stringContaining('no Slack member') },
  ],
  [
    'what Slack does not say',
    { readable: false, why: 'missing_scope' },
    { readable: false, why: 'missing_scope' },
  ],
])('the manager in a Slack profile, where it holds %s', async (_what, profile, expected) => {
  const from = 'managers_from: { slack_profile_field: Xf0ABC123 }';
  const catalog = catalogWith(
    `  asked-for: { manager_of: requester }\n${from}\nmanagers: { U03DANA: U01MIA }`,
  );
  const read = async (requester: UserId) =>
    (
      await readMemberships({ directory: directory([], profile) }, catalog, ['asked-for'], {
        requester,
        beneficiary: requester,
      })
    ).get('asked-for');

  const found = await read(lee);

  expect(found).toMatchObject(Object(expected));
  expect(await read(dana)).toEqual({ readable: true, userIds: new Set([mia]) });
});

test.each<[ProfileField, string]>([
  [{ readable: true, value: null }, 'no-manager'],
  [{ readable: true, value: 'U02SAM,U01MIA' }, 'groups-unreadable'],
  [{ readable: false, why: 'ratelimited' }, 'groups-unreadable'],
])('a request is refused where the profile says %j', async (profile, code) => {
  const world = await makeSmallWorld({
    groups: { manager: { manager_of: 'requester' } },
    managers_from: { slack_profile_field: 'Xf0ABC123' },
    policies: { standard: { approve: [{ from: ['manager'] }] } },
  });
  try {
    world.profileField = async () => profile;
    expect(await world.submit({ requester: lee, beneficiary: lee })).toMatchObject({ refusal: { code } });
  } finally {
    await world.close();
  }
});

test('the manager of whoever asks approves; whoever has none is told so, and nothing is asked of anybody', async () => {
  const world = await makeSmallWorld({
    groups: { manager: { manager_of: 'requester' } },
    managers: { U03DANA: 'U01MIA' },
    policies: { standard: { approve: [{ from: ['manager'] }] } },
  });
  try {
    expect((await world.approve(await world.ask())).beneficiary).toBe(dana);
    expect(await world.submit({ requester: lee, beneficiary: lee })).toMatchObject({
      refusal: { code: 'no-manager', who: lee },
    });
  } finally {
    await world.close();
  }
});

test('a role may say itself who may ask for it', async () => {
  const world = await makeSmallWorld({
    resources: { 'prod-db': { roles: { readonly: { request: ['dba-leads'] } } } },
  });
  try {
    const asked = {
      workspace,
      resource: 'prod-db',
      durationMs: null,
      startsAt: null,
      startZone: null,
      reason: 'look',
    };
    const byDana = { ...asked, requester: dana, beneficiary: dana, role: 'readonly' };
    expect(await submitRequest(world.deps, { ...byDana, delivery: world.delivery() })).toMatchObject({
      refusal: { code: 'not-eligible', who: dana },
    });
    const { offers } = await listOffers(world.deps, { viewer: mia });
    expect(offers.map(({ roleKey }) => roleKey)).toEqual(['prod-db:readonly']);
  } finally {
    await world.close();
  }
});
