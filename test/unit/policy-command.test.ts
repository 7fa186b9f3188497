import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { atCommandLine } from '../support/at-command-line.js';

const folder = mkdtempSync(join(tmpdir(), 'hallpass-policy-'));
afterAll(() => rmSync(folder, { recursive: true }));

const EXAMPLE = resolve('access.example.yaml');
const FILE = join(folder, 'policies.test.yaml');

async function policy(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return await atCommandLine({}, 'policy', ...args);
}

async function run(source: string): Promise<{ code: number; out: string; err: string }> {
  writeFileSync(FILE, source);
  return await policy('test', FILE);
}

const GIVEN = `catalog: ${EXAMPLE}
given:
  people:
    lee: { id: U0LEE0001, email: lee@example.com }
    mia: { id: U024BE7LH, email: mia@example.com }
    sam: { id: U035CHG8K, email: sam@example.com }
    rob: { id: U0ROB0001, email: rob@example.com }
  groups: { engineers: [lee], security: [rob] }
`;

/** One test, with these steps. */
async function steps(...each: string[]): Promise<{ code: number; out: string; err: string }> {
  const list = each.map((step) => `      - ${step}\n`).join('');
  return await run(`${GIVEN}tests:\n  - name: it\n    steps:\n${list}`);
}

const ASK = 'when: { who: lee, requests: { role: prod-db, duration: 1h, reason: stuck } }';

