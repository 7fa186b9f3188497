import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createCatalogReloads } from '../../src/catalog-reloads.js';
import { openCatalog, type CatalogInForce } from '../../src/catalog/catalog-in-force.js';
import { createConnectorsInForce } from '../../src/connectors-in-force.js';
import type { Catalog } from '../../src/domain/catalog.js';
import type { Store } from '../../src/ports.js';
import { RIGHT, withChange } from '../support/catalog-text.js';
import { testKinds } from '../support/connector-kinds.js';
import { makeFolder, openTestStore, type TestStore } from '../support/open-store.js';
import { recordingLog } from '../support/recording-log.js';
import { aHold, anApprovedRequest, anEndingGrant, anEntitlement, start } from '../support/rows.js';
import { waitFor } from '../support/wait-for.js';

const OTHER = withChange('max: 4h', 'max: 2h');
const BROKEN = withChange('admins: [leads]', 'admins: [leds]');
const WITHOUT_ROLE = withChange('manage: [app_readonly, app_admin]', 'manage: [app_admin]')
  .replace(
    /^ {6}readonly: .*\n/m,
    '      other: { entitlements: [{ connector: orders-db, role: app_admin }] }\n',
  )
  .replace('default_role: readonly', 'default_role: other');

let opened: TestStore;
let file: string;
let removeFolder: () => void;
const log = recordingLog();

beforeEach(async () => {
  opened = await openTestStore();
  const { folder, remove } = makeFolder();
  file = join(folder, 'access.yaml');
  removeFolder = remove;
});
afterEach(async () => {
  await opened.close();
  removeFolder();
});

async function openWith(source: string, store: Store = opened.store): Promise<CatalogInForce> {
  writeFileSync(file, source);
  return await openCatalog({ file, kinds: testKinds, store, clock: { now: () => start }, log });
}

async function reloadWith(catalogs: CatalogInForce, source: string) {
  writeFileSync(file, source);
  const used: Catalog[] = [];
  const outcome = await catalogs.reload({ asked: null, use: (catalog) => void used.push(catalog) });
  return { outcome, used };
}

async function makeLive(): Promise<void> {
  await opened.store.commit({
    at: start,
    requests: [anApprovedRequest()],
    grants: [anEndingGrant()],
    entitlements: [anEntitlement({ nextAt: start + 60_000 })],
    holds: [aHold()],
    audit: [],
  });
}

async function lastEvent() {
  return (await opened.store.catalogEvents(0)).at(-1);
}

test('a new catalog is in force at once, is kept, and both hashes are in the audit trail', async () => {
  const catalogs = await openWith(RIGHT);
  const from = catalogs.current().catalog.sha256;

  const { outcome, used } = await reloadWith(catalogs, OTHER);

  const { catalog, endingOnly } = catalogs.current();
  expect({ outcome, endingOnly }).toEqual({ outcome: { kind: 'taken' }, endingOnly: false });
  expect(catalog.policies.get('standard')?.maxMs).toBe(2 * 3_600_000);
  expect(used).toEqual([catalog]);
  expect(await lastEvent()).toMatchObject({
    kind: 'catalog.changed',
    facts: { from, to: catalog.sha256 },
  });
  expect(await opened.store.lastCatalog()).toEqual({ sha256: catalog.sha256, source: OTHER });
});

test('the same catalog changes nothing, and is said to be the same', async () => {
  const catalogs = await openWith(RIGHT);

  expect(await reloadWith(catalogs, RIGHT)).toEqual({ outcome: { kind: 'unchanged' }, used: [] });
  expect(await lastEvent()).toMatchObject({ kind: 'catalog.unchanged' });
});

test('a broken one is refused with every problem, and what is in force stays: things still open', async () => {
  const catalogs = await openWith(RIGHT);
  const before = catalogs.current();

  const { outcome, used } = await reloadWith(catalogs, BROKEN.replace('title: Orders', 'titel: Orders'));

  const problems = [
    expect.stringContaining('unknown group "leds"'),
    expect.stringContaining('"title" is missing'),
    expect.stringContaining('unknown key "titel"'),
  ];
  expect({ outcome, used }).toEqual({ outcome: { kind: 'refused', problems }, used: [] });
  expect(catalogs.current()).toBe(before);
  expect(before.endingOnly).toBe(false);
  expect(await lastEvent()).toMatchObject({
    kind: 'catalog.refused',
    facts: { inForce: before.catalog.sha256, problems },
  });
  expect(log.lines.at(-1)).toMatchObject({ level: 'error', facts: { problems } });
});

test('one that drops what live access needs is refused', async () => {
  const entitlement = anEntitlement();
  const live = RIGHT.replaceAll('orders-db', entitlement.connector).replaceAll(
    'app_readonly',
    entitlement.role,
  );
  const without = WITHOUT_ROLE.replaceAll('orders-db', entitlement.connector);
  const catalogs = await openWith(live);
  expect((await reloadWith(catalogs, without)).outcome).toEqual({ kind: 'taken' });
  expect((await reloadWith(catalogs, live)).outcome).toEqual({ kind: 'taken' });
  await makeLive();

  expect((await reloadWith(catalogs, without)).outcome).toEqual({
    kind: 'refused',
    problems: [expect.stringContaining(`live access needs ${entitlement.role} under manage`)],
  });
  expect(catalogs.current().catalog.sha256).toBe((await opened.store.lastCatalog())?.sha256);
});

