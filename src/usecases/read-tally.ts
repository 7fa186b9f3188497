import { givenBy, keysOf, placesOf, sizeOf } from '../domain/bundle.js';
import type { Place } from '../domain/bundle.js';
import { countedRules, guardsOf } from '../domain/limits.js';
import type { PlaceTaken, Tally } from '../domain/limits.js';
import { allRoles, findRole, roleKey } from '../domain/catalog.js';
import type { Catalog, Role } from '../domain/catalog.js';
import type { Guard } from '../domain/change.js';
import type { AccessRequest } from '../domain/request.js';
import { DAY_MS, HOUR_MS } from '../domain/time.js';
import type { Instant } from '../domain/time.js';
import type { Deps } from './deps.js';

/** More windows than this are not told apart: a limit that high is none. */
const MOST = 1_000;

/** What the limits count for this role, with the guards that hold it still. The guards are read first. */
export async function readTally(
  deps: Pick<Deps, 'store'>,
  catalog: Catalog,
  role: Role,
  about: Pick<AccessRequest, 'requester' | 'beneficiary'>,
  now: Instant,
): Promise<{ tally: Tally; guards: Guard[] }> {
  const { store } = deps;
  const guards = await Promise.all(guardsOf(catalog, role, about).map(async (id) => await store.guard(id)));
  if (guards.length === 0) {
    return { tally: NOTHING, guards };
  }
  const { requester, beneficiary } = about;
  const [byThem, forThem, held, places, lastHour, automatic] = await Promise.all([
    store.pendingOf(requester),
    store.pendingOf(beneficiary),
    store.liveGrants({ beneficiary }, { offset: 0, limit: MOST }),
    Promise.all(placesOf(role).map(async (place) => await readPlace(deps, catalog, place))),
    store.requestedSince(requester, now - HOUR_MS),
    readUse(deps, catalog, role, about, now),
  ]);
  const tally = {
    pending: byThem.filter((one) => one.requester === requester).length,
    lastHour,
    asked: forThem
      .filter((one) => one.beneficiary === beneficiary)
      .flatMap((one) => keysOf(roleOf(catalog, one))),
    held: held.flatMap((one) => keysOf(roleOf(catalog, one))),
    windows: held.map((one) => ({
      ...roleOf(catalog, one),
      startsAt: one.startsAt,
      endsAt: one.endsAt,
    })),
    accesses: held.reduce((sum, one) => sum + sizeOf(roleOf(catalog, one)), 0),
    places,
    automatic,
  };
  return { tally, guards };
}

const NOTHING: Tally = {
  pending: 0,
  lastHour: 0,
  asked: [],
  held: [],
  windows: [],
  accesses: 0,
  places: [],
  automatic: new Map(),
};

async function readUse(
  { store }: Pick<Deps, 'store'>,
  catalog: Catalog,
  role: Role,
  { requester, beneficiary }: Pick<AccessRequest, 'requester' | 'beneficiary'>,
  now: Instant,
): Promise<Map<string, number>> {
  const by = { since: now - DAY_MS, requester, beneficiary };
  const counts = countedRules(catalog, role).map(async ({ name }): Promise<[string, number]> => {
    const each = policiesOf(catalog, role).map(async (policy) => {
      const among = allRoles(catalog).filter((one) => policiesOf(catalog, one).includes(policy));
      return await store.approvedAutomatically({ ...by, rule: name, among: among.map(roleKey) });
    });
    return [name, Math.max(...(await Promise.all(each)))];
  });
  return new Map(await Promise.all(counts));
}

/** A bundle has the rules of its parts, and is no way around how often they approve. */
function policiesOf(catalog: Catalog, { policy, parts }: Role): string[] {
  const single = parts.flatMap(({ key }) => allRoles(catalog).find((role) => roleKey(role) === key) ?? []);
  return [...new Set([policy, ...single.map((role) => role.policy)])];
}

/** Also whoever holds it by a bundle takes one of its places. */
async function readPlace(
  { store }: Pick<Deps, 'store'>,
  catalog: Catalog,
  place: Place,
): Promise<PlaceTaken> {
  const among = givenBy(catalog, [place.roleKey]).map(({ resource, name: role }) => ({ resource, role }));
  const [taken, next] = await Promise.all([
    store.countLiveGrants({ among }),
    store.liveGrants({ among }, { offset: 0, limit: 1 }),
  ]);
  return { ...place, taken, nextEnd: next[0]?.endsAt ?? null };
}

/** What the catalog no longer has is no bundle. */
function roleOf(
  catalog: Catalog,
  { resource, role: name }: Pick<AccessRequest, 'resource' | 'role'>,
): Pick<Role, 'resource' | 'name' | 'parts' | 'entitlements'> {
  return findRole(catalog, resource, name) ?? { resource, name, parts: [], entitlements: [] };
}
