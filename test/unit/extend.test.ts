import { afterEach, describe, expect, test } from 'vitest';
import type { Result } from '../../src/domain/result.js';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.js';
import { extendForm, extendGrant } from '../../src/usecases/extend-grant.js';
import { dana, lee, mia } from '../support/rows.js';
import { accepted, makeSmallWorld, workspace, type SmallWorld } from '../support/small-world.js';

let world: SmallWorld;
afterEach(async () => await world.close());

/** Dana holds these roles. */
async function holding(...roles: readonly string[]) {
  world = await makeSmallWorld();
  const grants = [];
  for (const role of roles) {
    grants.push(await world.approve(await world.ask({ role })));
    await world.pass();
  }
  return grants;
}

async function extend(which: string | null, requester = dana) {
  const asked = { workspace, requester, which, durationMs: 15 * MINUTE_MS, reason: 'one more table' };
  return await extendGrant(world.deps, { ...asked, delivery: world.delivery() });
}

function codeOf(outcome: Result<unknown, { code: string }>): string {
  return outcome.ok ? 'accepted' : outcome.refusal.code;
}

describe('more time is asked for', () => {
  test('on the only access that runs, and an approval moves its end', async () => {
    const [grant] = await holding('readonly');
    const { request } = accepted(await extend(null));

    expect(request).toMatchObject({ extendsGrant: grant?.id, durationMs: 15 * MINUTE_MS });
    expect((await world.approve(request)).endsAt).toBe((grant?.endsAt ?? 0) + 15 * MINUTE_MS);
  });

  test.each(['prod-db:admin', 'PROD-DB:admin'])('on %s, of several', async (which) => {
    const [, admin] = await holding('readonly', 'admin');

    expect(accepted(await extend(which)).request.extendsGrant).toBe(admin?.id);
  });

  test('by its id, in any case', async () => {
    const [readonly] = await holding('readonly', 'admin');

    expect(accepted(await extend(readonly?.id.toLowerCase() ?? '')).request.extendsGrant).toBe(readonly?.id);
  });
});

describe('it is asked back or refused', () => {
  test('when several run and none was named', async () => {
    await holding('readonly', 'admin');

    expect(codeOf(await extend(null))).toBe('which-grant');
    expect(codeOf(await extendForm(world.deps, { viewer: dana, which: 'prod-db' }))).toBe('which-grant');
  });

  test('when nothing is held, or no such thing is there', async () => {
    await holding();

    expect(codeOf(await extend(null))).toBe('nothing-held');
    expect(codeOf(await extend('g-0000'))).toBe('unknown-grant');
  });

  test('when it is the access of somebody else, and the audit says who tried', async () => {
    const [grant] = await holding('readonly');

    expect(codeOf(await extend(grant?.id ?? '', lee))).toBe('not-your-grant');
    expect(codeOf(await extendForm(world.deps, { viewer: mia, which: grant?.id ?? '' }))).toBe(
      'not-your-grant',
    );
    const events = await world.deps.store.auditEvents({ after: 0, limit: 100 });
    expect(events.at(-1)).toMatchObject({ kind: 'request.refused', actor: { userId: lee } });
  });

  test('when it is still to begin', async () => {
    await holding();
    await world.approve(await world.ask({ startsAt: world.now + HOUR_MS }));

    expect(codeOf(await extend(null))).toBe('grant-not-active');
  });
});

test('the form of the only access that runs says how much more there can be', async () => {
  const [grant] = await holding('readonly');
  const form = accepted(await extendForm(world.deps, { viewer: dana, which: null }));

  expect(form).toMatchObject({ grant: { id: grant?.id }, leftMs: 4 * HOUR_MS - 30 * MINUTE_MS });
});
