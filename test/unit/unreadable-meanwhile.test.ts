import { afterEach, describe, expect, test } from 'vitest';
import { asUserId } from '../../src/domain/ids.js';
import type { RequestId, UserId } from '../../src/domain/ids.js';
import { DAY_MS, MINUTE_MS } from '../../src/domain/time.js';
import { decideRequest } from '../../src/usecases/decide-request.js';
import { delegate } from '../../src/usecases/delegate.js';
import { takeEmergency } from '../../src/usecases/take-emergency.js';
import { dana, lee, mia, sam } from '../support/rows.js';
import { accepted, makeSmallWorld, workspace } from '../support/small-world.js';
import type { SmallWorld } from '../support/small-world.js';
import type { CatalogChange } from '../support/test-catalog.js';

const kim = asUserId('U05KIM');
const pat = asUserId('U06PAT');
const rob = asUserId('U07ROB');

let world: SmallWorld;
afterEach(() => world.close());

async function vote(requestId: RequestId, approver: UserId, verdict: 'approve' | 'deny' = 'approve') {
  const how = { termsVersion: 1, verdict, reason: 'no', durationMs: null } as const;
  return await decideRequest(world.deps, { ...how, requestId, approver, delivery: world.delivery() });
}

/** Slack does not say who is in this group, while it works. */
async function whileSilent<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  const before = world.members;
  world.members = async (group) =>
    group.name === name ? { readable: false, why: 'Slack takes too long' } : await before(group);
  try {
    return await work();
  } finally {
    world.members = before;
  }
}

const UNREADABLE = { refusal: { code: 'groups-unreadable' } };
const GROUPS = {
  groups: { leads: { users: [mia, kim] }, security: { users: [sam, lee] }, engineers: { users: [dana] } },
};

describe('a quorum of denials', () => {
  const QUORUM = {
    ...GROUPS,
    policies: { standard: { deny: 2, approve: [{ from: ['leads', 'security'] }] } },
  };

  test('is not missed because one of them could not be heard for a moment', async () => {
    world = await makeSmallWorld(QUORUM);
    const { id } = await world.ask();
    accepted(await vote(id, mia, 'deny'));

    expect(await whileSilent('leads', async () => await vote(id, sam, 'deny'))).toMatchObject(UNREADABLE);
    expect(accepted(await vote(id, sam, 'deny')).request.state).toBe('denied');
  });

  test('is not gone past by an approval, by whichever change it became one', async () => {
    world = await makeSmallWorld(QUORUM);
    const { id } = await world.ask();
    accepted(await vote(id, mia, 'deny'));
    const before = world.members;
    world.members = async (group) =>
      group.name === 'leads' ? { readable: true, userIds: new Set([kim]) } : await before(group);
    accepted(await vote(id, sam, 'deny'));
    world.members = before;

    expect(await vote(id, lee)).toMatchObject({
      refusal: { code: 'quorum-denied', by: expect.arrayContaining([mia, sam]) },
    });
    expect(await whileSilent('leads', async () => await vote(id, lee))).toMatchObject(UNREADABLE);
    expect(accepted(await vote(id, kim, 'deny')).request.state).toBe('denied');
  });
});

describe('an approval', () => {
  const STEPS = {
    groups: { leads: { users: [mia] }, security: { users: [sam] }, engineers: { users: [dana] } },
    policies: { standard: { approve: [{ from: ['leads'] }, { from: ['security'] }] } },
  };

  test('is not spent while it can’t be heard who else has given theirs', async () => {
    world = await makeSmallWorld(STEPS);
    const { id } = await world.ask();
    accepted(await vote(id, mia));

    expect(await whileSilent('leads', async () => await vote(id, sam))).toMatchObject(UNREADABLE);
    expect(accepted(await vote(id, sam)).grant).not.toBeNull();
  });

  test('is taken where it is enough, whoever else can’t be read', async () => {
    world = await makeSmallWorld({
      ...GROUPS,
      policies: { standard: { approve: [{ from: ['leads', 'security'], count: 2 }] } },
    });
    const { id } = await world.ask();
    accepted(await vote(id, mia));

    expect(accepted(await whileSilent('security', async () => await vote(id, kim))).grant).not.toBeNull();
  });

  test('of an early step is not taken from somebody whom a later one may need', async () => {
    world = await makeSmallWorld({
      groups: { leads: { users: [mia, sam] }, security: { users: [mia] } },
      policies: { standard: { in_order: true, approve: [{ from: ['leads'] }, { from: ['security'] }] } },
    });
    const { id } = await world.ask();

    expect(await whileSilent('security', async () => await vote(id, mia))).toMatchObject(UNREADABLE);
    expect(await vote(id, mia)).toMatchObject({ refusal: { code: 'needed-later' } });
    accepted(await vote(id, sam));
    expect(accepted(await vote(id, mia)).grant).not.toBeNull();
  });
});

