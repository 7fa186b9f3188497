import { describe, expect, test } from 'vitest';
import { loadCatalog } from '../../src/catalog/load-catalog.js';
import { checkTable, problemsOf, withChange } from '../support/catalog-text.js';
import { testKinds } from '../support/connector-kinds.js';

describe('policies', () => {
  checkTable([
    [
      'nobody who approves',
      '[{ from: [leads], count: 1 }, { from: [security] }]',
      '[]',
      ['access.yaml:18:5 nobody approves under this policy; add a step such as { from: [leads] }'],
    ],
    [
      'a step without groups',
      '{ from: [security] }',
      '{ from: [] }',
      ['access.yaml:18:46 name at least one group that approves'],
    ],
    [
      'a step that needs nobody',
      'count: 1',
      'count: 0',
      ['access.yaml:18:39 no approval is no step; write 1 or more'],
    ],
    [
      'half an approval',
      'count: 1',
      'count: 0.5',
      ['access.yaml:18:39 expected a whole number; count the approvals needed'],
    ],
    [
      'a count above what its groups hold',
      'count: 1',
      'count: 3',
      ['access.yaml:18:39 needs 3 approvals from groups that hold 2; lower count, or add people'],
    ],
    [
      'more steps than people',
      '{ from: [security] }',
      '{ from: [leads], count: 2 }',
      [
        'access.yaml:18:5 the steps need 3 different people and their groups can give 2; add people, or drop a step',
      ],
    ],
    [
      'more approvals than are left of a group',
      '{ slack_usergroup: S0SEC }',
      '{ users: [U01MIA, U02SAM], except: [leads] }',
      ['access.yaml:18:44 needs 1 approvals from groups that hold 0; lower count, or add people'],
    ],
    [
      'requesters who are the only approvers',
      '    request: [engineers, team]\n    approve: [{ from: [leads], count: 1 }, { from: [security] }]',
      '    request: [leads]\n    approve: [{ from: [leads], count: 2 }]',
      [
        'access.yaml:18:5 nobody approves their own request, so no request could ever be approved; add other approvers',
      ],
    ],
    [
      'nobody who may ask',
      'request: [engineers, team]',
      'request: []',
      ['access.yaml:17:5 nobody may ask under this policy; name at least one group'],
    ],
    [
      'more denials than there are people',
      '    approve: [{ from: [leads], count: 1 }, { from: [security] }]',
      '    approve: [{ from: [leads], count: 1 }]\n    deny: 3',
      [
        'access.yaml:19:11 needs 3 denials from groups that hold 2, so nothing could ever be denied; lower it',
      ],
    ],
    [
      'a quorum of one',
      'request: [engineers, team]',
      'request: [engineers, team]\n    deny: 1',
      ['access.yaml:18:11 expected any, for one, or how many have to deny it (2 to 100)'],
    ],
    [
      'a default above the maximum',
      'default: 30m',
      'default: 5h',
      ['access.yaml:19:26 the default is longer than the maximum of 4 h; shorten it, or raise max'],
    ],
    [
      'a minimum above the maximum',
      'default: 30m',
      'min: 5h, default: 30m',
      ['access.yaml:19:22 the minimum is longer than the maximum of 4 h; shorten it, or raise max'],
    ],
    [
      'a minimum of a role above the maximum of its policy',
      'admin: {',
      'admin: { duration: { min: 5h },',
      [
        'access.yaml:28:16 the min of 5 h is longer than the max of 4 h (of policy "standard"); write a shorter min here, or a longer max',
      ],
    ],
    [
      'a rule for longer than anybody can ask for',
      '    channel: C0APPROVALS',
      '    channel: C0APPROVALS\n    auto_approve: [{ name: short, for: [leads], up_to: 9h }]',
      ['access.yaml:21:56 no window is longer than 4 h (duration.max); shorten it, or raise max'],
    ],
    [
      'step-up in the place of a role’s',
      '    channel: C0APPROVALS',
      '    channel: C0APPROVALS\n    step_up: oidc',
      ['access.yaml:21:5 there is no step-up yet, and nothing would be asked for; remove step_up'],
    ],
    [
      'a role that conflicts with itself',
      'policies:',
      'conflicts: [[prod-db:admin, prod-db:readonly, prod-db:admin]]\npolicies:',
      ['access.yaml:15:47 a role does not conflict with itself; name another role, or remove it'],
    ],
    [
      'a group that decides, of two sources',
      '{ users: [U01MIA, U02SAM] }',
      '{ users: [U01MIA, U02SAM], channel: C0LEADS }',
      [
        'access.yaml:4:3 a group comes from one source; give exactly one of users, slack_usergroup, channel, any_of, all_of, manager_of, on_call',
      ],
    ],
    [
      'a limit of none',
      'policies:',
      'limits: { active: 0 }\npolicies:',
      ['access.yaml:15:19 a limit of none forbids it altogether; write 1 or more'],
    ],
    [
      'a window of more than a year',
      'max: 4h',
      'max: 366d',
      ['access.yaml:19:36 longer than 365 days, which is no longer a window; shorten it'],
    ],
    [
      'a duration without a unit',
      'default: 30m',
      'default: 30',
      [
        'access.yaml:19:26 expected a duration such as 30m, 1h30m or 1d; write more than none, in d, h, m or s',
      ],
    ],
    [
      'a duration that is none',
      'default: 30m',
      'default: soon',
      [
        'access.yaml:19:26 expected a duration such as 30m, 1h30m or 1d; write more than none, in d, h, m or s',
      ],
    ],
    [
      'a reminder before the longest window begins',
      '    channel: C0APPROVALS',
      '    channel: C0APPROVALS\n    remind_before: [5m, 4h]',
      ['access.yaml:21:25 no window is longer than 4 h, so this reminder never comes; shorten it'],
    ],
    [
      'a word that is no choice',
      '    channel: C0APPROVALS',
      '    channel: C0APPROVALS\n    notify: everybody',
      ['access.yaml:21:13 expected mention or none; choose one of them'],
    ],
  ]);
});

