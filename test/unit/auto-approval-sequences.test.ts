/** Random rules and requests: each condition of a rule is written down a second time, as plainly as it reads. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { autoApproval } from '../../src/domain/auto-approval.js';
import type { AutoRule, Tier } from '../../src/domain/catalog.js';
import { asUserId, type UserId } from '../../src/domain/ids.js';
import type { GroupMembers } from '../../src/domain/person.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/domain/time.js';
import { makeSmallWorld } from '../support/small-world.js';
import { dana, lee, start } from '../support/rows.js';

const PEOPLE = ['U01MIA', 'U02SAM', 'U03DANA'].map(asUserId);
const GROUPS = ['on-duty', 'leads'];
const TIERS: readonly Tier[] = ['low', 'standard', 'critical'];

const person = fc.constantFrom(...PEOPLE);
/** Open in even hours of the day. */
const evenHours = { text: 'even hours', isOpen: (at: number) => Math.floor(at / HOUR_MS) % 2 === 0 };
const rules: fc.Arbitrary<AutoRule[]> = fc
  .array(
    fc.record({
      for: fc.uniqueArray(fc.constantFrom(...GROUPS), { minLength: 1 }),
      tiers: fc.uniqueArray(fc.constantFrom(...TIERS), { minLength: 1 }),
      upToMs: fc.constantFrom(HOUR_MS, 2 * HOUR_MS),
      hours: fc.constantFrom(null, evenHours),
      perDay: fc.constantFrom(null, 1, 2),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((all) => all.map((rule, index) => ({ ...rule, name: `rule ${index}` })));
const groups = fc.record({
  'on-duty': fc.option(fc.uniqueArray(person, { minLength: 1 }), { freq: 9 }),
  leads: fc.option(fc.uniqueArray(person, { minLength: 1 }), { freq: 9 }),
});
const asked = fc.record({
  afterMs: fc.constantFrom(0, HOUR_MS, 7 * HOUR_MS, DAY_MS - HOUR_MS),
  requester: person,
  beneficiary: person,
  tier: fc.constantFrom(...TIERS),
  durationMs: fc.constantFrom(HOUR_MS - 1, HOUR_MS, HOUR_MS + 1, 2 * HOUR_MS, 3 * HOUR_MS),
  startsInMs: fc.constantFrom(null, null, HOUR_MS),
  isHeld: fc.constantFrom(false, false, false, true),
});

type Drawn<From> = From extends fc.Arbitrary<infer What> ? What : never;
type Approved = { rule: string; at: number; requester: UserId; beneficiary: UserId };

/** Within the last 24 hours: what a rule has approved of what one of them asked, and of what the other got. */
function uses(
  approved: readonly Approved[],
  rule: string,
  by: Pick<Approved, 'requester' | 'beneficiary'>,
  now: number,
): number[] {
  const lately = approved.filter((one) => one.rule === rule && one.at > now - DAY_MS);
  return [
    lately.filter(({ requester }) => requester === by.requester).length,
    lately.filter(({ beneficiary }) => beneficiary === by.beneficiary).length,
  ];
}

/** What of a rule does not hold. */
function lacks(
  rule: AutoRule,
  request: Drawn<typeof asked>,
  members: Drawn<typeof groups>,
  approved: readonly Approved[],
  now: number,
): string[] {
  const both = [request.requester, request.beneficiary];
  const isIn = (who: UserId) => GROUPS.some((name) => rule.for.includes(name) && inGroup(members, name, who));
  const begins = request.startsInMs === null ? now : now + request.startsInMs;
  return [
    ...(both.every(isIn) ? [] : ['somebody outside its groups']),
    ...(rule.tiers.includes(request.tier) ? [] : ['its tiers']),
    ...(request.tier === 'critical' ? ['a role that is not critical'] : []),
    ...(request.durationMs <= rule.upToMs ? [] : ['its time']),
    ...(request.isHeld ? ['access that is not held'] : []),
    ...(rule.hours === null || rule.hours.isOpen(begins) ? [] : ['its hours']),
    ...uses(approved, rule.name, request, now).flatMap((count) =>
      rule.perDay !== null && count >= rule.perDay ? ['its quota'] : [],
    ),
  ];
}

function inGroup(members: Drawn<typeof groups>, name: string, who: UserId): boolean {
  return (name === 'leads' ? members.leads : members['on-duty'])?.includes(who) === true;
}

function membershipsOf(members: Drawn<typeof groups>): Map<string, GroupMembers> {
  return new Map(
    Object.entries(members).map(([name, who]): [string, GroupMembers] => [
      name,
      who === null ? { readable: false, why: 'no answer' } : { readable: true, userIds: new Set(who) },
    ]),
  );
}

test('what is approved at once has all that its rule asks, and what is not has no such rule', () => {
  const seen = { approved: 0, not: 0, critical: 0, lacking: new Set<string>() };
  fc.assert(
    fc.property(rules, groups, fc.array(asked, { minLength: 1, maxLength: 8 }), (all, members, requests) => {
      const approved: Approved[] = [];
      let now = start;
      for (const request of requests) {
        now += request.afterMs;
        const { requester, beneficiary, durationMs, startsInMs, tier } = request;
        const startsAt = startsInMs === null ? null : now + startsInMs;
        const used = all.map(({ name }): [string, number] => [
          name,
          Math.max(...uses(approved, name, request, now)),
        ]);
        const outcome = autoApproval(
          {
            policy: { autoApprove: all },
            role: { tier },
            request: { requester, beneficiary, durationMs, startsAt },
            memberships: membershipsOf(members),
            used: new Map(used),
            heldUntil: request.isHeld ? now : null,
          },
          now,
        );
        const held = all.map((rule) => lacks(rule, request, members, approved, now));
        held.flat().forEach((one) => seen.lacking.add(one));
        const first = all.find((_, index) => held[index]?.length === 0);
        expect(outcome.ok ? outcome.value.name : null).toBe(first?.name ?? null);
        expect(outcome.ok ? [] : outcome.refusal.map(({ rule }) => rule)).toEqual(
          outcome.ok ? [] : all.map(({ name }) => name),
        );
        if (outcome.ok) {
          approved.push({ rule: outcome.value.name, at: now, requester, beneficiary });
          seen.critical += tier === 'critical' ? 1 : 0;
        }
        seen[outcome.ok ? 'approved' : 'not'] += 1;
      }
    }),
    { numRuns: 3_000, seed: 5 },
  );
  expect(Math.min(seen.approved, seen.not)).toBeGreaterThan(1_000);
  expect(seen.lacking.size).toBe(7);
  expect(seen.critical).toBe(0);
});

test('no rule approves more within a day than it says, for anybody, whatever is asked and when', async () => {
  const rule = { name: 'Short', for: ['engineers'], up_to: '1h', per_day: 2 };
  const policy = { approve: null, for_others: true, auto_approve: [rule] };
  const asking = fc.record({
    afterMinutes: fc.constantFrom(0, 0, 1, 600, 1_439, 1_440),
    requester: fc.constantFrom(dana, lee),
    beneficiary: fc.constantFrom(dana, lee),
    startsInMs: fc.constantFrom(null, null, 2 * HOUR_MS),
  });
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(asking, { minLength: 5, maxLength: 8 }), async (requests) => {
      const world = await makeSmallWorld({ policies: { standard: policy } });
      const approved: (Approved & { from: number; to: number })[] = [];
      for (const { afterMinutes, requester, beneficiary, startsInMs } of requests) {
        world.now += afterMinutes * MINUTE_MS;
        const startsAt = startsInMs === null ? null : world.now + startsInMs;
        const outcome = await world.submit({ requester, beneficiary, startsAt });
        const by = { requester, beneficiary };
        const isFull = Math.max(...uses(approved, rule.name, by, world.now)) >= rule.per_day;
        const window = { from: startsAt ?? world.now, to: (startsAt ?? world.now) + 30 * MINUTE_MS };
        const isHeld = approved.some(
          (one) => one.beneficiary === beneficiary && one.from <= window.to && window.from <= one.to,
        );
        expect(outcome.ok ? 'approved' : outcome.refusal.code).toBe(
          isFull || isHeld ? 'not-automatic' : 'approved',
        );
        approved.push(...(outcome.ok ? [{ rule: rule.name, at: world.now, ...by, ...window }] : []));
        refused += outcome.ok ? 0 : 1;
      }
      await world.close();
    }),
    { numRuns: 20, seed: 3, endOnFailure: true },
  );
  expect(refused).toBeGreaterThan(10);
});