describe('an approver who may not hold it, while it can’t be read who approves', () => {
  const BARRED = {
    groups: {
      leads: { users: [mia] },
      security: { users: [sam, lee] },
      engineers: { users: [dana, mia, kim] },
      seconds: { users: [kim] },
    },
    stand_ins: ['seconds'],
    policies: { standard: { approvers_may_hold: false, approve: [{ from: ['leads', 'security'] }] } },
  };
  const forMia = { requester: mia, beneficiary: mia };
  const forKim = { requester: kim, beneficiary: kim };
  const under = (change: object) => ({
    ...BARRED,
    policies: { standard: { ...BARRED.policies.standard, ...change } },
  });

  test('can’t ask for it', async () => {
    world = await makeSmallWorld(BARRED);
    expect(await whileSilent('leads', async () => await world.submit(forMia))).toMatchObject(UNREADABLE);
    expect(await world.submit(forMia)).toMatchObject({ refusal: { code: 'approver-cannot-hold' } });
  });

  test('is not given it by a rule', async () => {
    world = await makeSmallWorld(
      under({ auto_approve: [{ name: 'Short', for: ['engineers'], up_to: '1h' }] }),
    );
    expect(await whileSilent('leads', async () => await world.submit(forMia))).toMatchObject(UNREADABLE);
  });

  test('can’t take it in an emergency', async () => {
    const emergency = { for: ['engineers'], up_to: '1h', channel: 'C0ALARMS', review: { by: ['security'] } };
    world = await makeSmallWorld(under({ emergency }));
    const taken = { workspace, requester: mia, resource: 'prod-db', role: 'readonly', durationMs: null };
    const reason = 'the database is down';
    const outcome = await whileSilent(
      'leads',
      async () => await takeEmergency(world.deps, { ...taken, reason, delivery: world.delivery() }),
    );
    expect(outcome).toMatchObject(UNREADABLE);
  });

  test('can’t ask for it where they may stand in for one who does', async () => {
    world = await makeSmallWorld(BARRED);
    const named = { standIn: kim, untilAt: world.now + DAY_MS };
    accepted(await delegate(world.deps, { by: mia, named, delivery: world.delivery() }));

    expect(await whileSilent('seconds', async () => await world.submit(forKim))).toMatchObject(UNREADABLE);
    expect(await world.submit(forKim)).toMatchObject({ refusal: { code: 'approver-cannot-hold' } });
    accepted(await delegate(world.deps, { by: mia, named: null, delivery: world.delivery() }));
    accepted(await whileSilent('seconds', async () => await world.submit(forKim)));
  });

  test('is not kept from it by having no manager, and is where others approve beside managers', async () => {
    const managed = (approve: string) => ({
      ...under({
        approve: [{ from: [approve] }],
        auto_approve: [{ name: 'Short', for: ['engineers'], up_to: '1h' }],
      }),
      groups: {
        ...BARRED.groups,
        engineers: { users: [dana, lee] },
        manager: { manager_of: 'requester' },
        both: { any_of: ['manager', 'security'] },
      },
      managers: { U04LEE: sam },
    });
    world = await makeSmallWorld(managed('manager'));
    expect(accepted(await world.submit()).grant).not.toBeNull();
    await world.close();

    world = await makeSmallWorld(managed('both'));
    expect(await world.submit({ requester: lee, beneficiary: lee })).toMatchObject({
      refusal: { code: 'approver-cannot-hold' },
    });
  });
});