describe('hallpass policy test', () => {
  test('the example passes, and says of each test that it did', async () => {
    const { code, out, err } = await policy('test', 'access.example.test.yaml');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('ok    Nobody approves their own request');
    expect(out).toMatch(/\d+ tests, all as expected\.$/);
  });

  test('a looser catalog no longer passes the tests of the example', async () => {
    const looser = readFileSync(EXAMPLE, 'utf8').replaceAll('{ name: Security, from: [security] }', '');
    writeFileSync(
      join(folder, 'access.example.yaml'),
      looser.replace('- { name: Database, from: [dba-leads] }\n      - ', '- { from: [dba-leads] }'),
    );
    const { code, out } = await run(readFileSync('access.example.test.yaml', 'utf8'));
    expect(code).toBe(1);
    expect(out).toContain("FAIL  An admin's access needs two people, also where one is in both groups");
  });

  test('the one in the docs passes', async () => {
    const page = readFileSync('docs/policies.md', 'utf8');
    const [, shown = ''] = /```yaml policy-test\n([\s\S]*?)```/.exec(page) ?? [];
    const { code, out } = await run(shown.replace('access.example.yaml', EXAMPLE));
    expect({ code, out }).toEqual({ code: 0, out: 'ok    Somebody else approves\n1 test, all as expected.' });
  });

  test('what came out differently is told with its line, and what it is', async () => {
    const { code, out } = await steps(
      `{ ${ASK}, then: waits }`,
      '{ when: { who: mia, approves: all }, then: denied }',
    );
    expect(code).toBe(1);
    expect(out).toBe(
      [
        'FAIL  it',
        `      ${FILE}:13 step 2: expected denied, and it is approved`,
        '1 test, 1 not as expected.',
      ].join('\n'),
    );
  });

  test.each([
    [
      'needs nobody more than who is named',
      '{ needs: [mia] }',
      'expected waits, needs: mia, and it is waits, needs: mia, sam',
    ],
    [
      'a refusal is no wait',
      '{ refused: not-eligible }',
      'expected refused: not-eligible, and it is waits, needs: mia, sam',
    ],
    ['a wait is no approval', 'approved', 'expected approved, and it is waits, needs: mia, sam'],
  ])('%s', async (_what, then, told) => {
    const { code, out } = await steps(`{ ${ASK}, then: ${then} }`);
    expect(code).toBe(1);
    expect(out).toContain(told);
  });

  test('a whole story: less time, its end, and a request that is taken back', async () => {
    const outcome = await steps(
      `{ ${ASK}, then: waits }`,
      '{ when: { who: mia, approves: 15m }, then: approved }',
      "{ when: { at: '2026-01-05T12:14:59Z' }, then: approved }",
      "{ when: { at: '2026-01-05T12:15:01Z' }, then: ended }",
      `{ ${ASK}, then: waits }`,
      '{ when: { who: lee, cancels: true }, then: cancelled }',
    );
    expect(outcome).toMatchObject({ code: 0, err: '' });
  });

  test('what a rule approves at once is told from what waits', async () => {
    const rule = 'auto_approve: [{ name: Short reads, for: [security], up_to: 30m, per_day: 1 }]';
    const catalog = join(folder, 'rules.yaml');
    const source = readFileSync(EXAMPLE, 'utf8');
    writeFileSync(
      catalog,
      source.replace(/^  standard:\n/m, (line) => `${line}    ${rule}\n`),
    );
    const ask = (time: string): string =>
      `when: { who: lee, requests: { role: prod-db, duration: ${time}, reason: stuck } }`;
    const outcome = await run(`${GIVEN.replace(EXAMPLE, catalog)}tests:
  - name: rules
    given: { groups: { security: [lee] } }
    steps:
      - { ${ask('1h')}, then: { needs: [mia, sam] } }
      - { when: { who: lee, cancels: true }, then: cancelled }
      - { ${ask('30m')}, then: approved }
      - { when: { at: '2026-01-05T13:00:00Z' }, then: ended }
      - { ${ask('30m')}, then: waits }
`);
    expect(outcome).toMatchObject({ code: 0, err: '', out: 'ok    rules\n1 test, all as expected.' });
  });

  test('more time on what was opened waits for an approval of its own, and its holder ends it', async () => {
    const outcome = await steps(
      `{ ${ASK}, then: waits }`,
      '{ when: { who: mia, approves: 30m }, then: approved }',
      '{ when: { who: mia, extends: { duration: 30m, reason: more } }, then: { refused: not-your-grant } }',
      '{ when: { who: lee, extends: { duration: 30m, reason: more } }, then: { needs: [mia, sam] } }',
      '{ when: { who: sam, approves: all }, then: approved }',
      "{ when: { at: '2026-01-05T12:59:00Z' }, then: approved }",
      '{ when: { who: sam, ends: true }, then: { refused: not-your-grant } }',
      '{ when: { who: lee, ends: true }, then: ended }',
    );
    expect(outcome).toMatchObject({ code: 0, err: '' });
  });

  test.each([
    ['denied', '{ who: sam, denies: enough }'],
    ['cancelled', '{ who: lee, cancels: true }'],
  ])('after more time was %s, the story goes on with the access', async (came, when) => {
    const outcome = await steps(
      `{ ${ASK}, then: waits }`,
      '{ when: { who: mia, approves: 30m }, then: approved }',
      '{ when: { who: lee, extends: { duration: 30m, reason: more } }, then: waits }',
      `{ when: ${when}, then: ${came} }`,
      "{ when: { at: '2026-01-05T12:29:00Z' }, then: approved }",
      '{ when: { who: lee, extends: { duration: 15m, reason: less } }, then: waits }',
      `{ when: ${when}, then: ${came} }`,
      "{ when: { at: '2026-01-05T12:31:00Z' }, then: ended }",
    );
    expect(outcome).toMatchObject({ code: 0, err: '' });
  });

  test.each(['deactivated: true', 'guest: true'])(
    'approvers who are %s are none, as in Slack',
    async (gone) => {
      const people = `sam: { id: U035CHG8K, ${gone} }, mia: { id: U024BE7LH, ${gone} }`;
      const { code, out } = await run(
        `${GIVEN}tests:\n  - { name: it, given: { people: { ${people} } }, steps: [{ ${ASK}, then: { refused: too-few-approvers } }] }\n`,
      );
      expect({ code, out }).toMatchObject({ code: 0 });
    },
  );

  test('an emergency is taken at once, and answered for afterwards', async () => {
    const catalog = join(folder, 'emergencies.yaml');
    const source = readFileSync(EXAMPLE, 'utf8');
    const rule =
      'emergency: { for: [dba-leads], up_to: 1h, channel: C0ALERT, review: { by: [security], count: 2 } }';
    writeFileSync(
      catalog,
      source.replace(/^  standard:\n/m, (line) => `${line}    ${rule}\n`),
    );
    const take =
      'when: { who: mia, takes: { role: prod-db, duration: 30m, reason: orders are stuck since noon } }';
    const outcome = await run(`${GIVEN.replace(EXAMPLE, catalog)}tests:
  - name: emergency
    given: { groups: { security: [rob, lee, mia] } }
    steps:
      - { ${take.replace('mia', 'lee')}, then: { refused: emergency-not-yours } }
      - { ${take}, then: approved }
      - { when: { who: mia, reviews: justified }, then: { refused: own-emergency } }
      - { when: { who: rob, reviews: justified }, then: in-review }
      - { when: { at: '2026-01-05T12:31:00Z' }, then: ended }
      - { when: { who: lee, reviews: { not_justified: '' } }, then: { refused: review-note-missing } }
      - { when: { who: lee, reviews: { not_justified: no need } }, then: reviewed }
`);
    expect(outcome).toMatchObject({
      code: 0,
      err: '',
      out: 'ok    emergency\n1 test, all as expected.',
    });
  });

  test('somebody stands in for as long as they were named', async () => {
    const outcome = await steps(
      "{ when: { who: mia, delegates: { to: lee, until: '2026-01-06T12:00:00Z' } }, then: { refused: not-a-stand-in } }",
      "{ when: { who: mia, delegates: { to: sam, until: '2026-01-06T12:00:00Z' } }, then: delegated }",
      `{ ${ASK}, then: waits }`,
      '{ when: { who: sam, approves: all }, then: approved }',
    );
    expect(outcome).toMatchObject({ code: 0, err: '' });
  });

  test('an emergency that was taken is in review, whatever step is asked about it', async () => {
    const catalog = join(folder, 'in-review.yaml');
    const source = readFileSync(EXAMPLE, 'utf8');
    const rule = 'emergency: { for: [dba-leads], up_to: 1h, channel: C0ALERT, review: { by: [security] } }';
    writeFileSync(
      catalog,
      source.replace(/^  standard:\n/m, (line) => `${line}    ${rule}\n`),
    );
    const take = 'when: { who: mia, takes: { role: prod-db, reason: orders are stuck since noon } }';
    const both = async (then: string) =>
      await run(`${GIVEN.replace(EXAMPLE, catalog)}tests:
  - name: emergency
    given: { groups: { security: [rob, lee] } }
    steps:
      - { ${take}, then: in-review }
      - { when: { at: '2026-01-05T12:10:00Z' }, then: approved }
      - { when: { at: '2026-01-05T12:11:00Z' }, then: ${then} }
`);
    expect(await both('in-review')).toMatchObject({ code: 0 });
    expect((await both('reviewed')).out).toContain('expected reviewed, and it is approved and in-review');
  });

  test('needs are those whose approval would be counted now: in turn, and whoever is away as well', async () => {
    const catalog = join(folder, 'in-order.yaml');
    writeFileSync(
      catalog,
      readFileSync(EXAMPLE, 'utf8')
        .replace(
          '- { name: Database, from: [dba-leads] }',
          '- { name: Database, from: [dba-leads], count: 2 }',
        )
        .replace(/^  critical:\n/m, (line) => `${line}    in_order: true\n`),
    );
    const outcome = await run(`${GIVEN.replace(EXAMPLE, catalog)}tests:
  - name: in order
    given: { groups: { security: [rob] } }
    steps:
      - { when: { who: mia, delegates: { to: sam, until: '2026-01-06T12:00:00Z' } }, then: delegated }
      - { when: { who: lee, requests: { role: 'prod-db:admin', reason: vacuum } }, then: { needs: [mia, sam] } }
      - { when: { who: mia, approves: all }, then: { needs: [sam] } }
      - { when: { who: sam, approves: all }, then: { needs: [rob] } }
      - { when: { who: rob, approves: all }, then: approved }
`);
    expect(outcome).toMatchObject({ code: 0, err: '', out: 'ok    in order\n1 test, all as expected.' });
  });

  test('a request is claimed and nudged, access is revoked, and a stand-in is let go', async () => {
    const outcome = await steps(
      "{ when: { who: mia, delegates: { to: sam, until: '2026-01-06T12:00:00Z' } }, then: delegated }",
      '{ when: { who: mia, delegates: off }, then: not-delegated }',
      '{ when: { who: mia, delegates: off }, then: { refused: no-delegation } }',
      `{ ${ASK}, then: waits }`,
      '{ when: { who: mia, claims: true }, then: waits }',
      '{ when: { who: mia, claims: true }, then: { refused: already-claimed } }',
      '{ when: { who: rob, claims: true }, then: { refused: not-an-approver } }',
      '{ when: { who: lee, nudges: true }, then: waits }',
      '{ when: { who: lee, nudges: true }, then: { refused: already-nudged } }',
      '{ when: { who: mia, revokes: wrong person }, then: { refused: nothing-held } }',
      '{ when: { who: mia, approves: all }, then: approved }',
      '{ when: { who: rob, revokes: curious }, then: { refused: may-not-revoke } }',
      "{ when: { who: sam, revokes: '' }, then: { refused: revoke-reason-missing } }",
      '{ when: { who: sam, revokes: wrong person }, then: ended }',
    );
    expect(outcome).toMatchObject({ code: 0, err: '', out: 'ok    it\n1 test, all as expected.' });
  });

  test('a refusal that was not expected is told in words, with what was meant', async () => {
    const { code, out } = await steps(`{ ${ASK.replace('prod-db', 'prod-bd')}, then: waits }`);
    expect(code).toBe(1);
    expect(out).toContain('expected waits, and it is refused: unknown-resource (');
    expect(out).toContain('prod-db');
  });

  test('people who are deactivated, or guests, take no part', async () => {
    const outcome = await run(`${GIVEN}tests:
  - name: gone
    given: { people: { mia: { id: U024BE7LH, deactivated: true } } }
    steps:
      - { ${ASK}, then: waits }
      - { when: { who: mia, approves: all }, then: { refused: no-part } }
  - name: guest
    given: { people: { lee: { id: U0LEE0001, email: lee@example.com, guest: true } } }
    steps:
      - { ${ASK}, then: { refused: no-part } }
`);
    expect(outcome).toMatchObject({ code: 0, err: '' });
  });

  test('a group that nobody gives can’t be read, and lets nobody in', async () => {
    const outcome = await run(`catalog: ${EXAMPLE}
given: { people: { lee: { id: U0LEE0001, email: lee@example.com } } }
tests:
  - { name: it, steps: [{ ${ASK}, then: { refused: groups-unreadable } }] }
`);
    expect(outcome).toMatchObject({ code: 0, err: '' });
  });

  test('time that runs back is told', async () => {
    const { code, out } = await steps(
      `{ ${ASK}, then: waits }`,
      "{ when: { at: '2026-01-05T11:00:00Z' }, then: waits }",
    );
    expect(code).toBe(1);
    expect(out).toContain('time runs on, and it is 2026-01-05T12:00:00.000Z already; give a later moment');
  });

  test.each([
    [
      `{ ${ASK.replace('lee', 'leo')}, then: waits }`,
      ':12:24 nobody called "leo" is given; did you mean "lee"?',
    ],
    [
      `{ ${ASK}, then: { needs: [tom] } }`,
      'nobody called "tom" is given; expected one of lee, mia, sam, rob',
    ],
    [
      '{ when: { who: lee, approves: all }, then: approved }',
      'nothing is requested yet; begin with a step that requests',
    ],
    ['{ when: { who: lee, approves: all, cancels: true }, then: waits }', 'a step does one thing'],
    ['{ when: { who: lee }, then: waits }', 'nothing happens here'],
    ['{ when: { requests: { role: prod-db } }, then: waits }', '"who" is missing; name whoever does it'],
    [`{ ${ASK}, then: fine }`, 'expected one of waits, approved, denied, cancelled, expired, ended'],
    [`{ ${ASK} }`, '"then" is missing; add it'],
    [
      "{ when: { at: 'noon' }, then: waits }",
      "expected a moment with a T and its offset, such as '2026-11-27T09:00:00+01:00', or a Z for UTC: '2026-11-27T08:00:00Z'",
    ],
    [
      `{ ${ASK}, then: { refused: not-eligble } }`,
      ':12:106 no refusal has the code "not-eligble"; did you mean "not-eligible"?',
    ],
    [
      `{ ${ASK}, then: { refused: because } }`,
      'no refusal has the code "because"; docs/policies.md has a list of them',
    ],
    [
      '{ when: { who: lee, delegates: { to: tom, until: "2026-01-06T12:00:00Z" } }, then: delegated }',
      'nobody called "tom" is given',
    ],
    [
      '{ when: { who: lee, delegates: on }, then: delegated }',
      'expected { to: NAME, until: MOMENT }, or off',
    ],
    ['{ when: { who: lee, claims: true }, then: waits }', 'nothing is requested yet'],
    ['{ when: { who: lee, aproves: all }, then: waits }', 'unknown key "aproves"; did you mean "approves"?'],
  ])('of a slip in the file its place is told: %s', async (step, told) => {
    const { code, out, err } = await steps(step);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(`${FILE}:`);
    expect(err).toContain(told);
  });

  test.each([
    ['nowhere: [lee]', ':10:36 the catalog has no group "nowhere"'],
    ['dba-leads: [lee]', ':10:36 group "dba-leads": the catalog lists its members; take it out of "given"'],
  ])('given groups are ones that the catalog leaves open: %s', async (group, told) => {
    const { code, err } = await run(
      `${GIVEN}tests:\n  - { name: it, given: { groups: { ${group} } }, steps: [{ ${ASK}, then: waits }] }\n`,
    );
    expect(code).toBe(2);
    expect(err).toContain(told);
  });

  test('two people with one id are refused: one of them could approve for the other', async () => {
    const twice = await run(
      `${GIVEN.replace('U035CHG8K', 'U0LEE0001')}tests:\n  - { name: it, steps: [{ ${ASK}, then: waits }] }\n`,
    );
    expect(twice).toMatchObject({
      code: 2,
      err: `${FILE}:6:16 "lee" has this id as well; give each person an id of their own`,
    });
    const inTest = await run(
      `${GIVEN}tests:\n  - { name: it, given: { people: { kim: { id: U0LEE0001 } } }, steps: [{ ${ASK}, then: waits }] }\n`,
    );
    expect(inTest).toMatchObject({
      code: 2,
      err: `${FILE}:10:47 "lee" has this id as well; give each person an id of their own`,
    });
    const instead = await run(
      `${GIVEN}tests:\n  - { name: it, given: { people: { lee: { id: U0LEE0001, guest: true } } }, steps: [{ ${ASK}, then: { refused: no-part } }] }\n`,
    );
    expect(instead).toMatchObject({ code: 0 });
  });

  test('an empty file, none, and a catalog that is not there are told', async () => {
    expect((await run('')).err).toBe(
      `${FILE}: the file is empty; begin with a copy of access.example.test.yaml`,
    );
    expect((await policy('test', join(folder, 'none.yaml'))).err).toContain("none.yaml: can't be read");
    const { code, err } = await run(
      `catalog: other.yaml\ntests: [{ name: it, steps: [{ ${ASK.replace('lee', 'lee')}, then: waits }] }]\ngiven: { people: { lee: { id: U0LEE0001 } } }\n`,
    );
    expect(code).toBe(2);
    expect(err).toContain(`other.yaml: there is no such file; name it under catalog: in ${FILE}`);
  });

  test.each([
    [[], 'policy needs a word: test or explain'],
    [['explain'], 'policy explain takes USER and ROLE'],
    [['explain', 'U03DANA', 'prod-db', 'more'], 'policy explain takes USER and ROLE'],
    [['explain', 'dana', 'prod-db'], 'USER is a Slack member id such as U024BE7LH, or an e-mail address'],
    [['explain', 'U03DANA', 'prod-db', '--at', 'noon'], 'TIME is a moment with its offset'],
    [['explain', 'U03DANA', 'prod-db', '--on', 'x'], 'policy explain takes USER and ROLE'],
    [['tset', 'x'], 'policy has no "tset"'],
    [['test'], 'policy test takes one FILE'],
    [['test', 'a', 'b'], 'policy test takes one FILE'],
  ])('used wrongly, it says how: %j', async (args, told) => {
    const { code, err } = await policy(...args);
    expect(code).toBe(2);
    expect(err).toContain(told);
  });
});
