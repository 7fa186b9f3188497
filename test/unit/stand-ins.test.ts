import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fillSteps, isComplete, isNeededLater, missingApprovers } from '../../src/domain/approval.js';
import type { Approving } from '../../src/domain/approval.js';
import { asUserId } from '../../src/domain/ids.js';
import type { UserId } from '../../src/domain/ids.js';
import type { Memberships } from '../../src/domain/person.js';
import { takeSeatsByRight } from '../../src/domain/seating.js';
import { authoritiesOf } from '../../src/domain/stand-ins.js';
import type { StandIn } from '../../src/domain/stand-ins.js';

const mia = asUserId('U01MIA');
const sam = asUserId('U02SAM');
const lee = asUserId('U04LEE');
const kim = asUserId('U05KIM');

function groups(members: Record<string, readonly UserId[]>): Memberships {
  return new Map(
    Object.entries(members).map(([name, ids]) => [name, { readable: true, userIds: new Set(ids) }]),
  );
}

function pair(delegator: UserId, standIn: UserId, allowed = true): StandIn {
  return { delegator, standIn, allowed, madeAt: 0 };
}

const of = (group: string, count = 1) => ({ name: null, from: [group], count });
const approving = (approve: Approving['approve'], ...standIns: StandIn[]): Approving => ({
  approve,
  inOrder: false,
  standIns,
});

describe('somebody who stands in for an approver', () => {
  const leads = groups({ leads: [mia, sam] });

  test('approves by the groups of the approver, and both stand there', () => {
    const [step] = fillSteps(approving([of('leads')], pair(mia, lee)), leads, [lee]);

    expect(step?.filledBy).toEqual([lee]);
    expect(step?.inPlaceOf).toEqual([{ standIn: lee, delegator: mia }]);
  });

  test('approves by their own groups alone where the catalog does not name them', () => {
    expect(isComplete(fillSteps(approving([of('leads')], pair(mia, lee, false)), leads, [lee]))).toBe(false);
  });

  test('fills one place together with whom they stand in for', () => {
    const two = approving([of('leads', 2)], pair(mia, lee));

    expect(isComplete(fillSteps(two, leads, [mia, lee]))).toBe(false);
    expect(isComplete(fillSteps(two, leads, [lee, sam]))).toBe(true);
  });

  test('counts beside them where both are in the group', () => {
    const two = approving([of('leads', 2)], pair(mia, sam));

    expect(isComplete(fillSteps(two, leads, [mia, sam]))).toBe(true);
  });

  test('is one person, however many they stand in for', () => {
    const two = approving([of('leads', 2)], pair(mia, lee), pair(sam, lee));

    expect(isComplete(fillSteps(two, leads, [lee]))).toBe(false);
    expect(isComplete(fillSteps(two, leads, [lee, mia]))).toBe(true);
  });

  test('passes nothing on that was passed on to them', () => {
    const chain = approving([of('leads')], pair(mia, lee), pair(lee, kim));

    expect(isComplete(fillSteps(chain, leads, [kim]))).toBe(false);
  });

  test('is bound by the order of steps as the approver is', () => {
    const both = groups({ leads: [mia], security: [mia, sam] });
    const steps = { ...approving([of('leads'), of('security')], pair(mia, lee)), inOrder: true };

    expect(fillSteps(steps, both, [lee, mia]).map(({ filledBy }) => filledBy)).toEqual([[lee], []]);
    expect(isComplete(fillSteps(steps, both, [lee, sam]))).toBe(true);
    expect(fillSteps(steps, both, [lee, mia, sam]).map(({ filledBy }) => filledBy)).toEqual([[lee], [sam]]);
  });

  test('may not use up a right that a later step needs', () => {
    const both = groups({ leads: [mia, sam], security: [mia] });
    const steps = { ...approving([of('leads'), of('security')], pair(mia, lee)), inOrder: true };
    const eligible = [mia, sam];

    expect(isNeededLater(steps, both, { approver: lee, voters: [], eligible })).toBe(true);
    expect(isNeededLater(steps, both, { approver: sam, voters: [], eligible })).toBe(false);
  });

  test('is called on in the place of whoever is away, and of nobody else', () => {
    const called = (steps: Approving, excluded: readonly UserId[], voters: readonly UserId[] = []) =>
      missingApprovers(steps, leads, { voters, excluded });

    expect(called(approving([of('leads')], pair(mia, lee)), [])).toEqual([sam, lee]);
    expect(called(approving([of('leads')], pair(mia, sam, false)), [])).toEqual([sam]);
    // Somebody has to be asked: the stand-in asks for it themselves, or has voted already.
    expect(called(approving([of('leads')], pair(mia, sam, false)), [sam])).toEqual([mia]);
    expect(called(approving([of('leads', 2)], pair(mia, sam, false)), [], [sam])).toEqual([mia]);
  });
});

