import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCommand } from '../../src/cli.js';
import { asEntitlementId } from '../../src/domain/ids.js';
import type { TestStore } from '../support/open-store.js';
import { openTestStore } from '../support/open-store.js';
import { aHold, anApprovedRequest, anEndingGrant, anEntitlement, mia, start } from '../support/rows.js';

let opened: TestStore;
beforeEach(async () => {
  opened = await openTestStore();
});
afterEach(() => opened.close());

async function hallpass(
  name: string,
  ...args: string[]
): Promise<{ code: number; out: string; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCommand(name, {
    args,
    env: { DATABASE_URL: `file:${opened.path}` },
    stopping: new AbortController().signal,
    isTerminal: false,
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
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
      '  holder     U03DANA',
      '  since      2026-11-23T09:00:00Z (AGE)',
      '  tries      7',
      '  error      Hallpass may not revoke app_readonly\\u{1b}[2J (final)',
      '  to do      Give Hallpass what it lacks there, as the text says; then retry now.',
    ].join('\n'),
  );
});

test('what is marked says by whom', async () => {
  await keepStuck({ byHand: { by: { kind: 'person', userId: mia }, at: start } });

  expect((await hallpass('stuck')).out).toContain(
    '\n  marked     as removed by hand by U01MIA, 2026-11-23T09:00:00Z; could not be read back\n',
  );
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