describe('a policy that could never give anything', () => {
  const oneOfTwo = withChange('[{ from: [leads], count: 1 }, { from: [security] }]', '[{ from: [leads] }]');
  const oneOfOne = withChange('[U01MIA, U02SAM]', '[U01MIA]', oneOfTwo);
  const barred = (source: string) =>
    withChange('    channel: C0APPROVALS', '    channel: C0APPROVALS\n    approvers_may_hold: false', source);
  const warningsOf = (source: string): string[] => {
    const outcome = loadCatalog({ source, file: 'access.yaml', kinds: testKinds });
    return outcome.ok ? outcome.warnings.filter((one) => one.includes('nobody')) : ['not loaded'];
  };
  const NOBODY =
    'nobody approves their own request, so no request could ever be approved; add other approvers';
  const APPROVES_TOO =
    'whoever may ask approves as well, and under approvers_may_hold: false may not hold it, so nobody could ever be given it; let others ask, or others approve';

  test('is one with a role for which only the approvers themselves may ask', () => {
    const own = withChange('admin: {', 'admin: { request: [leads],', oneOfOne);

    expect(problemsOf(oneOfOne)).toEqual([]);
    expect(problemsOf(own)).toEqual([`access.yaml:28:16 ${NOBODY}`]);
    expect(problemsOf(withChange('admin: {', 'admin: { request: [leads],', oneOfTwo))).toEqual([]);
  });

  test('is one whose approvers may not hold what nobody else may ask for', () => {
    expect(problemsOf(barred(withChange('[engineers, team]', '[leads]', oneOfTwo)))).toEqual([
      `access.yaml:18:5 ${APPROVES_TOO}`,
    ]);
    expect(problemsOf(barred(withChange('admin: {', 'admin: { request: [leads],', oneOfTwo)))).toEqual([
      `access.yaml:29:16 ${APPROVES_TOO}`,
    ]);
    expect(problemsOf(barred(oneOfTwo))).toEqual([]);
  });

  test('is not one whose rules can approve what no person can', () => {
    const rule = 'auto_approve: [{ name: own, for: [leads], up_to: 1h }]';
    const byRule = withChange(
      '    channel: C0APPROVALS',
      `    channel: C0APPROVALS\n    ${rule}`,
      withChange('admin: {', 'admin: { request: [leads],', oneOfOne),
    );

    expect(problemsOf(byRule)).toEqual([]);
    expect(warningsOf(byRule)).toEqual([
      'access.yaml:29:16 nobody approves their own request, so nobody could approve for U01MIA; add other approvers',
    ]);
  });

  test('is not one where those without approvers may not hold it anyway', () => {
    const both = withChange('[engineers, team]', '[engineers, leads]', oneOfOne);

    expect(warningsOf(both)).toEqual([
      'access.yaml:18:5 nobody approves their own request, so nobody could approve for U01MIA; add other approvers',
    ]);
    expect(warningsOf(barred(both))).toEqual([]);
  });

  test('is not one whose rules stop short of a longer window of a role', () => {
    const rule = withChange(
      '    channel: C0APPROVALS',
      '    channel: C0APPROVALS\n    auto_approve: [{ name: short, for: [leads], up_to: 9h }]',
    );

    expect(problemsOf(withChange('admin: {', 'admin: { duration: { max: 1d },', rule))).toEqual([]);
    expect(problemsOf(withChange('admin: {', 'admin: { duration: { max: 5h },', rule))).toEqual([
      'access.yaml:21:56 no window is longer than 5 h (duration.max); shorten it, or raise max',
    ]);
  });
});

