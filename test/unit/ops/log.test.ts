import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createLog, type LogLevel } from '../../../src/ops/log.js';
import { scrubText } from '../../../src/ops/scrub.js';
import { ConnectorError } from '../../../src/ports.js';

const lineSchema = z.record(z.string(), z.unknown());

function logInto(options: { level?: LogLevel; pretty?: boolean } = {}) {
  const written: string[] = [];
  const log = createLog({
    level: options.level ?? 'info',
    pretty: options.pretty ?? false,
    destination: { write: (line) => written.push(line) },
  });
  return { log, written, lines: () => written.map((line) => lineSchema.parse(JSON.parse(line))) };
}

test('a line is one JSON object with its level, time, facts and message', () => {
  const { log, lines } = logInto();
  log.info({ grantId: 'grt_1', minutes: 30 }, 'Grant opened');
  expect(lines()).toEqual([
    {
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      grantId: 'grt_1',
      minutes: 30,
      msg: 'Grant opened',
    },
  ]);
});

test('lines below the level are not written', () => {
  const { log, written } = logInto({ level: 'warn' });
  log.debug({}, 'a');
  log.info({}, 'b');
  log.warn({}, 'c');
  log.error({}, 'd');
  expect(written).toHaveLength(2);
});

const secrets = {
  botToken: 'xoxb-123-456-abcDEF',
  appToken: 'xapp-1-A0-99-deadbeef',
  rotated: 'xoxe.xoxp-1-Mi0yLTEt',
  urlPassword: 'hunter2',
  oddUrlPassword: 'p@ss/w0rd',
  responseUrl: 'https://hooks.slack.com/commands/T1/22/s3cr3t',
  bearer: 'eyJhbGciOi.JIUzI1NiJ9.x',
  typed: 'because my cat is called Mia',
  header: 'v0=a1b2c3d4',
};

test.each([
  ['a token under its key', { token: 'opaque-1', bot_token: 'opaque-2', appToken: 'opaque-3' }, /opaque/],
  ['a deep token', { slack: { auth: { clientSecret: 'opaque' } } }, /opaque/],
  ['a token in a text', { detail: `used ${secrets.botToken} and ${secrets.appToken}` }, /123-456|deadbeef/],
  ['a rotated token', { detail: secrets.rotated }, /Mi0yLTEt/],
  ['a URL password', { url: `redis://app:${secrets.urlPassword}@cache:6379/0` }, /hunter2/],
  ['an unencoded URL password', { url: `postgres://app:${secrets.oddUrlPassword}@db/orders` }, /p@ss|w0rd/],
  ['a URL without a user name', { url: `redis://:${secrets.urlPassword}@cache` }, /hunter2/],
  ['a libpq password', { dsn: `host=db password=${secrets.urlPassword} dbname=x` }, /hunter2/],
  ['a response_url under its key', { response_url: 'opaque' }, /opaque/],
  ['a response_url in a text', { detail: `POST ${secrets.responseUrl} failed` }, /s3cr3t/],
  ['a GitHub token', { detail: 'ghs_abc123 and github_pat_11ABC_x9' }, /abc123|11ABC/],
  ['a bearer token', { detail: `Authorization: Bearer ${secrets.bearer}` }, /eyJhb/],
  ['what a person typed', { reason: secrets.typed, view: { text: secrets.typed } }, /cat/],
  ['headers', { request: { headers: { 'x-slack-signature': secrets.header } } }, /a1b2/],
  [
    'a list',
    { urls: [`redis://:${secrets.urlPassword}@a`, [`redis://:${secrets.urlPassword}@b`]] },
    /hunter2/,
  ],
])('%s is not written', (_what, facts, secret) => {
  const { log, written } = logInto();
  log.warn(facts, 'Something happened');
  expect(written.join('')).toContain('[removed]');
  expect(written.join('')).not.toMatch(secret);
});

test.each([
  'Basic auth is switched off',
  'the basic functions of the target are missing',
  'BASIC Authentication is refused.',
  'only basic read-only access',
  'a basic idea',
])('"%s" is no credential', (text) => {
  expect(scrubText(text)).toBe(text);
});

test.each([
  ['a long word', 'abcdefghijklmnopqrst'],
  ['letters of both cases', 'dXNl'],
  ['digits', 'a1b2'],
  ['capitals', 'AUTH'],
  ['a colon alone', 'Og=='],
])('in doubt what follows Basic is taken for a credential: %s', (_what, credential) => {
  expect(scrubText(`Basic ${credential} x`)).toBe('Basic [removed] x');
});

