import { afterEach, describe, expect, test } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.js';
import type { SubmitInput } from '../../src/domain/asking.js';
import { cancelRequest } from '../../src/usecases/cancel-request.js';
import { prolongGrant } from '../../src/usecases/prolong-grant.js';
import { dana, lee } from '../support/rows.js';
import { accepted, makeSmallWorld, workspace, type SmallWorld } from '../support/small-world.js';

const FOR_OTHERS = { policies: { standard: { for_others: true } } };

let world: SmallWorld;
afterEach(async () => await world.close());

/** Dana has asked, and her card is posted. */
async function waiting() {
  world = await makeSmallWorld(FOR_OTHERS);
  const first = await world.ask();
  await world.pass();
  return first;
}

async function again(asked: Partial<SubmitInput> = {}) {
  const outcome = await world.submit(asked);
  await world.pass();
  return outcome;
}

function lines() {
  return world.notices.flatMap(({ to, thread, notice }) =>
    notice.kind === 'request-asked-again' ? [{ to, thread, by: notice.by, reason: notice.reason }] : [],
  );
}

async function audited(kind: string) {
  return (await world.deps.store.auditEvents({ after: 0, limit: 100 })).filter((one) => one.kind === kind);
}

describe('the same asked for again', () => {
  test('makes nothing new, and the card’s thread and the audit say who and why', async () => {
    const first = await waiting();
    const submitted = accepted(await again({ reason: 'still stuck' }));

    expect(submitted).toMatchObject({ isRepeat: true, request: { id: first.id, reason: first.reason } });
    expect(await world.deps.store.pendingOf(dana)).toHaveLength(1);
    expect(lines()).toEqual([{ to: 'C0APPROVALS', thread: '1.000', by: dana, reason: 'still stuck' }]);
    expect(await audited('request.asked-again')).toMatchObject([
      { requestId: first.id, actor: { userId: dana }, text: 'still stuck' },
    ]);
  });

  test('by somebody else for the same person is the same', async () => {
    const first = await waiting();

    expect(accepted(await again({ requester: lee })).request.id).toBe(first.id);
    expect(lines()).toMatchObject([{ by: lee }]);
  });

  test('is told once for each person and reason, five times at most, and never by an id with words in it', async () => {
    const first = await waiting();
    for (const reason of ['one', 'one', 'two', 'three', 'four', 'five', 'six', 'two']) {
      accepted(await again({ reason }));
    }

    expect(lines().map(({ reason }) => reason)).toEqual(['one', 'two', 'three', 'four', 'five']);
    const ids = (await world.deps.store.noticesOf(first.id)).map(({ id }) => id);
    expect(ids.filter((id) => /one|two/.test(id))).toEqual([]);
  });

  test('shows no more than the beginning of a long reason', async () => {
    await waiting();
    await again({ reason: `${'x'.repeat(199)}😀 and more` });

    expect(lines()[0]?.reason).toBe(`${'x'.repeat(199)}…`);
  });

  test('twice at once makes one request', async () => {
    world = await makeSmallWorld();
    const [one, other] = await Promise.all([world.submit(), world.submit({ reason: 'and quickly' })]);

    expect(accepted(one).request.id).toBe(accepted(other).request.id);
  });

  test('of more time, too', async () => {
    world = await makeSmallWorld();
    const grant = await world.approve(await world.ask());
    await world.pass();
    const asked = { workspace, requester: dana, grantId: grant.id, durationMs: HOUR_MS, reason: 'more' };
    const first = accepted(await prolongGrant(world.deps, { ...asked, delivery: world.delivery() }));

    const second = accepted(await prolongGrant(world.deps, { ...asked, delivery: world.delivery() }));
    expect(second).toMatchObject({ isRepeat: true, request: { id: first.request.id } });
    // More time is something else than new access.
    expect(await again({ durationMs: HOUR_MS })).toMatchObject({
      refusal: { code: 'already-pending', isMore: true },
    });
  });
});

describe('it is no repetition', () => {
  test.each([{ durationMs: 15 * MINUTE_MS }, { startsInMs: HOUR_MS }])(
    'with another time or start, and is refused: %j',
    async ({ durationMs = 30 * MINUTE_MS, startsInMs = null }) => {
      await waiting();
      const startsAt = startsInMs === null ? null : world.now + startsInMs;

      expect(await again({ durationMs, startsAt })).toMatchObject({
        refusal: { code: 'already-pending', durationMs: 30 * MINUTE_MS },
      });
      expect(lines()).toEqual([]);
    },
  );

  test('once the first is cancelled', async () => {
    const first = await waiting();
    accepted(await cancelRequest(world.deps, { by: dana, which: first.id, delivery: world.delivery() }));

    expect(accepted(await again()).request.id).not.toBe(first.id);
  });

  test('on another account than that of the first', async () => {
    await waiting();
    const isNow = world.person;
    const renamed = { email: 'dana.new@example.com' };
    world.person = (userId) => ({ ...isNow(userId), ...(userId === dana ? renamed : {}) });

    expect(await again()).toMatchObject({ refusal: { code: 'already-pending' } });
  });
});
