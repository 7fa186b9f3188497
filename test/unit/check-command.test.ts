import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { runCommand } from '../../src/cli.js';
import type { Environment } from '../../src/variables.js';

const folder = mkdtempSync(join(tmpdir(), 'hallpass-check-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function check(
  args: readonly string[],
  env: Environment = {},
): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const code = await runCommand('check', {
    args,
    env,
    stopping: new AbortController().signal,
    onHangUp: () => undefined,
    isTerminal: false,
    out: (text) => void (said.out += `${text}\n`),
    err: (text) => void (said.err += `${text}\n`),
  });
  return { code, ...said };
}

const EXAMPLE = 'access.example.yaml';

describe('hallpass check', () => {
  test('a file that is not there is told without a word about CATALOG, which was not asked', async () => {
    expect(await check(['nope.yaml'])).toEqual({
      code: 1,
      out: '',
      err: 'nope.yaml: there is no such file; give the path of a catalog, such as access.example.yaml\n',
    });
  });

  test('a directory is told from a catalog', async () => {
    const { err } = await check([folder]);

    expect(err).toBe(
      `${folder}: that is a directory, and no catalog; give the path of a catalog, such as access.example.yaml\n`,
    );
  });

  test('without an argument the advice is about CATALOG', async () => {
    expect(await check([], { CATALOG: join(folder, 'gone.yaml') })).toMatchObject({
      code: 1,
      err: expect.stringContaining('there is no such file; set CATALOG to its path, or copy'),
    });
  });

  test('CATALOG beside CATALOG_FILE is refused, as at the start', async () => {
    expect(await check([], { CATALOG: EXAMPLE, CATALOG_FILE: EXAMPLE })).toMatchObject({
      code: 2,
      err: expect.stringContaining('CATALOG: is set, and so is CATALOG_FILE'),
    });
  });

  test('a secret that is not set here is a warning that names the connector and the variable', async () => {
    const { code, out, err } = await check([EXAMPLE]);

    expect(code).toBe(0);
    expect(out).toContain(`${EXAMPLE} is a valid catalog`);
    expect(err).toContain(
      'connector orders-db: the environment variable ORDERS_DB_URL is not set; set it where Hallpass runs, and restart it (a warning)\n',
    );
  });

  test('secrets that can be read are no warning, and are not shown', async () => {
    const set = (await check([EXAMPLE])).err.matchAll(/the environment variable (\w+) is/g);
    const env = Object.fromEntries([...set].map(([, name = '']) => [name, 'canary-value']));
    const checked = await check([EXAMPLE], env);

    expect(Object.keys(env)).toContain('ORDERS_DB_URL');
    expect(checked.err).not.toContain('environment variable');
    expect(JSON.stringify(checked)).not.toContain('canary-value');
  });

  test('a list of secrets and a file are looked at, too', async () => {
    const file = join(folder, 'access.yaml');
    const missing = join(folder, 'missing');
    writeFileSync(
      file,
      `version: 1
groups: { all: { users: [U03DANA] }, leads: { users: [U01MIA] } }
admins: [leads]
alarm_channel: C0APPROVALS
connectors:
  crm:
    use: webhook
    url: https://crm.example.com
    secrets: [env:NEW_SECRET, file:${missing}]
    manage: [support]
    end_sessions: false
    identity: { map: { U03DANA: dana } }
policies:
  standard: { request: [all], approve: [{ from: [leads] }], duration: { default: 30m, max: 4h }, channel: C0APPROVALS }
resources:
  crm: { title: CRM, policy: standard, roles: { support: { entitlements: [{ connector: crm, role: support }] } } }
`,
    );

    expect((await check([file], { NEW_SECRET: ' ' })).err).toBe(
      [
        'connector crm: the environment variable NEW_SECRET is not set; set it where Hallpass runs, and restart it (a warning)',
        `connector crm: the file ${missing} cannot be read; check the path and who may read it (a warning)`,
        '',
      ].join('\n'),
    );
  });
});
