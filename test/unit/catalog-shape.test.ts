import { describe } from 'vitest';
import { checkTable } from '../support/catalog-text.js';

describe('keys that are wrong', () => {
  checkTable([
    [
      'an unknown key at the top',
      'admins: [leads]',
      'admins: [leads]\nadmin: [leads]',
      ['access.yaml:8:1 unknown key "admin"; did you mean "admins"?'],
    ],
    [
      'an unknown key in a policy',
      '    request: [engineers, team]',
      '    requests: [engineers, team]',
      [
        'access.yaml:16:3 "request" is missing; add it',
        'access.yaml:17:5 unknown key "requests"; did you mean "request"?',
      ],
    ],
    [
      'an unknown key that resembles nothing',
      '    title: Orders',
      '    title: Orders\n    xyzzy: 1',
      ['access.yaml:24:5 unknown key "xyzzy"; expected one of title, policy, default_role, roles'],
    ],
    [
      'a key of another kind of connector',
      'use: postgres',
      'use: simulate',
      [
        'access.yaml:11:5 unknown key "url"; expected one of use, manage, identity, on_drift',
        'access.yaml:13:5 unknown key "end_sessions"; expected one of use, manage, identity, on_drift',
      ],
    ],
    [
      'an unknown kind of connector',
      'use: postgres',
      'use: postgresql',
      ['access.yaml:10:10 unknown use "postgresql"; did you mean "postgres"?'],
    ],
    [
      'no kind of connector',
      '    use: postgres\n',
      '',
      ['access.yaml:9:3 "use" is missing; add one of postgres, simulate'],
    ],
    [
      'a name for the channel of alarms',
      'admins: [leads]',
      "admins: [leads]\nalarm_channel: '#ops'",
      [
        'access.yaml:8:16 expected a Slack channel id such as C024BE91L, not the channel\'s name; copy it from the end of "About" in the channel\'s details',
      ],
    ],
    ['a missing key', '    channel: C0APPROVALS\n', '', ['access.yaml:16:3 "channel" is missing; add it']],
    [
      'a key without a value',
      '    title: Orders',
      '    title:',
      ['access.yaml:23:5 "title" is missing; add it'],
    ],
    ['a missing section', 'admins: [leads]\n', '', ['access.yaml:1:1 "admins" is missing; add it']],
    [
      'another version',
      'version: 1',
      'version: 2',
      ['access.yaml:1:10 this Hallpass reads version 1; write 1'],
    ],
    [
      'a number where text is due',
      'title: Orders',
      'title: 7',
      ['access.yaml:23:12 expected text; put quotes around it'],
    ],
    [
      'text where a list is due',
      'admins: [leads]',
      'admins: leads',
      ['access.yaml:7:9 expected a list; write it as [a, b] or with a dash before each'],
    ],
    [
      'a list where keys and values are due',
      'groups:\n',
      'groups: []\nx:\n',
      [
        'access.yaml:2:1 expected keys and values; write each as key: value',
        'access.yaml:3:1 unknown key "x"; expected one of version, groups, managers, managers_from, admins, auditors, stand_ins, alarm_channel, limits, conflicts, connectors, policies, …',
        'access.yaml:8:10 unknown group "leads"; add it under groups',
        'access.yaml:18:15 unknown group "engineers"; add it under groups',
        'access.yaml:18:26 unknown group "team"; add it under groups',
        'access.yaml:19:24 unknown group "leads"; add it under groups',
        'access.yaml:19:53 unknown group "security"; add it under groups',
      ],
    ],
    [
      'end_sessions left out',
      '    end_sessions: true\n',
      '',
      ['access.yaml:9:3 "end_sessions" is missing; add it: true or false'],
    ],
    [
      'a key that comes from the merge of YAML 1.1',
      '    title: Orders',
      '    <<: { policy: standard }\n    title: Orders',
      ['access.yaml:23:5 unknown key "<<"; expected one of title, policy, default_role, roles'],
    ],
  ]);
});

