import { everyApproverGroup } from '../domain/catalog.js';
import type { Catalog } from '../domain/catalog.js';
import type { Offer } from '../domain/decide.js';
import { partProblem, unreadableProblem } from '../domain/eligibility.js';
import type { PersonFound } from '../domain/eligibility.js';
import type { UserId } from '../domain/ids.js';
import { isInAny } from '../domain/person.js';
import type { Memberships } from '../domain/person.js';
import type { Delegation, StandIn } from '../domain/stand-ins.js';
import type { Deps } from './deps.js';
import { readMemberships } from './read-memberships.js';
import { readPeople } from './read-people.js';

/** Everybody who stands in now for somebody in these groups. Slack is asked of nobody else. */
export async function readStandIns(
  deps: Pick<Deps, 'store' | 'directory' | 'clock'>,
  catalog: Catalog,
  { memberships, groups }: { readonly memberships: Memberships; readonly groups: readonly string[] },
): Promise<StandIn[]> {
  const all = await deps.store.liveDelegations(deps.clock.now());
  const live = all.filter(({ delegator }) => isInAny(memberships, groups, delegator));
  const [people, allowed] = await Promise.all([
    readPeople(
      deps,
      live.flatMap(({ delegator, standIn }) => [delegator, standIn]),
    ),
    readAllowed(deps, catalog, live),
  ]);
  return whoStandsIn(catalog, live, { people, allowed });
}

/** Who is in the groups of stand-ins; nobody is asked for where nobody stands in. */
export async function readAllowed(
  deps: Pick<Deps, 'directory'>,
  catalog: Catalog,
  live: readonly Delegation[],
): Promise<Memberships> {
  return live.length === 0 ? new Map() : await readMemberships(deps, catalog, catalog.standIns);
}

/** Those who approve for this role by it, or for a part of it whose approvers may not hold it. */
export async function standInsOnRole(
  deps: Pick<Deps, 'store' | 'directory' | 'clock'>,
  catalog: Catalog,
  { role, policy }: Offer,
  memberships: Memberships,
): Promise<StandIn[]> {
  const groups = [...everyApproverGroup(policy), ...role.parts.flatMap(({ barred }) => barred)];
  return await readStandIns(deps, catalog, { memberships, groups });
}

/** Of these delegations those of people who can take part, and whether the catalog lets them decide by it. */
export function whoStandsIn(
  catalog: Catalog,
  live: readonly Delegation[],
  { people, allowed }: { readonly people: ReadonlyMap<UserId, PersonFound>; readonly allowed: Memberships },
): StandIn[] {
  return live.flatMap((delegation): StandIn[] => {
    const { delegator, standIn, madeAt } = delegation;
    const problems = [delegator, standIn].flatMap(
      (userId) => partProblem(userId, people.get(userId) ?? 'unreadable') ?? [],
    );
    if (problems.some(({ code }) => code !== 'directory-unavailable')) {
      return [];
    }
    const isAllowed = isInAny(allowed, catalog.standIns, standIn);
    const unclear = problems[0] ?? (isAllowed ? null : unreadableProblem(allowed, catalog.standIns));
    const pair = { delegator, standIn, madeAt, allowed: isAllowed && problems.length === 0 };
    return [unclear === null ? pair : { ...pair, unclear }];
  });
}
