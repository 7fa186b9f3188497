import { describe, expect, test } from 'vitest';
import { checkTable, problemsOf, withChange } from '../support/catalog-text.js';

const URL_LINE = 'url: https://oncall.example.com/now';
const FULL = withChange(
  '  security: { slack_usergroup: S0SEC }',
  `  security:
    on_call:
      ${URL_LINE}
      headers: { Authorization: env:ONCALL_AUTHORIZATION, Accept: application/json }
      people: $.people[*].email
      cache: 30s`,
);

test('a group of whoever is on call may ask and approve, and be part of others', () => {
  const asking = withChange('request: [engineers, team]', 'request: [engineers, some]', FULL);
  const grouped = withChange(
    'admins: [leads]',
    '  some: { any_of: [security, leads], except: [team] }\nadmins: [leads]',
    asking,
  );

  expect(problemsOf(grouped)).toEqual([]);
});

describe('what is wrong with a source of on-call people', () => {
  const at = (from: string, to: string, says: string) => [to, from, to, [says]] as const;
  const cases = [
    at(
      URL_LINE,
      'url: http://oncall.example.com/now',
      'access.yaml:8:12 expected https://; http:// is for localhost, 127.0.0.1 and [::1] alone',
    ),
    at(
      URL_LINE,
      'url: https://me:pw@oncall.example.com/',
      'access.yaml:8:12 a URL in the catalog holds no user and no password; remove them, since a secret stands in the environment or a file',
    ),
    at(
      URL_LINE,
      `${URL_LINE}?api_key=abc`,
      'access.yaml:8:12 the parameter "api_key" looks like a secret, and a secret never stands in the catalog; send it in a header, as env:NAME or file:/path',
    ),
    at(
      'env:ONCALL_AUTHORIZATION',
      'Token token=abc',
      'access.yaml:9:33 expected env:NAME or file:/path, because a secret never stands in the catalog; only accept, accept-language, user-agent, x-grafana-url may be plain text',
    ),
    at(
      'Accept:',
      'X-Api-Key:',
      'access.yaml:9:70 expected env:NAME or file:/path, because a secret never stands in the catalog; only accept, accept-language, user-agent, x-grafana-url may be plain text',
    ),
    at('Accept:', 'Host:', 'access.yaml:9:59 Hallpass sets this header itself; remove it'),
    at(
      '$.people[*].email',
      'people.email',
      "access.yaml:10:15 not a JSON path of RFC 9535 (expected '$', found 'p' ('people.em':0)); write one such as $.oncalls[*].user.email",
    ),
    at(
      'cache: 30s',
      'cache: 2m',
      'access.yaml:11:14 expected a duration from 1s to 60s; nobody decides by an older answer',
    ),
    at(
      'cache: 30s',
      'each: { url: "https://other.example.com/{person}", people: $.email }',
      'access.yaml:11:20 the headers go there too, so it must be of the same host as url; correct one of the two',
    ),
    at(
      'cache: 30s',
      'each: { url: "https://oncall.example.com/users", people: $.email }',
      'access.yaml:11:20 expected {person} in the path of the URL, in place of the id',
    ),
    at(
      'cache: 30s',
      'allow_private: why',
      'access.yaml:11:22 write a sentence that says why this is right, for whoever reads the catalog next',
    ),
    at(
      'cache: 30s',
      'allow_private: true',
      'access.yaml:11:22 expected a sentence and not true or false; write why this address is right, for whoever reads the catalog next',
    ),
    ...[
      ['https://10.1.2.3', 'an address of a private network'],
      ['https://[fd12::1]', 'an address of a private network'],
      ['http://localhost:8080', 'an address of this machine'],
      ['https://127.0.0.1', 'an address of this machine'],
    ].map(([host = '', what = '']) =>
      at(
        'https://oncall.example.com',
        host,
        `access.yaml:8:12 ${what} is called only where the catalog says why; add allow_private with a sentence, or write another address`,
      ),
    ),
    at(
      'https://oncall.example.com',
      'https://169.254.169.254',
      'access.yaml:8:12 no call goes to this address; write another',
    ),
  ];

  test('an address of this machine, with a sentence that says why, is none', () => {
    const local = withChange('https://oncall.example.com', 'http://localhost:8080', FULL);
    const why = 'allow_private: The schedule is served by a sidecar.';

    expect(problemsOf(withChange('cache: 30s', why, local))).toEqual([]);
  });

  test.each(cases)('%s', (_what, from, to, says) => {
    expect(problemsOf(withChange(from, to, FULL))).toEqual(says);
  });

  test('a pattern in a filter, which some text could keep busy for ever', () => {
    const spoiled = withChange('$.people[*].email', `"$.people[?match(@.email, '(a+)+')].email"`, FULL);

    expect(problemsOf(spoiled)).toEqual([expect.stringContaining("no such function 'match'")]);
  });
});

describe('beside other sources', () => {
  checkTable([
    [
      'two sources at once',
      '{ slack_usergroup: S0SEC }',
      '{ slack_usergroup: S0SEC, on_call: { url: https://a.example.com/, people: $.a } }',
      [
        'access.yaml:6:3 a group comes from one source; give exactly one of users, slack_usergroup, channel, any_of, all_of, manager_of, on_call',
      ],
    ],
  ]);
});
