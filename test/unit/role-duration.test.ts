import { afterEach, describe, expect, test } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.js';
import { emergencyForm } from '../../src/usecases/emergency-form.js';
import { explainRole } from '../../src/usecases/explain-role.js';
import { listOffers } from '../../src/usecases/list-offers.js';
import { checkTable, problemsOf, RIGHT, withChange } from '../support/catalog-text.js';
import { dana, start } from '../support/rows.js';
import { accepted, makeSmallWorld, type SmallWorld } from '../support/small-world.js';
import type { CatalogChange } from '../support/test-catalog.js';

const worlds: SmallWorld[] = [];
afterEach(async () => {
  await Promise.all(worlds.splice(0).map(async (world) => await world.close()));
});

/** The policy says 1 s, 30 min and 4 h. */
async function worldWith(duration: object, change: CatalogChange = {}): Promise<SmallWorld> {
  const resources = { 'prod-db': { roles: { readonly: { duration } } } };
  const world = await makeSmallWorld({ resources, ...change });
  worlds.push(world);
  return world;
}

const readonly = { resource: 'prod-db', role: 'readonly' };

describe('how long a role says that it lasts', () => {
  test('stands in place of what its policy says, and the rest stays', async () => {
    const world = await worldWith({ default: '10m', max: '20m' });
    const grant = await world.approve(await world.ask({ ...readonly, durationMs: null }));
    expect(grant.endsAt).toBe(start + 10 * MINUTE_MS);

    const too = { ...readonly, requester: dana, beneficiary: dana, durationMs: 21 * MINUTE_MS };
    expect(await world.submit(too)).toMatchObject({
      refusal: { code: 'duration-too-long', maxMs: 20 * MINUTE_MS },
    });
    const policy = { minMs: 1_000, defaultMs: 10 * MINUTE_MS, maxMs: 20 * MINUTE_MS };
    expect(accepted(await explainRole(world.deps, { ...readonly, viewer: dana })).policy).toMatchObject(
      policy,
    );
    const { offers } = await listOffers(world.deps, { viewer: dana });
    expect(offers.map(({ roleKey, defaultMs, maxMs }) => [roleKey, defaultMs, maxMs])).toContainEqual([
      'prod-db:readonly',
      10 * MINUTE_MS,
      20 * MINUTE_MS,
    ]);
  });

  test('can be longer than what its policy says', async () => {
    const world = await worldWith({ max: '6h' });
    const grant = await world.approve(await world.ask({ ...readonly, durationMs: 6 * HOUR_MS }));
    expect(grant.endsAt).toBe(start + 6 * HOUR_MS);
  });

  test('bounds emergencies as well', async () => {
    const emergency = { for: ['engineers'], up_to: '2h', channel: 'C0ALERT', review: { by: ['dba-leads'] } };
    const world = await worldWith({ max: '45m' }, { policies: { standard: { emergency } } });
    expect(accepted(await emergencyForm(world.deps, { ...readonly, viewer: dana }))).toMatchObject({
      usualMs: 30 * MINUTE_MS,
      maxMs: 45 * MINUTE_MS,
    });
  });
});

describe('what is wrong with it', () => {
  const role = 'admin: { ';
  checkTable([
    ['all of it', role, 'admin: { duration: { min: 5m, default: 10m, max: 15m }, ', []],
    [
      'none of it',
      role,
      'admin: { duration: {}, ',
      ['access.yaml:28:16 write min, default or max, or remove duration'],
    ],
    [
      'a maximum below the default of the policy',
      role,
      'admin: { duration: { max: 15m }, ',
      [
        'access.yaml:28:16 the default of 30 min (of policy "standard") is longer than the max of 15 min; write a shorter default here, or a longer max',
      ],
    ],
    [
      'a minimum above the default',
      role,
      'admin: { duration: { min: 20m, default: 10m }, ',
      [
        'access.yaml:28:16 the default of 10 min is shorter than the min of 20 min; write a longer default here, or a shorter min',
      ],
    ],
  ]);

  test('of a part of a bundle: the bundle lasts no longer', () => {
    const bundle = '\n      both: { bundle: ["prod-db:readonly", "prod-db:admin"] }\n';
    const source = withChange(role, 'admin: { duration: { max: 1h }, ', `${RIGHT.trimEnd()}${bundle}`);
    expect(problemsOf(source)).toEqual([
      'access.yaml:29:44 the bundle is not as strict as prod-db:admin in duration.max; make it so, or leave the part out',
    ]);
    expect(problemsOf(withChange('both: { ', 'both: { duration: { max: 1h }, ', source))).toEqual([]);
  });
});
