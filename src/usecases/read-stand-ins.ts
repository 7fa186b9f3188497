import { everyApproverGroup } from '../domain/catalog.js';
import type { Catalog } from '../domain/catalog.js';
import type { Offer } from '../domain/decide.js';
import { partProblem } from '../domain/eligibility.js';
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
  const people = await readPeople(
    deps,
    live.flatMap(({ delegator, standIn }) => [delegator, standIn]),
  );
  return await whoStandsIn(deps, catalog, live, people);
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
export async function whoStandsIn(
  deps: Pick<Deps, 'directory'>,
  catalog: Catalog,
  live: readonly Delegation[],
  people: ReadonlyMap<UserId, PersonFound>,
): Promise<StandIn[]> {
  if (live.length === 0) {
    return [];
  }
  const allowed = await readMemberships(deps, catalog, catalog.standIns);
  const takesPart = (userId: UserId): boolean =>
    partProblem(userId, people.get(userId) ?? 'unreadable') === null;
  return live
    .filter(({ delegator, standIn }) => takesPart(delegator) && takesPart(standIn))
    .map(({ delegator, standIn }) => ({
      delegator,
      standIn,
      allowed: isInAny(allowed, catalog.standIns, standIn),
    }));
}
