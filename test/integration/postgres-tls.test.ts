import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Connector } from '../../src/ports.js';
import { callWithin, failureOf } from '../support/connector-contract.js';
import { startPostgresTarget, type PostgresTarget } from '../support/postgres-target.js';
import { selfSigned } from '../support/self-signed.js';

for (const version of ['15', '18'] as const) {
  describe(`TLS to PostgreSQL ${version}`, () => {
    let target: PostgresTarget;
    let folder: string;
    beforeAll(async () => {
      target = await startPostgresTarget(version);
      folder = await mkdtemp(join(tmpdir(), 'hallpass-tls-'));
    });
    afterAll(async () => {
      await target.stop();
      await rm(folder, { recursive: true });
    });

    async function trusting(authority: string): Promise<Connector> {
      const ca = join(folder, 'ca.pem');
      await writeFile(ca, authority);
      return target.connect({ settings: { ca } });
    }
    async function serve({ cert, key }: { cert: string; key: string }): Promise<void> {
      for (const [file, pem] of Object.entries({ 'server.crt': cert, 'server.key': key })) {
        await target.sql(`COPY (SELECT regexp_split_to_table('${pem.trim()}', '\n'))
          TO PROGRAM 'umask 077 && cat > ${file}'`);
      }
      await turnTls('on');
    }
    async function turnTls(wanted: 'on' | 'off'): Promise<void> {
      await target.sql(`ALTER SYSTEM SET ssl = ${wanted}`);
      await target.server.restart();
    }

    test('a server without it is not talked to where it is asked for', async () => {
      await turnTls('off');
      const connector = await trusting(selfSigned('127.0.0.1').cert);

      const error = await failureOf(connector.ping(callWithin()), target.secrets);

      expect(error).toMatchObject({ kind: 'unreachable', message: expect.stringContaining('has no TLS') });
    });

    test('a server with a certificate for its address, by the named authority, is talked to', async () => {
      const pair = selfSigned('127.0.0.1');
      await serve(pair);
      const connector = await trusting(pair.cert);

      await connector.ping(callWithin());

      expect(
        await target.sql(
          `SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'hallpass'`,
        ),
      ).toEqual([{ ssl: true }]);
      await connector.close();
    });

    test('a server with a certificate for another host, or by another authority, is not', async () => {
      const elsewhere = selfSigned('db.example.com');
      await serve(elsewhere);

      const host = await failureOf((await trusting(elsewhere.cert)).ping(callWithin()), target.secrets);
      const stranger = await trusting(selfSigned('127.0.0.1').cert);
      const authority = await failureOf(stranger.ping(callWithin()), target.secrets);

      expect(host.message).toContain('its certificate is for another host');
      expect(authority.message).toContain('its certificate is not from a known authority');
    });

    test('an authority that cannot be read is told by its path', async () => {
      const connector = target.connect({ settings: { ca: join(folder, 'missing.pem') } });

      expect((await failureOf(connector.ping(callWithin()))).message).toContain('missing.pem');
    });
  });
}
