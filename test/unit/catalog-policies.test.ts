import { describe, expect, test } from 'vitest';
import { checkTable, problemsOf, withChange } from '../support/catalog-text.js';

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
      ['access.yaml:18:11 expected any, or how many have to deny it (2 to 100)'],
    ],
    [
      'a default above the maximum',
      'default: 30m',
      'default: 5h',
      ['access.yaml:19:26 the default is longer than the maximum of 4 h; shorten it, or raise max'],
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
      ['access.yaml:19:26 expected a duration such as 30m, 1h30m or 1d; write the unit too'],
    ],
    [
      'a duration that is none',
      'default: 30m',
      'default: soon',
      ['access.yaml:19:26 expected a duration such as 30m, 1h30m or 1d; write the unit too'],
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
      'a tier that there is not',
      'admin: {',
      'admin: { tier: high,',
      ['access.yaml:28:22 expected low, standard or critical; choose one of them'],
    ],
  ]);
});