describe('managers', () => {
  const boss = withChange('{ slack_usergroup: S0SEC }', '{ manager_of: requester }');

  test('of nobody could never approve', () => {
    expect(problemsOf(boss)).toEqual([
      'access.yaml:6:27 nobody has a manager in this catalog; add managers, or managers_from',
    ]);
  });

  test('of themselves are none', () => {
    expect(
      problemsOf(withChange('admins:', 'managers: { U01MIA: U02SAM, U02SAM: U02SAM }\nadmins:')),
    ).toEqual(['access.yaml:7:37 nobody manages themselves; name another manager, or remove this line']);
  });

  test.each(['managers: { U03DANA: U01MIA }', 'managers_from: { slack_profile_field: Xf0ABC123 }'])(
    'by %s can',
    (known) => {
      expect(problemsOf(withChange('admins:', `${known}\nadmins:`, boss))).toEqual([]);
    },
  );
});

describe('a tier', () => {
  const oneApproval = withChange(
    '[{ from: [leads], count: 1 }, { from: [security] }]',
    '[{ from: [leads] }]',
  );

  test('of critical access needs two approvals', () => {
    expect(problemsOf(withChange('admin: {', 'admin: { tier: critical,'))).toEqual([]);
    expect(problemsOf(withChange('admin: {', 'admin: { tier: critical,', oneApproval))).toEqual([
      'access.yaml:28:22 critical access needs two approvers, and policy "standard" asks for one; use a policy with two, or another tier',
    ]);
  });

  checkTable([
    [
      'step-up, which is not there yet',
      'admin: {',
      'admin: { step_up: oidc,',
      ['access.yaml:28:25 there is no step-up yet, and nothing would be asked for; remove step_up'],
    ],
    [
      'a role that no rule is for, where only rules approve',
      '    approve: [{ from: [leads], count: 1 }, { from: [security] }]\n',
      '    auto_approve: [{ name: small, for: [leads], up_to: 1h, tiers: [low] }]\n',
      [27, 28].map(
        (line) =>
          `access.yaml:${line}:7 no rule of policy "standard" is for tier standard, and nobody approves under it, so nobody could ever be given this; name the tier in a rule, or add approve to the policy`,
      ),
    ],
    [
      'a role that a rule is for, where only rules approve',
      '    approve: [{ from: [leads], count: 1 }, { from: [security] }]\n',
      '    auto_approve: [{ name: small, for: [leads], up_to: 1h, tiers: [standard] }]\n',
      [],
    ],
    [
      'a tier that there is not',
      'admin: {',
      'admin: { tier: high,',
      ['access.yaml:28:22 expected low, standard or critical; choose one of them'],
    ],
  ]);
});

describe('people whom a group leaves out', () => {
  checkTable([
    [
      'by a channel, which they leave by themselves to be let in',
      '  leads: { users: [U01MIA, U02SAM] }',
      '  leads: { users: [U01MIA, U02SAM], except: [away] }\n  away: { any_of: [team] }',
      [
        'access.yaml:8:10 group "leads" leaves out "team", a channel, which people leave by themselves, so it cannot be admins; use a group of users or of a slack_usergroup',
        'access.yaml:19:24 group "leads" leaves out "team", a channel, which people leave by themselves, so it cannot approve; use a group of users or of a slack_usergroup',
      ],
    ],
    [
      'by a channel, and who may only ask',
      '  engineers: { users: [dana@example.com, U04LEE] }',
      '  engineers: { users: [dana@example.com, U04LEE], except: [team] }',
      [],
    ],
    [
      'named by an address, which they change themselves',
      '  leads: { users: [U01MIA, U02SAM] }',
      '  leads: { users: [U01MIA, U02SAM], except: [engineers] }',
      [
        'access.yaml:3:24 "engineers" is left out of a group by except, and people change their address themselves; name them by their Slack member id',
      ],
    ],
    [
      'named by an address in a group within',
      'team: { channel: C0TEAM }',
      'team: { channel: C0TEAM, except: [out] }\n  out: { any_of: [engineers, security] }',
      [
        'access.yaml:3:24 "engineers" is left out of a group by except, and people change their address themselves; name them by their Slack member id',
      ],
    ],
    [
      'named by their ids',
      '  leads: { users',
      '  out: { users: [U08PAT] }\n  sec: { any_of: [security], except: [out] }\n  leads: { users',
      [],
    ],
  ]);
});

describe('the time of an emergency', () => {
  const emergency =
    '    emergency: { for: [engineers], up_to: 1h, channel: C0ALERT, review: { by: [leads], count: 2 } }\n';
  test('is one for which each role of the policy is given', () => {
    const taken = withChange('    channel: C0APPROVALS\n', `    channel: C0APPROVALS\n${emergency}`);
    const role = 'admin: { entitlements';
    expect(
      problemsOf(withChange(role, 'admin: { duration: { min: 2h, default: 2h }, entitlements', taken)),
    ).toEqual([
      'access.yaml:29:16 the min of 2 h is longer than an emergency of policy "standard" lasts, 1 h (emergency.up_to); write a shorter min, or a longer up_to',
    ]);
    expect(
      problemsOf(withChange(role, 'admin: { duration: { min: 1h, default: 2h }, entitlements', taken)),
    ).toEqual([]);
  });
});
