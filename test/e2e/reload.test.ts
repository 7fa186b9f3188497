import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { atCommandLine } from '../support/at-command-line.js';
import { prepareKillable, type KillableHallpass } from '../support/child-hallpass.js';
import { PATIENCE_MS } from '../support/person-shortcuts.js';
import { startTargetDatabase, type TargetDatabase } from '../support/target-database.js';
import { NO_TARGET } from '../support/test-catalog.js';
import { waitFor } from '../support/wait-for.js';

const timeout = 4 * PATIENCE_MS;

let target: TargetDatabase;
beforeAll(async () => {
  target = await startTargetDatabase();
}, timeout);
afterAll(async () => await target.stop());

async function prepare(options: Parameters<typeof prepareKillable>[0]): Promise<KillableHallpass> {
  const hallpass = await prepareKillable(options);
  onTestFinished(hallpass.stop);
  return hallpass;
}

/** `hallpass reload` beside the process that runs. */
async function reload({ env }: KillableHallpass) {
  return await atCommandLine({ DATABASE_URL: env['DATABASE_URL'] }, 'reload');
}

describe('a catalog that is changed while Hallpass runs', { timeout }, () => {
  test('SIGHUP: the new one holds for what waits and for what is asked next, and the process goes on', async () => {
    const hallpass = await prepare({ starts: 1, catalog: NO_TARGET });
    const only = await hallpass.start();
    const { card } = await hallpass.ask('lee', 'request prod-db 30m before the change');
    hallpass.writeCatalog({
      ...NO_TARGET,
      groups: { 'dba-leads': { users: ['U02SAM', 'U09MAX'] } },
      policies: { standard: { duration: { max: '1h' } } },
    });

    only.signal('SIGHUP');

    await waitFor('the catalog to be taken', () =>
      only.log.find(({ msg }) => String(msg).includes('was taken')),
    );
    expect(hallpass.read(await hallpass.click('mia', card, 'request.approve'), 'mia')).toMatch(/approve/);
    expect(await hallpass.hear('dana', 'request prod-db 2h too long now')).toMatch(/1 h|1h/);
    await hallpass.click('sam', card, 'request.approve');
    await hallpass.seeText(card, /Access until/);
    expect((await hallpass.audit()).kinds).toContain('catalog.changed');
    only.signal('SIGTERM');
    expect(await only.exit()).toEqual({ code: 0, signal: null });
  });

  test('`hallpass reload` says whether it was taken, and why not; a connector leads to where the file says', async () => {
    const hallpass = await prepare({ starts: 1, catalog: NO_TARGET, target });
    const only = await hallpass.start();
    expect(await reload(hallpass)).toMatchObject({
      code: 0,
      out: expect.stringContaining('in force already'),
    });

    writeFileSync(hallpass.catalogFile, 'version: 1\ngroups:\n  leads: { userz: [U01MIA] }\n');
    const refused = await reload(hallpass);
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toMatch(/not taken[^]*access\.yaml:3:12 unknown key "userz"; did you mean "users"\?/);
    // Nothing has changed: people still ask by the one before.
    await hallpass.ask('dana', 'request prod-db 30m while the file is broken');

    hallpass.writeCatalog({});
    expect(await reload(hallpass)).toMatchObject({ code: 0, out: expect.stringContaining('was taken') });
    const { card } = await hallpass.ask('lee', 'request prod-db 1h in a real target now');
    await hallpass.click('mia', card, 'request.approve');
    await hallpass.seeText(card, /Access until/);
    expect(await target.holdsRole('lee', 'app_readonly')).toBe(true);

    hallpass.writeCatalog({
      ...NO_TARGET,
      connectors: { 'orders-db': null },
      resources: { 'prod-db': null },
    });
    expect((await reload(hallpass)).err).toMatch(/live access needs the connector orders-db; put it back/);
    expect(await hallpass.hear('lee', 'mine')).toMatch(/prod-db:readonly/);
    expect((await hallpass.audit()).firstBad).toBeNull();
    only.signal('SIGTERM');
    await only.exit();
    expect(await reload(hallpass)).toMatchObject({
      code: 1,
      err: expect.stringContaining('no Hallpass runs'),
    });
  });

  test('after a start on the last good catalog, a mended file lets things open again', async () => {
    const hallpass = await prepare({ starts: 2, catalog: NO_TARGET });
    const first = await hallpass.start();
    first.signal('SIGTERM');
    await first.exit();
    hallpass.spoilCatalog((text) => text.replace('manage:', 'mange:'));
    await hallpass.start();
    expect(await hallpass.hear('dana', 'request prod-db 5m more')).toMatch(/catalog/);

    hallpass.spoilCatalog((text) => text.replace('mange:', 'manage:'));
    expect(await reload(hallpass)).toMatchObject({ code: 0, out: expect.stringContaining('was taken') });

    await hallpass.ask('dana', 'request prod-db 5m more');
  });
});
