import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadCatalog } from '../../src/catalog/load-catalog.js';
import { runCommand } from '../../src/cli.js';
import { connectorKinds } from '../../src/connectors/registry.js';
import { RIGHT, withChange } from '../support/catalog-text.js';
import { openTestStore, type TestStore } from '../support/open-store.js';
import { aHold, aGrant, anApprovedRequest, anEntitlement, start } from '../support/rows.js';

let opened: TestStore;
let file: string;
beforeEach(async () => {
  opened = await openTestStore();
  file = join(dirname(opened.path), 'access.yaml');
  writeFileSync(file, RIGHT);
});
afterEach(() => opened.close());

async function reconcile(): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const code = await runCommand('reconcile', {
    args: [],
    env: { DATABASE_URL: `file:${opened.path}`, CATALOG: file },
    stopping: new AbortController().signal,
    onHangUp: () => undefined,
    isTerminal: false,
    out: (text) => void (said.out += `${text}\n`),
    err: (text) => void (said.err += `${text}\n`),
  });
  return { code, ...said };
}

async function keep(source: string): Promise<void> {
  const loaded = loadCatalog({ source, file, kinds: connectorKinds });
  const sha256 = loaded.ok ? loaded.catalog.sha256 : '';
  await opened.store.keepCatalog({ sha256, source }, start);
}

async function giveDana(): Promise<void> {
  await opened.store.commit({
    at: start,
    requests: [anApprovedRequest()],
    grants: [aGrant()],
    entitlements: [anEntitlement()],
    holds: [aHold()],
    audit: [],
  });
}

test('a target that cannot be read is not told as one where nobody holds anything', async () => {
  await keep(RIGHT);
  await giveDana();

  const { code, out, err } = await reconcile();

  expect({ code, err }).toEqual({ code: 1, err: '' });
  expect(out).toBe(
    [
      'orders-db: not read, so what is held there is not known',
      '  The secret is missing: the environment variable ORDERS_DB_URL is not set; set it where Hallpass runs, and restart it',
      '',
    ].join('\n'),
  );
});

test('a simulated target is said to be one', async () => {
  const source = RIGHT.replaceAll('use: postgres', 'use: simulate')
    .replace('    url: env:ORDERS_DB_URL\n', '')
    .replace('    end_sessions: true\n', '');
  writeFileSync(file, source);

  expect(await reconcile()).toEqual({
    code: 0,
    out: 'orders-db: simulated, so there is no target to look at\n',
    err: '',
  });
});

test('where the catalog is broken it goes by the last good one, as the bot does, and says so', async () => {
  await keep(RIGHT);
  writeFileSync(file, withChange('admins: [leads]', 'admins: [leeds]'));

  const { code, out, err } = await reconcile();

  expect(code).toBe(1);
  expect(out).toMatch(/^orders-db: /);
  expect(err).toMatch(/^hallpass: the catalog is broken, so this goes by the last good one, as the bot does/);
  expect(err).toContain('unknown group "leeds"');
});

test('a broken catalog and no good one before it is refused', async () => {
  writeFileSync(file, withChange('admins: [leads]', 'admins: [leeds]'));

  expect(await reconcile()).toMatchObject({
    code: 2,
    out: '',
    err: expect.stringMatching(/^hallpass: the catalog is broken, and there is no good one from before.*\n/),
  });
});

test('a catalog that the bot has not taken up yet is said to be one', async () => {
  await keep(RIGHT);
  writeFileSync(file, `${RIGHT}# changed\n`);

  const { err } = await reconcile();

  expect(err).toContain(`this goes by ${file}, which was changed since Hallpass last took it`);
});
