import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { asEntitlementId } from '../../src/domain/ids.js';
import { atCommandLine } from '../support/at-command-line.js';
import type { TestStore } from '../support/open-store.js';
import { openTestStore } from '../support/open-store.js';
import { aHold, anApprovedRequest, anEndingGrant, anEntitlement, mia, start } from '../support/rows.js';

let opened: TestStore;
beforeEach(async () => {
  opened = await openTestStore();
});
afterEach(() => opened.close());

async function hallpass(name: string, ...args: string[]) {
  const { code, out, err } = await atCommandLine({ DATABASE_URL: `file:${opened.path}` }, name, ...args);
  return { code, out, err };
}

const ENTITLEMENT = anEntitlement({
  nextAt: start + 60_000,
  attempts: 7,
  failingSince: start,
  error: { kind: 'final', text: 'Hallpass may not revoke app_readonly\u001b[2J' },
});

async function keepStuck(change: Partial<typeof ENTITLEMENT> = {}): Promise<void> {
  await opened.store.commit({
    at: start,
    requests: [anApprovedRequest()],
    grants: [anEndingGrant()],
    entitlements: [{ ...ENTITLEMENT, ...change }],
    holds: [aHold()],
    audit: [],
  });
}

test('the list is aligned, says what to do, and moves no cursor', async () => {
  await keepStuck({ byHand: null });
  const { code, out } = await hallpass('stuck');

  expect(code).toBe(0);
  expect(out.replace(/\(\d+ d[^)]*\)/, '(AGE)')).toBe(
    [
      '1 revocation is not done.',
      '',
      'ent-1',
      '  connector  orders-db',
      '  role       app_readonly',
      '  account    dana',
      '  holder     U03DANA (dana)',
      '  since      2026-11-23T09:00:00Z (AGE)',
      '  tries      7',
      '  error      Hallpass may not revoke app_readonly\\u{1b}[2J (final)',
      '  next look  now',
      '  to do      Give Hallpass what it lacks there, as the text says; then retry now.',
    ].join('\n'),
  );
});

const BY_MIA = { by: { kind: 'person', userId: mia }, at: start } as const;

test('what is marked says by whom and why, and when the target is looked at next', async () => {
  const inFourMinutes = Date.now() + 4 * 60_000;
  await keepStuck({ byHand: BY_MIA, nextAt: inFourMinutes });
  await opened.store.commit({
    at: start,
    audit: ['the rack is\nscrapped', 'another text'].map((text, at) => ({
      kind: at === 0 ? ('entitlement.removed-by-hand' as const) : ('request.submitted' as const),
      actor: BY_MIA.by,
      entitlementId: ENTITLEMENT.id,
      facts: {},
      text,
    })),
  });

  const lines = (await hallpass('stuck')).out.split('\n').slice(8);
  expect(lines.map((line) => line.replace(/ \(in .*\)/, ' (SOON)'))).toEqual([
    '  tries      7',
    '  last error Hallpass may not revoke app_readonly\\u{1b}[2J (final)',
    '  marked     as removed by hand by U01MIA, 2026-11-23T09:00:00Z; could not be read back',
    '  reason     the rack is\\u{a}scrapped',
    `  next look  ${new Date(inFourMinutes).toISOString().replace(/\.\d+/, '')} (SOON)`,
    '  to do      Nothing to do. Hallpass looks every 5 min; once it can read back that the access is gone, this entry goes too.',
  ]);
});

test('what was marked just now is not said to have been looked at', async () => {
  await keepStuck({ byHand: BY_MIA, nextAt: start });

  const { out } = await hallpass('stuck');
  expect(out).toContain(
    '\n  marked     as removed by hand by U01MIA, 2026-11-23T09:00:00Z; not looked at since\n',
  );
  expect(out).toContain('\n  next look  now\n');
});

test('a second mark says whose place it takes', async () => {
  await keepStuck({ byHand: BY_MIA });

  expect((await hallpass('removed', 'ent-1', '--reason', 'seen to be gone')).out).toContain(
    'ent-1 is marked as removed by hand. It was marked already, by U01MIA at 2026-11-23T09:00:00Z: your mark takes its place,',
  );
  expect((await hallpass('retry', 'ent-1')).out).not.toContain('marked already');
});

