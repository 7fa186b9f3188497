import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  eligibleApprovers,
  fillSteps,
  isComplete,
  isNeededLater,
  stepViews,
} from '../../src/domain/approval.js';
import type { Approving } from '../../src/domain/approval.js';
import { asUserId } from '../../src/domain/ids.js';
import type { Memberships } from '../../src/domain/person.js';

const mia = asUserId('U01MIA');
const sam = asUserId('U02SAM');
const lee = asUserId('U04LEE');

function groups(members: Record<string, string[]>): Memberships {
  return new Map(
    Object.entries(members).map(([name, ids]) => [
      name,
      { readable: true, userIds: new Set(ids.map(asUserId)) },
    ]),
  );
}

const together = (approve: Approving['approve']): Approving => ({ approve, inOrder: false });
const inOrder = (approve: Approving['approve']): Approving => ({ approve, inOrder: true });

const leads = { name: null, from: ['leads'], count: 1 };
const security = { name: null, from: ['security'], count: 1 };

describe('approval steps', () => {
  test('one approver of one group is enough for one step', () => {
    const progress = fillSteps(together([leads]), groups({ leads: ['U01MIA'] }), [mia]);

    expect(isComplete(progress)).toBe(true);
    expect(progress[0]?.filledBy).toEqual([mia]);
  });

  test('one person fills one step only, even if in several groups', () => {
    const memberships = groups({ leads: ['U01MIA'], security: ['U01MIA'] });

    expect(isComplete(fillSteps(together([leads, security]), memberships, [mia]))).toBe(false);
  });

  test('a voter moves to another step when somebody else can only fill theirs', () => {
    const memberships = groups({ leads: ['U01MIA', 'U02SAM'], security: ['U01MIA'] });

    const progress = fillSteps(together([leads, security]), memberships, [mia, sam]);

    expect(isComplete(progress)).toBe(true);
    expect(progress.map(({ filledBy }) => filledBy)).toEqual([[sam], [mia]]);
  });

  test('two of a group means two different people', () => {
    const two = { name: null, from: ['leads'], count: 2 };
    const memberships = groups({ leads: ['U01MIA', 'U02SAM'] });

    expect(isComplete(fillSteps(together([two]), memberships, [mia, mia]))).toBe(false);
    expect(isComplete(fillSteps(together([two]), memberships, [mia, sam]))).toBe(true);
  });

  test('a group that cannot be read counts nobody', () => {
    const memberships: Memberships = new Map([['leads', { readable: false, why: 'Slack did not answer' }]]);

    expect(isComplete(fillSteps(together([leads]), memberships, [mia]))).toBe(false);
  });

  test('a policy without steps is never complete', () => {
    expect(isComplete(fillSteps(together([]), groups({}), [mia]))).toBe(false);
  });

  test('the requester and the beneficiary are never among the approvers', () => {
    const memberships = groups({ leads: ['U01MIA', 'U02SAM', 'U04LEE'] });

    expect(eligibleApprovers([leads], memberships, [mia, lee])).toEqual([sam]);
  });

  test('with an order, whoever filled a step does not move over to a later one', () => {
    const memberships = groups({ leads: ['U01MIA', 'U02SAM'], security: ['U01MIA'] });

    const progress = fillSteps(inOrder([leads, security]), memberships, [mia, sam]);

    expect(progress.map(({ filledBy }) => filledBy)).toEqual([[mia], []]);
    expect(isComplete(progress)).toBe(false);
  });

  test('with an order, the steps after the open one wait', () => {
    const memberships = groups({ leads: ['U01MIA', 'U02SAM'], security: ['U04LEE'] });
    const policy = inOrder([leads, security]);

    const before = stepViews(policy, fillSteps(policy, memberships, []));
    const after = stepViews(policy, fillSteps(policy, memberships, [mia]));

    expect(before.map(({ waits }) => waits)).toEqual([false, true]);
    expect(after.map(({ waits }) => waits)).toEqual([false, false]);
  });

  test('with an order, somebody whom a later step cannot do without is kept for it', () => {
    const memberships = groups({ leads: ['U01MIA', 'U02SAM'], security: ['U01MIA'] });
    const policy = inOrder([leads, security]);
    const eligible = [mia, sam];

    expect(isNeededLater(policy, memberships, { approver: mia, voters: [], eligible })).toBe(true);
    expect(isNeededLater(policy, memberships, { approver: sam, voters: [], eligible })).toBe(false);
    expect(isNeededLater(policy, memberships, { approver: mia, voters: [sam], eligible })).toBe(false);
  });

  test('never does anybody fill two places, nor a place of a group they are not in', () => {
    const person = fc.constantFrom('U01MIA', 'U02SAM', 'U04LEE', 'U05KIM');
    const step = fc.record({
      name: fc.constant(null),
      from: fc.subarray(['a', 'b', 'c'], { minLength: 1 }),
      count: fc.integer({ min: 1, max: 3 }),
    });
    const members = fc.record({ a: fc.array(person), b: fc.array(person), c: fc.array(person) });

    fc.assert(
      fc.property(fc.array(step, { maxLength: 3 }), members, fc.array(person), (steps, inGroups, voters) => {
        const memberships = groups(inGroups);
        const progress = fillSteps(together(steps), memberships, voters.map(asUserId));
        const filled = progress.flatMap(({ filledBy }) => filledBy);

        expect(new Set(filled).size).toBe(filled.length);
        for (const {
          step: { from, count },
          filledBy,
        } of progress) {
          expect(filledBy.length).toBeLessThanOrEqual(count);
          for (const voter of filledBy) {
            expect(
              from.some((name) => new Map(Object.entries(inGroups)).get(name)?.map(asUserId).includes(voter)),
            ).toBe(true);
          }
        }
      }),
    );
  });
});
