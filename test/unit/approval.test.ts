import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { eligibleApprovers, fillSteps, isComplete } from '../../src/domain/approval.js';
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

const leads = { name: null, from: ['leads'], count: 1 };
const security = { name: null, from: ['security'], count: 1 };

describe('approval steps', () => {
  test('one approver of one group is enough for one step', () => {
    const progress = fillSteps([leads], groups({ leads: ['U01MIA'] }), [mia]);

    expect(isComplete(progress)).toBe(true);
    expect(progress[0]?.filledBy).toEqual([mia]);
  });

  test('one person fills one step only, even if in several groups', () => {
    const memberships = groups({ leads: ['U01MIA'], security: ['U01MIA'] });

    expect(isComplete(fillSteps([leads, security], memberships, [mia]))).toBe(false);
  });

  test('a voter moves to another step when somebody else can only fill theirs', () => {
    const memberships = groups({ leads: ['U01MIA', 'U02SAM'], security: ['U01MIA'] });

    const progress = fillSteps([leads, security], memberships, [mia, sam]);

    expect(isComplete(progress)).toBe(true);
    expect(progress.map(({ filledBy }) => filledBy)).toEqual([[sam], [mia]]);
  });

  test('two of a group means two different people', () => {
    const two = { name: null, from: ['leads'], count: 2 };
    const memberships = groups({ leads: ['U01MIA', 'U02SAM'] });

    expect(isComplete(fillSteps([two], memberships, [mia, mia]))).toBe(false);
    expect(isComplete(fillSteps([two], memberships, [mia, sam]))).toBe(true);
  });

  test('a group that cannot be read counts nobody', () => {
    const memberships: Memberships = new Map([['leads', { readable: false, why: 'Slack did not answer' }]]);

    expect(isComplete(fillSteps([leads], memberships, [mia]))).toBe(false);
  });

  test('a policy without steps is never complete', () => {
    expect(isComplete(fillSteps([], groups({}), [mia]))).toBe(false);
  });

  test('the requester and the beneficiary are never among the approvers', () => {
    const memberships = groups({ leads: ['U01MIA', 'U02SAM', 'U04LEE'] });

    expect(eligibleApprovers([leads], memberships, [mia, lee])).toEqual([sam]);
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
        const progress = fillSteps(steps, memberships, voters.map(asUserId));
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
