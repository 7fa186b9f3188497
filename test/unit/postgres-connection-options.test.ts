import { inspect } from 'node:util';
import { Client } from 'pg';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { connectionOptions, type Connecting } from '../../src/connectors/postgres/connection-options.js';
import { nameProblem, settingsSchema } from '../../src/connectors/postgres/settings.js';
import { ConnectorError } from '../../src/ports.js';

function optionsFor(url: string, more: Partial<Connecting> = {}): ReturnType<typeof connectionOptions> {
  return connectionOptions({ url, source: 'env:DB', ca: null, plaintextAccepted: false, ...more });
}

describe('TLS', () => {
  test.each([
    'db.example.com',
    '10.0.0.7',
    '192.168.1.1',
    'localhost.example.com',
    '127.example.com',
    '[2001:db8::1]',
  ])('is required and verified on the way to %s', (host) => {
    expect(optionsFor(`postgres://bot:pw@${host}/orders`).ssl).toMatchObject({
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
    });
  });

  test.each(['localhost', '127.0.0.1', '127.8.9.1', '[::1]', '%2Fvar%2Frun%2Fpostgresql'])(
    'is not needed where %s leads nowhere else',
    (host) => {
      expect(optionsFor(`postgres://bot:pw@${host}/orders`).ssl).toBe(false);
    },
  );

  test('is left out elsewhere only if somebody wrote why', () => {
    const url = 'postgres://bot:pw@db.example.com/orders';
    expect(optionsFor(url, { plaintextAccepted: true }).ssl).toBe(false);
    expect(settingsSchema.safeParse({ url: 'env:DB', accept_plaintext: true }).success).toBe(false);
    expect(settingsSchema.safeParse({ url: 'env:DB', accept_plaintext: 'yes' }).success).toBe(false);
  });

  test('is verified wherever an authority is named, also on this machine', () => {
    const options = optionsFor('postgres://bot:pw@127.0.0.1/orders', { ca: 'PEM', plaintextAccepted: true });

    expect(options.ssl).toMatchObject({ rejectUnauthorized: true, ca: 'PEM' });
  });

  test('checks the certificate against the host of the URL, an IP address too', () => {
    const { ssl } = optionsFor('postgres://bot:pw@10.0.0.7/orders');
    const certificate = { subject: { CN: 'localhost' }, subjectaltname: 'DNS:localhost' };

    const check = typeof ssl === 'object' ? ssl.checkServerIdentity : undefined;

    // @ts-expect-error a whole certificate has much more in it that does not matter here
    expect(check?.('localhost', certificate)).toBeInstanceOf(Error);
    // @ts-expect-error as above
    expect(check?.('localhost', { ...certificate, subjectaltname: 'IP Address:10.0.0.7' })).toBeUndefined();
  });
});

describe('the URL', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test('is taken apart with its escapes', () => {
    const options = optionsFor('postgresql://b%40t:p%2Fw%3A@db.example.com:6543/or%20ders');

    expect(options).toMatchObject({ host: 'db.example.com', port: 6543, user: 'b@t', database: 'or ders' });
    expect(typeof options.password === 'function' ? options.password() : '').toBe('p/w:');
  });

  test('is all that counts: the environment of the process adds nothing', () => {
    for (const [name, value] of Object.entries({
      PGPASSWORD: 'env',
      PGPORT: '1',
      PGSSLMODE: 'no-verify',
      PGOPTIONS: '-c a=b',
      PGAPPNAME: 'env',
      PGSSLNEGOTIATION: 'direct',
    })) {
      vi.stubEnv(name, value);
    }
    const options = optionsFor('postgres://bot@localhost/orders');

    expect(new Client(options)).toMatchObject({ port: 5432, host: 'localhost', ssl: false });
    expect(options.application_name).toBe('hallpass');
    expect(typeof options.password === 'function' ? options.password() : null).toBe('');
    expect(options.sslnegotiation).toBe('postgres');
  });

  test.each([
    'canary',
    'https://bot:canary@host/db',
    'postgres://bot:canary@/db',
    'postgres://:canary@host/db',
    'postgres://bot:canary@host',
    'postgres://bot:canary@host/db?sslmode=disable',
    'postgres://bot:canary@host/db#frag',
    'postgres://bot:canary%zz@host/db',
    'postgres://bot:ca/nary@host/db',
    'postgres://bot:1?canary@host/db',
  ])('%j is refused without being repeated', (url) => {
    let thrown: unknown;
    try {
      optionsFor(url);
    } catch (error) {
      thrown = error;
    }

    expect(thrown).toBeInstanceOf(ConnectorError);
    expect(inspect(thrown, { depth: Infinity, showHidden: true })).not.toMatch(/canary|nary|%zz/);
    expect(thrown).toMatchObject({ message: expect.stringContaining('env:DB') });
  });

  test('never stands in the catalog itself', () => {
    expect(settingsSchema.safeParse({ url: 'postgres://bot:pw@host/db' }).success).toBe(false);
    expect(settingsSchema.safeParse({ url: 'env:DB' }).success).toBe(true);
    expect(settingsSchema.safeParse({ url: 'file:/run/secrets/db' }).success).toBe(true);
    expect(settingsSchema.safeParse({ url: 'env:DB', sslmode: 'disable' }).success).toBe(false);
  });
});

describe('names', () => {
  test.each(['dana', 'app_readonly', 'dana@example.com', '_x', 'a-b.c$', 'n'.repeat(63)])(
    '%s is taken',
    (name) => {
      expect(nameProblem(name)).toBeNull();
    },
  );

  test.each([
    '',
    'Dana',
    '1st',
    'a b',
    'public',
    'none',
    'pg_monitor',
    'n'.repeat(64),
    'dän',
    'a\u0000',
    'a\n',
    '\u202Ea',
  ])('%j is refused', (name) => {
    expect(nameProblem(name)).not.toBeNull();
  });
});
