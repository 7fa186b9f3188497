import { afterEach, describe, expect, test } from 'vitest';
import type { UserId } from '../../src/domain/ids.js';
import { asUserId } from '../../src/domain/ids.js';
import { decideRequest } from '../../src/usecases/decide-request.js';
import { mia, sam } from '../support/rows.js';
import { accepted, makeSmallWorld, type SmallWorld } from '../support/small-world.js';

const rob = asUserId('U07ROB');
const eve = asUserId('U06EVE');

let world: SmallWorld;
afterEach(async () => await world.close());

/** Two of the database's people, then one of security; the card is posted. */
async function asked(policy: Readonly<Record<string, unknown>> = {}) {
  world = await makeSmallWorld({
    groups: { security: { users: ['U07ROB', 'U06EVE'] } },
    policies: {
      standard: {
        in_order: true,
        approve: [
          { from: ['dba-leads'], count: 2 },
          { name: 'Security', from: ['security'] },
        ],
        ...policy,
      },
    },
  });
  const request = await world.ask();
  await world.pass();
  return async (approver: UserId, verdict: 'approve' | 'deny' = 'approve') => {
    const vote = { requestId: request.id, termsVersion: 1, reason: null, durationMs: null };
    accepted(await decideRequest(world.deps, { ...vote, approver, verdict, delivery: world.delivery() }));
  };
}

function lines() {
  return world.notices.flatMap(({ to, thread, notice }) =>
    notice.kind === 'request-next-step'
      ? [{ to, thread, step: notice.step.name, mention: notice.mention }]
      : [],
  );
}

describe('when a step is filled', () => {
  test('a line under the card calls on whoever can fill the next one, once', async () => {
    const vote = await asked();
    await vote(mia);
    await world.pass();
    expect(lines()).toEqual([]);

    await vote(sam);
    await world.passes(2, 0);
    expect(lines()).toEqual([{ to: 'C0APPROVALS', thread: '1.000', step: 'Security', mention: [rob, eve] }]);
  });

  test('nobody is called on where the policy notifies nobody', async () => {
    const vote = await asked({ notify: 'none' });
    await vote(mia);
    await vote(sam);
    await world.pass();
    expect(lines()).toEqual([]);
  });

  test('nobody is called on where steps have no order', async () => {
    const vote = await asked({ in_order: false });
    await vote(mia);
    await vote(sam);
    await world.pass();
    expect(lines()).toEqual([]);
  });

  test('whoever has denied it is not called on', async () => {
    const vote = await asked({ deny: 2 });
    await vote(eve, 'deny');
    await vote(mia);
    await vote(sam);
    await world.pass();
    expect(lines()).toMatchObject([{ mention: [rob] }]);
  });

  test('it is not said again while that step is being filled', async () => {
    const vote = await asked({ approve: [{ from: ['dba-leads'] }, { from: ['security'], count: 2 }] });
    await vote(mia);
    await world.pass();
    await vote(rob);
    await world.pass();
    expect(lines()).toHaveLength(1);
  });

  test('it is not said once the request is decided', async () => {
    const vote = await asked({ approve: [{ from: ['dba-leads'] }, { from: ['security'] }] });
    await vote(mia);
    await vote(rob);
    await world.pass();
    expect(lines()).toEqual([]);
  });
});