test('of steps in order none is left without anybody, in whatever order the stand-ins were named', () => {
  const person = fc.constantFrom(mia, sam, lee, kim);
  const some = fc.uniqueArray(person, { minLength: 1, maxLength: 3 });
  const away = fc.uniqueArray(fc.record({ delegator: person, standIn: person }), {
    selector: ({ delegator }) => delegator,
    minLength: 1,
    maxLength: 3,
  });
  let choices = 0;
  fc.assert(
    fc.property(some, some, away, fc.array(person, { maxLength: 4 }), (first, second, named, clicks) => {
      const memberships = groups({ leads: first, security: second });
      const eligible = [...new Set([...first, ...second])];
      const pairs = named.map(({ delegator, standIn }) => pair(delegator, standIn));
      const steps = { ...approving([of('leads'), of('security')], ...pairs), inOrder: true };
      const otherWay = { ...steps, standIns: pairs.toReversed() };
      const seats = [first, second];
      const voters: UserId[] = [];
      const canBeDone = canFinish(seats, [], eligible, pairs);
      for (const approver of clicks.filter((one, nth) => clicks.indexOf(one) === nth)) {
        const asked = { approver, voters, eligible };
        const isLater = isNeededLater(steps, memberships, asked);
        expect(isNeededLater(otherWay, memberships, asked)).toBe(isLater);
        const rights = authoritiesOf(pairs, approver);
        const next = seats[voters.length];
        if (!isLater && rights.some((one) => next?.includes(one))) {
          choices += rights.filter((one) => next?.includes(one)).length > 1 ? 1 : 0;
          const filled = fillSteps(steps, memberships, [...voters, approver]);
          if (filled.filter(({ filledBy }) => filledBy.length > 0).length > voters.length) {
            voters.push(approver);
          }
        }
      }

      const who = (way: Approving) => fillSteps(way, memberships, voters).map(({ filledBy }) => filledBy);
      expect(who(otherWay)).toEqual(who(steps));
      const used = fillSteps(steps, memberships, voters).flatMap(({ filledBy, inPlaceOf }) =>
        filledBy.map((one) => inPlaceOf.find(({ standIn }) => standIn === one)?.delegator ?? one),
      );
      expect(new Set(used).size).toBe(used.length);
      expect(canFinish(seats, voters, eligible, pairs)).toBe(canBeDone);
    }),
    { numRuns: 5_000, seed: 4 },
  );
  expect(choices).toBeGreaterThan(500);
});

/** Whether somebody is left for each seat, where the first ones are taken, tried one way after the other. */
function canFinish(
  [seat, ...others]: readonly (readonly UserId[])[],
  [sitting, ...later]: readonly UserId[],
  eligible: readonly UserId[],
  pairs: readonly StandIn[],
): boolean {
  if (seat === undefined) {
    return true;
  }
  const left = eligible.filter((one) => one !== sitting && !later.includes(one));
  const rights = sitting === undefined ? eligible : authoritiesOf(pairs, sitting);
  return rights
    .filter((by) => seat.includes(by))
    .some((by) =>
      canFinish(
        others.map((other) => other.filter((one) => one !== by)),
        later,
        (sitting === undefined ? eligible : left).filter((one) => one !== by),
        pairs,
      ),
    );
}

test('seats by right fill as many as trying every way does, each person and each right once', () => {
  const people = fc.constantFrom('a', 'b', 'c', 'd');
  const some = fc.uniqueArray(people, { maxLength: 4 });
  const pairs = fc.array(fc.record({ delegator: people, standIn: people }), { maxLength: 4 });
  fc.assert(
    fc.property(fc.array(some, { maxLength: 4 }), some, pairs, (seats, voters, named) => {
      const standIns = named.map(({ delegator, standIn }) => pair(asUserId(delegator), asUserId(standIn)));
      const rights = new Map(
        voters.map((one) => [one as string, authoritiesOf(standIns, asUserId(one)) as string[]]),
      );
      const seated = takeSeatsByRight(
        seats.map((seat) => new Set<string>(seat)),
        rights,
      );
      const sitting = seated.filter((one) => one !== null);

      expect(sitting).toHaveLength(bestOf(seats, rights, [], []));
      expect(new Set(sitting.map(({ person }) => person)).size).toBe(sitting.length);
      expect(new Set(sitting.map(({ by }) => by)).size).toBe(sitting.length);
      seated.forEach((one, seat) => {
        expect(one === null || seats[seat]?.some((right) => right === one.by)).toBe(true);
        expect(one === null || rights.get(one.person)?.includes(one.by)).toBe(true);
      });
    }),
  );
});

function bestOf(
  [first, ...others]: readonly (readonly string[])[],
  rights: ReadonlyMap<string, readonly string[]>,
  sitting: readonly string[],
  used: readonly string[],
): number {
  if (first === undefined) {
    return 0;
  }
  const ways = [...rights]
    .filter(([person]) => !sitting.includes(person))
    .flatMap(([person, theirs]) => theirs.map((by) => ({ person, by })))
    .filter(({ by }) => first.includes(by) && !used.includes(by))
    .map(({ person, by }) => 1 + bestOf(others, rights, [...sitting, person], [...used, by]));
  return Math.max(bestOf(others, rights, sitting, used), ...ways);
}
