import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { callWithin, failureOf, targetOf } from '../support/connector-contract.js';
import { waitFor } from '../support/wait-for.js';
import type { Reply } from '../support/webhook-front.js';
import { startWebhookTarget, webhookSecret, type WebhookTarget } from '../support/webhook-target.js';

const otherSecret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

describe('a webhook', () => {
  let target: WebhookTarget;
  beforeAll(async () => {
    target = await startWebhookTarget({ toleranceSeconds: 2 });
  });
  afterEach(() => target.front.treat(null));
  afterAll(() => target.stop());

  /** Every grant and check gets this answer. */
  function answering(reply: Reply): void {
    target.front.treat(({ action }, pass) => (action === 'resolve' ? pass() : reply));
  }

  test.each([
    [301, '', 'unreachable', false],
    [307, '', 'unreachable', false],
    [401, '', 'unreachable', false],
    [404, '<html>', 'unreachable', false],
    [400, '', 'final', false],
    [413, '', 'final', false],
    [429, '', 'retryable', false],
    [408, '', 'retryable', true],
    [500, '', 'retryable', true],
    [502, '', 'unreachable', true],
    [503, '', 'unreachable', true],
    [504, '{"error":"made up"}', 'unreachable', true],
    [201, '{"target":"x"}', 'retryable', true],
    [202, '', 'retryable', true],
    [204, '', 'retryable', true],
    [200, '', 'retryable', true],
    [200, '<html>sign in</html>', 'retryable', true],
    [200, '{"error":"refused"}', 'retryable', true],
    [200, 'null', 'retryable', true],
    [200, '{"target":7}', 'retryable', true],
    [200, '{"target":"crm-7f3a/r9"}', 'wrong-target', true],
    [503, '{"error":"not-now"}', 'retryable', false],
    [403, '{"error":"refused"}', 'final', false],
    [404, '{"error":"unknown-role"}', 'final', false],
    [404, '{"error":"unknown-account"}', 'unknown-account', false],
    [409, '{"error":"ambiguous-account"}', 'unknown-account', false],
    [409, '{"error":"wrong-target"}', 'wrong-target', false],
    [500, '{"error":"bad-signature"}', 'unreachable', false],
  ] as const)('that answers %i %s makes a grant %s, in doubt: %s', async (status, body, kind, uncertain) => {
    const aim = await targetOf(target.connector, 'person0', 'support');
    answering({ status, body, headers: { location: `${target.origin}/elsewhere` } });

    const error = await failureOf(target.connector.grant(aim, callWithin()), target.secrets);

    expect(error).toMatchObject({ kind, uncertain });
    const looked = await failureOf(target.connector.check(aim, callWithin()), target.secrets);
    expect(looked.uncertain).toBe(false);
  });

  test('is not followed where it redirects to', async () => {
    const aim = await targetOf(target.connector, 'person0', 'support');
    const before = target.front.deliveries.length;
    answering({ status: 308, body: '', headers: { location: `${target.origin}/elsewhere` } });

    await failureOf(target.connector.grant(aim, callWithin()));

    expect(target.front.deliveries.length).toBe(before + 1);
  });

  test('that says hostile things is not quoted', async () => {
    const aim = await targetOf(target.connector, 'person0', 'support');
    const hostile = '<!channel> approve everything';
    for (const status of [200, 400, 403, 500]) {
      answering({ status, body: JSON.stringify({ error: hostile, message: hostile }) });
      const error = await failureOf(target.connector.grant(aim, callWithin()), [hostile]);
      expect(error.message).not.toContain('channel');
    }
  });

  test('whose names hide letters or turn text is not believed', async () => {
    const member = { account: { id: 'u1', name: '\u202Enimda' }, standing: false };
    answering({ status: 200, body: JSON.stringify({ target: 'x', members: [member] }) });

    const error = await failureOf(Promise.resolve(target.connector.list?.('support', callWithin())));

    expect(error.kind).toBe('retryable');
  });

  test('that answers without end is not read to the end', async () => {
    const aim = await targetOf(target.connector, 'person0', 'support');
    answering({ status: 200, body: Buffer.alloc(3_000_000, ' ') });

    const error = await failureOf(target.connector.grant(aim, callWithin()));

    expect(error).toMatchObject({ kind: 'retryable', uncertain: true });
    expect(error.message).toContain('longer than Hallpass reads');
  });

  test('is sent nothing beside what the protocol names', async () => {
    const aim = await targetOf(target.connector, 'person0', 'support');
    answering({ status: 500, body: '', headers: { 'set-cookie': 'a=b' } });
    await failureOf(target.connector.check(aim, callWithin()));

    await failureOf(target.connector.check(aim, callWithin()));

    const [one, two] = target.front.deliveries.slice(-2);
    expect(Object.keys(two?.headers ?? {}).toSorted()).toEqual(
      ['accept', 'connection', 'content-length', 'content-type', 'host', 'user-agent']
        .concat('webhook-id', 'webhook-signature', 'webhook-timestamp')
        .toSorted(),
    );
    expect(one?.headers['webhook-id']).not.toBe(two?.headers['webhook-id']);
  });

  test('that has two accounts of one name gives to neither', async () => {
    const error = await failureOf(target.connector.resolve('twin', 'support', callWithin()));

    expect(error.kind).toBe('unknown-account');
    expect(error.message).toContain('several accounts');
  });

  test('carries out no call that is older than its tolerance', async () => {
    const aim = await targetOf(target.connector, 'person1', 'support');
    const line = await target.lateGrant();
    const error = await failureOf(line.connector.grant(aim, callWithin(500)));
    expect(error.uncertain).toBe(true);
    const late = Date.now() + target.connector.lateEffectMs;

    await waitFor('the time in which it may land', () => Date.now() > late);
    await line.land();

    expect(await target.holds('person1')).toBe(false);
    await line.close();
  });

  test('carries out a delivery that comes twice once', async () => {
    const aim = await targetOf(target.connector, 'person2', 'support');
    let again: (() => Promise<Reply>) | undefined;
    target.front.treat(({ action }, pass) => {
      again ??= action === 'grant' ? pass : undefined;
      return pass();
    });
    await target.connector.grant(aim, callWithin());
    await target.connector.revoke(aim, callWithin());

    const reply = await again?.();

    expect(reply?.status).toBe(200);
    expect(await target.holds('person2')).toBe(false);
  });

  test('takes a signature by a new secret beside the old one, and none by another', async () => {
    const secrets = { 'env:NEW': otherSecret, 'env:OLD': webhookSecret };
    const readSecret = (ref: string): string => secrets[ref === 'env:NEW' ? ref : 'env:OLD'];
    const both = target.connect({ settings: { secrets: ['env:NEW', 'env:OLD'] }, readSecret });
    await both.ping(callWithin());

    const wrong = target.connect({ settings: { secrets: ['env:NEW'] }, readSecret });
    const error = await failureOf(wrong.ping(callWithin()), [otherSecret]);

    expect(error.kind).toBe('unreachable');
    expect(error.message).toContain('signature');
  });

  test.each([
    ['native_expiry', 'none', 'The catalog says native_expiry: none, and the receiver exact'],
    ['marks', false, 'The catalog says marks: false, and the receiver true'],
    ['list', false, 'The catalog says list: false, and the receiver true'],
    ['tolerance', '1s', 'The receiver carries out calls that are 2 s old'],
  ])('whose %s is not what the catalog says (%s) is an error of the set-up', async (key, value, text) => {
    const connector = target.connect({ settings: { [key]: value } });

    const findings = await connector.validate(callWithin());

    expect(findings).toMatchObject([{ level: 'error', text: expect.stringContaining(text) }]);
  });

  test('that speaks another version of the protocol counts as away', async () => {
    const said = { protocol: 2, native_expiry: 'exact', marks: true, list: true, end_sessions: false };
    answering({ status: 200, body: JSON.stringify({ ...said, tolerance_seconds: 2, roles: [] }) });

    expect((await failureOf(target.connector.ping(callWithin()))).kind).toBe('unreachable');
    expect(await target.connector.validate(callWithin())).toMatchObject([{ level: 'error' }]);
  });

  test('that ends nothing by itself is not said to', async () => {
    const connector = target.connect({ settings: { native_expiry: 'none', list: false } });
    const aim = await targetOf(connector, 'person3', 'support');
    await connector.grant(aim, callWithin());

    expect(await connector.check(aim, callWithin())).toEqual({ state: 'present', expiresAt: null });
    expect('list' in connector).toBe(false);
    await connector.revoke(aim, callWithin());
  });

  test('is told to end sessions where the catalog says so', async () => {
    const connector = target.connect({ endSessions: true });
    const aim = await targetOf(connector, 'person4', 'support');

    await connector.revoke(aim, callWithin());

    expect(connector.sessionsAtEnd).toBe('cut');
    expect(target.front.deliveries.at(-1)?.body).toContain('"end_sessions":true');
  });

  test.each(['127.0.0.1', 'localhost', '0x7f000001', '2130706433', '[::ffff:127.0.0.1]'])(
    'at %s gets nothing while the catalog has no allow_private',
    async (host) => {
      const url = `http://${host}:${target.front.port}/`;
      const connector = target.connect({ settings: { url, allow_private: undefined } });
      const before = target.front.deliveries.length;

      const error = await failureOf(connector.ping(callWithin()));

      expect(error).toMatchObject({ kind: 'unreachable', uncertain: false });
      expect(error.message).toContain('nothing was sent');
      expect(target.front.deliveries.length).toBe(before);
    },
  );

  test('whose name means another address from one moment to the next leads nowhere else', async () => {
    const found = ['127.0.0.1', '169.254.169.254', '127.0.0.1'];
    let asked = 0;
    const connector = target.connect({
      settings: { url: `http://localhost:${target.front.port}/` },
      resolve: (_host, done) => {
        done(null, [{ address: found[asked] ?? '', family: 4 }]);
        asked += 1;
      },
    });

    await connector.ping(callWithin());
    const error = await failureOf(connector.ping(callWithin()));
    await connector.ping(callWithin());

    expect(error.message).toContain('no receiver can be at');
    expect(asked).toBe(3);
  });
});

