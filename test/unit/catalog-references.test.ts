import { describe } from 'vitest';
import { checkTable } from '../support/catalog-text.js';

describe('names that stand nowhere, or may not be used there', () => {
  checkTable([
    [
      'an unknown group',
      'admins: [leads]',
      'admins: [leds]',
      ['access.yaml:7:10 unknown group "leds"; did you mean "leads"?'],
    ],
    [
      'an unknown group, named after a method of objects',
      'admins: [leads]',
      'admins: [constructor]',
      ['access.yaml:7:10 unknown group "constructor"; expected one of engineers, leads, team, security'],
    ],
    [
      'a section that is misspelt, and not each name in it',
      'policies:',
      'policys:',
      [
        'access.yaml:1:1 "policies" is missing; add it',
        'access.yaml:15:1 unknown key "policys"; did you mean "policies"?',
      ],
    ],
    [
      'an unknown approver group',
      'from: [leads]',
      'from: [approvers]',
      ['access.yaml:18:24 unknown group "approvers"; expected one of engineers, leads, team, security'],
    ],
    [
      'an unknown policy',
      '    policy: standard',
      '    policy: standrad',
      ['access.yaml:24:13 unknown policy "standrad"; did you mean "standard"?'],
    ],
    [
      'an unknown connector',
      'connector: orders-db, role: app_admin',
      'connector: order-db, role: app_admin',
      ['access.yaml:28:44 unknown connector "order-db"; did you mean "orders-db"?'],
    ],
    [
      'a role outside manage',
      'role: app_admin }',
      'role: app_owner }',
      [
        'access.yaml:28:61 "app_owner" is not among the roles that connector "orders-db" manages; add it to manage there, or use one of app_readonly, app_admin',
      ],
    ],
    [
      'the same entitlement twice',
      '[{ connector: orders-db, role: app_admin }]',
      '[{ connector: orders-db, role: app_admin }, { connector: orders-db, role: app_admin }]',
      ['access.yaml:28:74 orders-db and app_admin stand here twice; remove one of the two'],
    ],
    [
      'a role that no policy covers',
      '    policy: standard\n',
      '',
      [
        'access.yaml:26:7 the role has no policy; add policy to the role or to its resource',
        'access.yaml:27:7 the role has no policy; add policy to the role or to its resource',
      ],
    ],
    [
      'several roles and no default',
      '    default_role: readonly\n',
      '',
      ['access.yaml:22:3 several roles and no default_role; add one of readonly, admin'],
    ],
    [
      'a default role that is not there',
      'default_role: readonly',
      'default_role: readnly',
      ['access.yaml:25:19 unknown role "readnly"; did you mean "readonly"?'],
    ],
    [
      'a role of the target that its kind forbids',
      'app_admin]',
      'app_admin, public]',
      ['access.yaml:12:39 "public" is everybody in PostgreSQL; manage a role of its own'],
    ],
  ]);
});