test('no credential of Basic authentication is written, whatever it is and wherever it stands', () => {
  const piece = fc.string({ unit: fc.constantFrom(...Array.from('abcdefgxyzABZ019 :-_äß✓')), maxLength: 24 });
  const user = piece.map((text) => text.replaceAll(':', ''));
  const encoding = fc.constantFrom('base64' as const, 'base64url' as const);
  const around = fc.constantFrom('', ' ', '"', ', ', '. ', '\n', '}');
  const basic = fc.constantFrom(
    'Basic ',
    'basic ',
    'BASIC  ',
    'Authorization: Basic ',
    '"authorization":"Basic ',
  );
  fc.assert(
    fc.property(
      user,
      piece,
      encoding,
      around,
      basic,
      fc.boolean(),
      (name, password, how, after, before, bare) => {
        const encoded = Buffer.from(`${name}:${password}`).toString(how);
        const credential = bare ? encoded.replace(/=+$/, '') : encoded;
        expect(scrubText(`x ${before}${credential}${after}`)).toBe(
          `x ${before.trimEnd()} [removed]${after.startsWith('.') ? after.slice(1) : after}`,
        );
      },
    ),
    { numRuns: 2_000 },
  );
});

test('of a credential that was cut off no letter of the password is written', () => {
  const word = fc.string({ unit: fc.constantFrom(...Array.from('abcdexyz0')), minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(word, word, fc.nat(40), (name, password, length) => {
      const credential = Buffer.from(`${name}:${password}`).toString('base64').slice(0, length);
      const shown = scrubText(`Basic ${credential}`).replace(/^Basic ?/, '');
      expect(Buffer.from(shown, 'base64').includes(':')).toBe(false);
    }),
    { numRuns: 2_000 },
  );
});

test('a secret in the message itself is not written', () => {
  const { log, written } = logInto();
  log.warn({}, `Cannot use redis://:${secrets.urlPassword}@cache`);
  expect(written.join('')).not.toContain(secrets.urlPassword);
});

test('what holds no secret is written as it is', () => {
  const facts = {
    url: 'https://example.com/a?b=c',
    entitlementId: 'ent_1',
    at: 17,
    ok: true,
    none: null,
    list: [1, 'a'],
  };
  const { log, lines } = logInto();
  log.info(facts, 'Read back');
  expect(lines()[0]).toMatchObject(facts);
});

test('an error keeps its type, code and stack, and its cause, but no secret and nothing else', () => {
  class ReplyError extends Error {
    override name = 'ReplyError';
    code = 'WRONGPASS';
    command = { name: 'auth', args: ['default', secrets.urlPassword] };
  }
  const cause = new ReplyError(`cannot log in to redis://app:${secrets.urlPassword}@cache`);
  const { log, lines, written } = logInto();
  log.error({ err: new TypeError('outer', { cause }) }, 'Redis client error');
  expect(lines()[0]?.['err']).toEqual({
    type: 'TypeError',
    message: 'outer',
    stack: expect.stringContaining('log.test.ts'),
    cause: {
      type: 'ReplyError',
      code: 'WRONGPASS',
      message: 'cannot log in to redis://[removed]@cache',
      stack: expect.stringContaining('log.test.ts'),
    },
  });
  expect(written.join('')).not.toContain(secrets.urlPassword);
});

test('what a connector foresaw is told without a stack, and so is its cause', () => {
  const cause = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });
  const { log, lines, written } = logInto();
  log.warn({ err: new ConnectorError('unreachable', 'Nothing listens there', { cause }) }, 'x');

  expect(lines()[0]?.['err']).toEqual({
    type: 'ConnectorError',
    message: 'Nothing listens there',
    cause: { type: 'Error', code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 127.0.0.1:5432' },
  });
  expect(written.join('')).not.toContain('log.test.ts');
});

test('each of several errors at once is described, as Node raises them for a host with several addresses', () => {
  const { log, lines } = logInto();
  log.error(
    { err: new AggregateError([new Error('ECONNREFUSED ::1'), new Error('ECONNREFUSED 127.0.0.1')]) },
    'x',
  );
  expect(lines()[0]?.['err']).toMatchObject({
    type: 'AggregateError',
    errors: [{ message: 'ECONNREFUSED ::1' }, { message: 'ECONNREFUSED 127.0.0.1' }],
  });
});

test('facts that go round in a circle, or hold what JSON does not, do not break the log', () => {
  const circle: Record<string, unknown> = { big: 12n, at: new Date(0), bad: new Date(Number.NaN) };
  circle['self'] = circle;
  const { log, lines } = logInto();
  log.info({ circle }, 'Round');
  expect(lines()[0]?.['circle']).toMatchObject({
    big: '12',
    at: '1970-01-01T00:00:00.000Z',
    bad: 'Invalid Date',
  });
});

test('for people a line is pretty, and no secret is in it either', () => {
  const { log, written } = logInto({ pretty: true });
  log.error(
    { err: new Error(`redis://:${secrets.urlPassword}@cache is away`), grantId: 'grt_1' },
    'Grant failed',
  );
  const shown = written.join('');
  expect(shown).toContain('Grant failed');
  expect(shown).toContain('grt_1');
  expect(shown).toContain('is away');
  expect(shown).not.toMatch(/^\{/);
  expect(shown).not.toContain(secrets.urlPassword);
});