describe('an on-call group that is down', () => {
  const ON_CALL = {
    leads: { users: [mia, kim, pat] },
    security: { users: [sam, lee] },
    duty: { users: [rob] },
    engineers: { users: [dana] },
  };
  const open = async (standard: CatalogChange) => {
    world = await makeSmallWorld({ groups: ON_CALL, policies: { standard } });
    return (await world.ask()).id;
  };

  test('stops no approvals that suffice without it', async () => {
    const id = await open({ approve: [{ from: ['leads', 'duty'], count: 3 }] });
    await whileSilent('duty', async () => {
      accepted(await vote(id, mia));
      accepted(await vote(id, kim));
      expect(accepted(await vote(id, pat)).grant).not.toBeNull();
    });
  });

  test('stops none that could not bring the decision, by whoever is on call', async () => {
    const id = await open({ approve: [{ from: ['leads'], count: 2 }, { from: ['duty'] }] });
    await whileSilent('duty', async () => {
      accepted(await vote(id, mia));
      accepted(await vote(id, kim));
    });
    expect(accepted(await vote(id, rob)).grant).not.toBeNull();
  });

  test('stops nothing by being called in', async () => {
    const id = await open({
      approve: [{ from: ['leads'], count: 2 }, { from: ['security'] }],
      escalate: { after: '5m', to: ['duty'] },
    });
    await world.passes(1, 6 * MINUTE_MS);
    await whileSilent('duty', async () => {
      accepted(await vote(id, mia));
      accepted(await vote(id, kim));
      expect(accepted(await vote(id, sam)).grant).not.toBeNull();
    });
  });

  test('stops no denial that is not the last', async () => {
    const id = await open({ deny: 3, approve: [{ from: ['leads'], count: 3 }, { from: ['leads', 'duty'] }] });
    await whileSilent('duty', async () => {
      accepted(await vote(id, mia));
      expect(accepted(await vote(id, kim, 'deny')).request.state).toBe('pending');
    });
  });

  test('stops no early step, where others can fill the later one', async () => {
    const id = await open({ in_order: true, approve: [{ from: ['leads'] }, { from: ['security', 'duty'] }] });
    await whileSilent('duty', async () => {
      accepted(await vote(id, mia));
      expect(accepted(await vote(id, sam)).grant).not.toBeNull();
    });
  });
});

describe('where nobody is the manager, which is no silence', () => {
  const open = async (standard: CatalogChange, managers: CatalogChange = { U04LEE: sam }) => {
    world = await makeSmallWorld({
      groups: { ...GROUPS.groups, manager: { manager_of: 'requester' } },
      managers,
      policies: { standard },
    });
  };
  const beside = { from: ['security', 'manager'] };

  test.each([
    ['in order', { in_order: true, approve: [{ from: ['leads'] }, beside] }, [mia]],
    ['in any order', { approve: [{ from: ['leads'], count: 2 }, beside] }, [mia, kim]],
  ])('others approve: %s', async (_how, standard, first) => {
    await open(standard);
    const { id } = await world.ask();
    for (const approver of first) {
      accepted(await vote(id, approver));
    }
    expect(accepted(await vote(id, sam)).grant).not.toBeNull();
  });

  test('a quorum denies', async () => {
    await open({ deny: 2, approve: [{ from: ['leads', 'manager'] }] });
    const { id } = await world.ask();
    accepted(await vote(id, mia, 'deny'));
    expect(accepted(await vote(id, kim, 'deny')).request.state).toBe('denied');
  });

  test('and a manager who has left keeps nobody from what approvers may not hold', async () => {
    await open({ approvers_may_hold: false, approve: [beside] }, { U03DANA: rob });
    const before = world.person;
    world.person = (userId) => ({ ...before(userId), deactivated: userId === rob });
    const { id } = await world.ask();
    expect(accepted(await vote(id, sam)).grant).not.toBeNull();
  });
});

describe('while it can’t be read who may stand in', () => {
  const open = async (standard: CatalogChange) => {
    world = await makeSmallWorld({
      groups: {
        leads: { users: [mia] },
        security: { users: [sam, lee] },
        engineers: { users: [dana] },
        seconds: { users: [kim] },
      },
      stand_ins: ['seconds'],
      policies: { standard },
    });
    const named = { standIn: kim, untilAt: world.now + DAY_MS };
    accepted(await delegate(world.deps, { by: mia, named, delivery: world.delivery() }));
    return (await world.ask()).id;
  };

  test('no approval is spent beside one in somebody’s place', async () => {
    const id = await open({ approve: [{ from: ['leads'] }, { from: ['security'] }] });
    accepted(await vote(id, kim));
    expect(await whileSilent('seconds', async () => await vote(id, lee))).toMatchObject(UNREADABLE);
    expect(accepted(await vote(id, lee)).grant).not.toBeNull();
  });

  test('a quorum of denials is not gone past', async () => {
    const id = await open({ deny: 2, approve: [{ from: ['leads', 'security'] }] });
    accepted(await vote(id, kim, 'deny'));
    await whileSilent('seconds', async () => {
      expect(await vote(id, sam, 'deny')).toMatchObject(UNREADABLE);
    });
    expect(accepted(await vote(id, sam, 'deny')).request.state).toBe('denied');
  });

  test('the stand-in is told so', async () => {
    const id = await open({ approve: [{ from: ['leads'] }] });
    expect(await whileSilent('seconds', async () => await vote(id, kim))).toMatchObject(UNREADABLE);
  });
});