describe('people and accounts', () => {
  checkTable([
    [
      'an empty group',
      '[U01MIA, U02SAM]',
      '[]',
      ['access.yaml:4:12 the group is empty; list at least one person, or remove the group'],
    ],
    [
      'a group from two sources',
      '{ channel: C0TEAM }',
      '{ channel: C0TEAM, users: [U9A] }',
      [
        'access.yaml:5:3 a group comes from one source; give exactly one of users, slack_usergroup, channel, any_of, all_of, manager_of, on_call',
      ],
    ],
    [
      'a group from no source',
      '{ channel: C0TEAM }',
      '{}',
      [
        'access.yaml:5:3 a group comes from one source; give exactly one of users, slack_usergroup, channel, any_of, all_of, manager_of, on_call',
      ],
    ],
    [
      'a mistyped e-mail address',
      'dana@example.com',
      'dana@example',
      [
        "access.yaml:3:24 expected a Slack member id such as U024BE7LH, or an e-mail address such as dana@example.com; copy either from the person's profile in Slack",
      ],
    ],
    [
      'a handle instead of an id',
      '[U01MIA, U02SAM]',
      '["@mia", U02SAM]',
      [
        "access.yaml:4:20 expected a Slack member id such as U024BE7LH, or an e-mail address such as dana@example.com; copy either from the person's profile in Slack",
      ],
    ],
    [
      'a channel name instead of an id',
      '    channel: C0APPROVALS',
      '    channel: "#approvals"',
      [
        'access.yaml:20:14 expected a Slack channel id such as C024BE91L, not the channel\'s name; copy it from the end of "About" in the channel\'s details',
      ],
    ],
    [
      'a user group handle',
      'S0SEC',
      'security',
      [
        "access.yaml:6:32 expected a Slack user group id such as S0614TZR7, not its handle; copy it from the group's menu in Slack",
      ],
    ],
    [
      'groups that are made of themselves',
      'security: { slack_usergroup: S0SEC }',
      'security: { all_of: [loop] }\n  loop: { any_of: [leads], except: [security] }',
      [
        'access.yaml:6:3 group "security" is made of itself; take it out of the groups that it names',
        'access.yaml:7:3 group "loop" is made of itself; take it out of the groups that it names',
      ],
    ],
    [
      'approvers that take in a channel',
      'slack_usergroup: S0SEC',
      'any_of: [leads, team]',
      [
        'access.yaml:18:53 group "security" takes in "team", a channel, which people join by themselves, so it cannot approve; use a group of users or of a slack_usergroup',
      ],
    ],
    ['approvers who are also in a channel', 'slack_usergroup: S0SEC', 'all_of: [engineers, team]', []],
    [
      'managers as admins',
      'slack_usergroup: S0SEC }\nadmins: [leads]',
      'manager_of: requester }\nadmins: [security]',
      [
        'access.yaml:7:10 group "security" is made of managers, who are known only once somebody asks, so they cannot be admins; name them in approve',
      ],
    ],
    [
      'a channel as admins',
      'admins: [leads]',
      'admins: [team]',
      [
        'access.yaml:7:10 group "team" is a channel, which people join by themselves, so it cannot be admins; use a group of users or of a slack_usergroup',
      ],
    ],
    [
      'a channel as auditors',
      'admins: [leads]',
      'admins: [leads]\nauditors: [team]',
      [
        'access.yaml:8:12 group "team" is a channel, which people join by themselves, so it cannot be auditors; use a group of users or of a slack_usergroup',
      ],
    ],
    [
      'a channel as stand-ins of approvers',
      'admins: [leads]',
      'admins: [leads]\nstand_ins: [team]',
      [
        'access.yaml:8:13 group "team" is a channel, which people join by themselves, so it cannot stand in for approvers; use a group of users or of a slack_usergroup',
      ],
    ],
    [
      'unknown stand-ins of approvers',
      'admins: [leads]',
      'admins: [leads]\nstand_ins: [leeds]',
      ['access.yaml:8:13 unknown group "leeds"; did you mean "leads"?'],
    ],
    [
      'a channel as approvers',
      'from: [security]',
      'from: [team]',
      [
        'access.yaml:18:53 group "team" is a channel, which people join by themselves, so it cannot approve; use a group of users or of a slack_usergroup',
      ],
    ],
    [
      'no admins',
      'admins: [leads]',
      'admins: []',
      ['access.yaml:7:1 nobody would be told when a revocation fails; name at least one group'],
    ],
    [
      'two people on one account',
      'U04LEE: lee',
      'U04LEE: lee, U01MIA: lee',
      [
        'access.yaml:14:45 account "lee" belongs to U04LEE already, and two people must not share one; give each an account of their own',
      ],
    ],
    [
      'a map that names no Slack id',
      'U04LEE: lee',
      'lee: lee',
      [
        'access.yaml:14:24 expected a Slack member id such as U024BE7LH; copy it from the person\'s profile in Slack ("Copy member ID")',
      ],
    ],
    [
      'an account that YAML reads as a number',
      'U04LEE: lee',
      'U04LEE: 4711',
      ['access.yaml:14:32 expected text; put quotes around it'],
    ],
    [
      'an e-mail rule without domains',
      'domains: [example.com]',
      'domains: []',
      ['access.yaml:14:66 name at least one domain whose addresses count'],
    ],
    [
      'a domain with an @',
      'domains: [example.com]',
      'domains: ["@example.com"]',
      ['access.yaml:14:76 expected a domain in lower case such as example.com; write it without @'],
    ],
  ]);
});