describe('ids', () => {
  const LONG = 'E-1a2b3c4d-7f0c-4a39-9a3c-0f6c1d2e8b11';

  async function keepIds(...ids: string[]): Promise<void> {
    await opened.store.commit({
      at: start,
      entitlements: ids.map((id) => ({
        ...ENTITLEMENT,
        id: asEntitlementId(id),
        account: { id, name: 'dana' },
      })),
      audit: [],
    });
  }

  test('are shown as short as tells one from all others', async () => {
    await keepIds(LONG, 'E-1a2b3c4e-0000', 'E-99999999-0000', 'E-99999999-1111');

    const listed = (await hallpass('stuck')).out.match(/^E-.*$/gm);
    expect(listed?.toSorted()).toEqual(['E-1a2b3c4d', 'E-1a2b3c4e', 'E-99999999-0000', 'E-99999999-1111']);
  });

  test.each(['E-1a2b3c', '1a2b3c4d', 'e-1A2B3C4D', LONG])('%s is enough of one', async (typed) => {
    await keepIds(LONG, 'E-1a2b3d');

    expect(await hallpass('retry', typed)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^E-1a2b3c4d is due now\./),
    });
  });

  test('fewer than six letters are not taken for one', async () => {
    await keepIds(LONG);

    expect(await hallpass('retry', 'E-1a2b3')).toMatchObject({
      code: 1,
      err: expect.stringContaining('nothing is stuck under E-1a2b3.'),
    });
  });

  test('a beginning that several have is refused, and nothing is done', async () => {
    await keepIds('E-1a2b3c-1', 'E-1a2b3c-2');

    expect(await hallpass('removed', '1a2b3c', '--reason', 'gone')).toMatchObject({
      code: 1,
      err: expect.stringContaining('several ids begin with 1a2b3c: type more'),
    });
    expect(await opened.store.auditEvents({ after: 0, limit: 1 })).toEqual([]);
  });
});

test('nothing stuck is said, too', async () => {
  expect(await hallpass('stuck')).toEqual({
    code: 0,
    out: 'Nothing is stuck: all that should be gone was read back as gone.',
    err: '',
  });
});

test('a retry is due at once, and on record under the name of whoever typed it', async () => {
  await keepStuck();
  const before = Date.now();
  expect((await hallpass('retry', 'ent-1')).code).toBe(0);

  const row = await opened.store.entitlement(asEntitlementId('ent-1'));
  expect(row?.nextAt).toBeGreaterThanOrEqual(before);
  expect(row?.nextAt).toBeLessThanOrEqual(Date.now());
  const [event] = await opened.store.auditEvents({ after: 0, limit: 1 });
  expect(event).toMatchObject({ kind: 'entitlement.retried', actor: { kind: 'operator' } });
});

test('a mark stands in the row with its reason in the audit, and lets nothing go before the bot has looked', async () => {
  await keepStuck();
  expect((await hallpass('removed', 'ent-1', '--reason', 'the server is scrapped')).code).toBe(0);

  const state = await opened.store.entitlementState(asEntitlementId('ent-1'));
  expect(state).toMatchObject({
    entitlement: { ours: true, byHand: { by: { kind: 'operator' } } },
    holders: [{ grant: { state: 'ending' }, hold: { state: 'held' } }],
  });
  const [event] = await opened.store.auditEvents({ after: 0, limit: 1 });
  expect(event).toMatchObject({
    kind: 'entitlement.removed-by-hand',
    text: 'the server is scrapped',
    facts: { error: 'final', attempts: 7 },
  });
});

test.each([
  ['stuck', 'now'],
  ['retry'],
  ['retry', 'ent-1', 'ent-2'],
  ['removed', 'ent-1'],
  ['removed', 'ent-1', '--reason', ' '],
  ['removed', 'ent-1', '--why', 'gone'],
  ['removed', 'ent-1', '--reason', 'x'.repeat(501)],
])('`hallpass %s %s …` typed wrong says how it is typed', async (name, ...args) => {
  await keepStuck();
  expect(await hallpass(name, ...args)).toMatchObject({
    code: 2,
    err: expect.stringMatching(/^(hallpass: .*\n\n)?Usage: hallpass /),
  });
});

test('what is not stuck is refused in words', async () => {
  expect(await hallpass('retry', 'E-nothing')).toMatchObject({
    code: 1,
    err: 'hallpass: nothing is stuck under E-nothing. `hallpass stuck` lists what is.',
  });
  await keepStuck({ attempts: 0, failingSince: null, error: null });
  expect(await hallpass('removed', 'ent-1', '--reason', 'gone')).toMatchObject({
    code: 1,
    err: 'hallpass: ent-1 is not stuck any more. Nothing was done.',
  });
});