test('what was approved by the one before while a new one came in keeps the one before in force', async () => {
  const entitlement = anEntitlement();
  const live = RIGHT.replaceAll('orders-db', entitlement.connector).replaceAll(
    'app_readonly',
    entitlement.role,
  );
  const without = WITHOUT_ROLE.replaceAll('orders-db', entitlement.connector);
  let approvals: (() => Promise<void>)[] = [];
  const catalogs = await openWith(live, {
    ...opened.store,
    async connectorsInUse() {
      const inUse = await opened.store.connectorsInUse();
      await approvals.pop()?.();
      return inUse;
    },
  });
  approvals = [makeLive];
  const before = catalogs.current().catalog;
  const { outcome, used } = await reloadWith(catalogs, without);

  expect(outcome).toMatchObject({ kind: 'refused' });
  expect(catalogs.current().catalog).toBe(before);
  expect(used.at(-1)).toBe(before);
  expect(await opened.store.lastCatalog()).toMatchObject({ sha256: before.sha256 });
});

test('a mended file ends running for endings only, also where it is the last good one again', async () => {
  await openWith(RIGHT);
  const catalogs = await openWith(BROKEN);
  expect(catalogs.current().endingOnly).toBe(true);
  expect((await reloadWith(catalogs, BROKEN)).outcome).toMatchObject({ kind: 'refused' });
  expect(catalogs.current().endingOnly).toBe(true);

  expect((await reloadWith(catalogs, RIGHT)).outcome).toEqual({ kind: 'taken' });

  expect(catalogs.current().endingOnly).toBe(false);
});

test('a catalog that could not be put on record does not come into force', async () => {
  const catalogs = await openWith(RIGHT, {
    ...opened.store,
    keepCatalog: async ({ source }, at) => {
      if (source === OTHER) {
        throw new Error('the disk is full');
      }
      await opened.store.keepCatalog({ sha256: 'first', source }, at);
    },
  });
  const before = catalogs.current().catalog;

  await expect(reloadWith(catalogs, OTHER)).rejects.toThrow('the disk is full');

  expect(catalogs.current().catalog).toBe(before);
});

test('whoever asks while a reload is under way gets the file as it is after that', async () => {
  const read: string[] = [];
  const waiting: (() => void)[] = [];
  const catalogs = await openWith(RIGHT);
  const reloads = createCatalogReloads({
    catalogs: {
      current: () => catalogs.current(),
      async reload() {
        read.push('read');
        await new Promise<void>((resolve) => waiting.push(resolve));
        return { kind: 'unchanged' };
      },
    },
    store: opened.store,
    after: 0,
    use: () => undefined,
    onCatalogChanged: async () => undefined,
  });
  const first = reloads.reload();
  await waitFor('the first to read', () => read.length === 1);
  const second = reloads.reload();
  await new Promise((resolve) => setImmediate(resolve));
  expect(read).toHaveLength(1);
  waiting.shift()?.();
  await first;

  await waitFor('the second to read', () => read.length === 2);
  waiting.shift()?.();

  expect(await second).toEqual({ kind: 'unchanged' });
});

test('what has been looked through for somebody who asks is not looked through again', async () => {
  const catalogs = await openWith(RIGHT);
  const after: number[] = [];
  const { round } = createCatalogReloads({
    catalogs,
    store: {
      auditHead: async () => await opened.store.auditHead(),
      async catalogEvents(seq) {
        after.push(seq);
        return await opened.store.catalogEvents(seq);
      },
    },
    after: await opened.store.auditHead(),
    use: () => undefined,
    onCatalogChanged: async () => undefined,
  });
  const head = await opened.store.auditHead();
  const other = { kind: 'request.expired', actor: { kind: 'hallpass' }, facts: {} } as const;
  const asks = { kind: 'catalog.reload-asked', actor: { kind: 'operator', name: 'ops' }, facts: {} } as const;

  await round.work();
  await opened.store.commit({ at: start, audit: [other, other] });
  await round.work();
  await round.work();
  await opened.store.commit({ at: start, audit: [other, asks] });
  await round.work();

  expect(after).toEqual([head, head + 2]);
  expect(await lastEvent()).toMatchObject({ kind: 'catalog.unchanged', facts: { asked: head + 4 } });
});

test('a connector that is described as before stays; a changed one is built anew, and the old one closed later', async () => {
  const made: string[] = [];
  const closed: string[] = [];
  const catalogs = await openWith(RIGHT);
  const before = catalogs.current().catalog;
  let count = 0;
  const connectors = createConnectorsInForce({
    catalog: before,
    create: ({ connectors: specs }) => {
      const id = `${[...specs.keys()].join('+')}#${(count += 1)}`;
      made.push(id);
      return { get: () => undefined, close: async () => void closed.push(id) };
    },
    log,
    closeAfterMs: 1,
  });
  await reloadWith(catalogs, OTHER);
  connectors.use(catalogs.current().catalog);
  expect(made).toEqual(['orders-db#1']);

  await reloadWith(catalogs, withChange('url: env:ORDERS_DB_URL', 'url: env:OTHER_URL'));
  connectors.use(catalogs.current().catalog);

  expect(made).toEqual(['orders-db#1', 'orders-db#2']);
  await waitFor('the old one to be closed', () => closed.length === 1);
  await connectors.close();
  expect(closed).toEqual(['orders-db#1', 'orders-db#2']);
});