describe('names', () => {
  checkTable([
    [
      'a resource named as a subcommand',
      '  prod-db:',
      '  who-has:',
      ['access.yaml:22:3 the slash command keeps this word for itself; give the resource another name'],
    ],
    [
      'a resource named as a duration',
      '  prod-db:',
      '  30m:',
      ['access.yaml:22:3 this name reads as a duration in the slash command; give the resource another name'],
    ],
    [
      'a name with a capital letter',
      '  leads:',
      '  Leads:',
      [
        'access.yaml:4:3 a name has up to 63 of a-z, 0-9, dot, dash and underscore, and begins with a letter or a digit; rename it',
        'access.yaml:7:10 unknown group "leads"; did you mean "Leads"?',
        'access.yaml:18:24 unknown group "leads"; did you mean "Leads"?',
      ],
    ],
    [
      'a resource without a role',
      '    roles:\n      readonly: { entitlements: [{ connector: orders-db, role: app_readonly }] }\n      admin: { entitlements: [{ connector: orders-db, role: app_admin }] }\n',
      '    roles: {}\n',
      [
        'access.yaml:25:19 unknown role "readonly"; remove it',
        'access.yaml:26:5 the resource has no role; add one, or remove the resource',
      ],
    ],
    [
      'a role that gives nothing',
      '[{ connector: orders-db, role: app_admin }]',
      '[]',
      ['access.yaml:28:16 the role gives nothing; name at least one { connector, role }'],
    ],
  ]);
});

describe('secrets in the file are refused and never repeated', () => {
  checkTable([
    [
      'a secret as text',
      'url: env:ORDERS_DB_URL',
      'url: postgres://bot:canary@db/orders',
      [
        'access.yaml:11:10 expected env:NAME or file:/path, because a secret never stands in the catalog; move the value into the environment or a file, and change it if the catalog was shared',
      ],
    ],
    [
      'a secret under a relative path',
      'url: env:ORDERS_DB_URL',
      'url: file:canary',
      [
        'access.yaml:11:10 expected env:NAME or file:/path, because a secret never stands in the catalog; move the value into the environment or a file, and change it if the catalog was shared',
      ],
    ],
    [
      'a secret that YAML reads as an alias',
      'url: env:ORDERS_DB_URL',
      'url: *canary',
      ['access.yaml:11:10 no anchor of this name stands before; define it, or use quotes'],
    ],
    [
      'a secret that YAML reads as a tag',
      'url: env:ORDERS_DB_URL',
      'url: !canary',
      ['access.yaml:11:10 this tag is not known; remove the word that begins with !'],
    ],
    [
      'a secret that YAML cannot read',
      'url: env:ORDERS_DB_URL',
      'url: @canary',
      ['access.yaml:11:10 text cannot begin with this character; put quotes around it'],
    ],
  ]);
});

describe('what is not plain YAML', () => {
  checkTable([
    [
      'a key that stands twice',
      'admins: [leads]',
      'admins: [leads]\nadmins: [security]',
      ['access.yaml:8:1 this key stands here twice; remove one of the two'],
    ],
    [
      'a tab',
      '    title: Orders',
      '\ttitle: Orders',
      ['access.yaml:23:1 a tab cannot indent YAML; use spaces'],
    ],
    [
      'a text that begins like a list, which no parser reads on from',
      '{ users: [U01MIA, U02SAM] }',
      '{ on_call: { url: https://oncall.example.com/now, people: people[*].email } }',
      ['access.yaml:4:74 this cannot stand here; check quotes, commas and indentation'],
    ],
    [
      'a bracket that is not closed',
      'admins: [leads]',
      'admins: [leads',
      [
        'access.yaml:8:1 the indentation does not fit; give keys of one map the same number of spaces, and close { and [ before',
      ],
    ],
    [
      'a second document',
      'admins: [leads]',
      '---\nadmins: [leads]',
      ['access.yaml:7:1 a catalog is one document; remove the line --- and what follows it'],
    ],
    [
      'a list as a key',
      'admins: [leads]',
      '[admins]: [leads]',
      ['access.yaml:7:1 a key has to be plain text; put quotes around it'],
    ],
    [
      'a key that objects keep for themselves',
      'admins: [leads]',
      'admins: [leads]\n__proto__: { admins: [team] }',
      ['access.yaml:8:1 this key is not possible; use another'],
    ],
    [
      'an alias inside its own anchor',
      'admins: [leads]',
      'admins: &own [*own]',
      ['access.yaml:7:15 this alias stands inside its own anchor; write the value out'],
    ],
    [
      'another version of YAML',
      'version: 1\n',
      '%YAML 1.1\n---\nversion: 1\n',
      ['access.yaml:1:1 the %YAML directive asks for another version; remove it'],
    ],
  ]);
});