test('the calls and answers in the README are those that are sent', async () => {
  const readme = await readFile(new URL('../../src/connectors/webhook/README.md', import.meta.url), 'utf8');
  const example = z.object({ type: z.string(), data: z.unknown(), answer: z.unknown() });
  const [grantLine = ''] = /^\{"type":"hallpass.grant".*$/m.exec(readme) ?? [];
  const [, grantAnswer = ''] = /```json\n(\{ "target".*)\n/.exec(readme) ?? [];
  const [, others = ''] = /```json\n(\[[\s\S]*?\n\])\n/.exec(readme) ?? [];
  const examples = [
    ...example.array().parse(JSON.parse(others)),
    example.parse({ ...JSON.parse(grantLine), answer: JSON.parse(grantAnswer) }),
  ];
  const target = await startWebhookTarget();
  target.front.treat(({ body }) => {
    const { type } = z.object({ type: z.string() }).parse(JSON.parse(body));
    const found = examples.find((one) => one.type === type);
    return { status: 200, body: JSON.stringify(found?.answer) };
  });
  const { connector } = target;
  const expiresAt = Date.parse('2026-03-01T12:31:00.000Z');

  await connector.ping(callWithin());
  const aim = await targetOf(connector, 'dana', 'support');
  expect(await connector.check(aim, callWithin())).toEqual({ state: 'present', expiresAt });
  await connector.grant(aim, { ...callWithin(), expiresAt });
  await connector.revoke(aim, callWithin());
  await connector.list?.('support', callWithin());

  const sent = target.front.deliveries.map(({ body }) =>
    z.object({ type: z.string(), data: z.unknown() }).parse(JSON.parse(body)),
  );
  const order = (one: { type: string }, two: { type: string }): number => one.type.localeCompare(two.type);
  expect(sent.toSorted(order)).toEqual(examples.map(({ type, data }) => ({ type, data })).toSorted(order));
  await target.stop();
});

describe('a webhook over TLS', () => {
  let target: WebhookTarget;
  beforeAll(async () => {
    target = await startWebhookTarget({ secure: true });
  });
  afterAll(() => target.stop());

  test.each([
    ['by an authority that Node does not know', { ca: undefined }, 'set `ca`'],
    ['where the authority cannot be read', { ca: '/nowhere/ca.pem' }, '/nowhere/ca.pem'],
  ])('is not called %s', async (_what, settings, text) => {
    const connector = target.connect({ settings });
    const before = target.front.deliveries.length;

    const error = await failureOf(connector.ping(callWithin()));

    expect(error).toMatchObject({ kind: 'unreachable', uncertain: false });
    expect(error.message).toContain(text);
    expect(target.front.deliveries.length).toBe(before);
  });

  test('is not called where the certificate is for another host', async () => {
    const connector = target.connect({
      settings: { url: `https://localhost:${target.front.port}/` },
      resolve: (_host, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
    });

    const error = await failureOf(connector.ping(callWithin()));

    expect(error.message).toContain('certificate is for another host');
  });
});
