/** How much one person may ask for and hold, and which roles nobody holds together. */
import { keysOf, placesOf, sizeOf } from './bundle.js';
import type { Place } from './bundle.js';
import { roleKey } from './catalog.js';
import type { AutoRule, Catalog, Role } from './catalog.js';
import type { UserId } from './ids.js';
import type { Refusal } from './refusal.js';
import type { AutoFacts } from './auto-approval.js';
import type { AccessRequest, Overrode } from './request.js';
import type { Instant } from './time.js';

/** What counts, read with the guards at the versions that the change then holds them to. */
export type Tally = {
  /** Requests that wait, by whoever asks. */
  readonly pending: number;
  /** Asked by them within the last hour. */
  readonly lastHour: number;
  /** Of whoever gets the access: roles asked for, and held by a window that has not ended; of a bundle also its parts. */
  readonly asked: readonly string[];
  readonly held: readonly string[];
  /** The same by window, with what it gives. */
  readonly windows: readonly HeldWindow[];
  /** How many accesses they hold: a bundle is as many as it has parts. */
  readonly accesses: number;
  /** Windows of anybody that have not ended, and when the next of them ends: on what only so many may hold at once. */
  readonly places: readonly PlaceTaken[];
  /** By rule of the role's policy: how often it approved within 24 hours, for whichever of the two it was more. */
  readonly automatic: ReadonlyMap<string, number>;
};

export type HeldWindow = Pick<Role, 'resource' | 'name' | 'parts' | 'entitlements'> & {
  readonly startsAt: Instant;
  readonly endsAt: Instant;
};

export type PlaceTaken = Place & { readonly taken: number; readonly nextEnd: Instant | null };

/** What a limit counts is changed only together with its guard, so that two at once do not both fit in. */
export function guardsOf(
  catalog: Catalog,
  role: Role,
  about: { requester: UserId; beneficiary: UserId },
): string[] {
  const { pending, requestsPerHour, active } = catalog.limits;
  const isInConflict = rivalsOf(catalog, role).length > 0;
  const hasRules = (catalog.policies.get(role.policy)?.autoApprove ?? []).length > 0;
  const guards = [
    ...(pending === null && requestsPerHour === null && !hasRules ? [] : [`person/${about.requester}`]),
    ...(active === null && !isInConflict && !hasRules ? [] : [`person/${about.beneficiary}`]),
    ...placesOf(role).map((place) => `role/${place.roleKey}`),
  ];
  return [...new Set(guards)];
}

/** The rules that approve only so often for each person. */
export function countedRules(catalog: Catalog, role: Role): AutoRule[] {
  return (catalog.policies.get(role.policy)?.autoApprove ?? []).filter(({ perDay }) => perDay !== null);
}

/** What rules go by of what was given before. */
export function givenBefore(
  tally: Tally,
  role: Role,
  { startsAt, durationMs }: Pick<AccessRequest, 'startsAt' | 'durationMs'>,
  now: Instant,
): Pick<AutoFacts, 'used' | 'heldUntil'> {
  const window = { startsAt: startsAt ?? now, durationMs };
  return { used: tally.automatic, heldUntil: heldUntil(tally, role, window) };
}

/** The same role, a part of the same bundle, or another role that gives the same in the target. */
function givesSame(one: Omit<HeldWindow, 'startsAt' | 'endsAt'>, other: Role): boolean {
  const keys = keysOf(other);
  const given = other.entitlements.map(({ connector, role }) => `${connector} ${role}`);
  return (
    keysOf(one).some((key) => keys.includes(key)) ||
    one.entitlements.some(({ connector, role }) => given.includes(`${connector} ${role}`))
  );
}

/** Until when it is held already, by a window that this one would meet or go on; null where there is none. */
function heldUntil(
  { windows }: Pick<Tally, 'windows'>,
  role: Role,
  { startsAt, durationMs }: { readonly startsAt: Instant; readonly durationMs: number },
): Instant | null {
  const meeting = windows.filter(
    (one) => givesSame(one, role) && one.startsAt <= startsAt + durationMs && startsAt <= one.endsAt,
  );
  return meeting.length === 0 ? null : Math.max(...meeting.map(({ endsAt }) => endsAt));
}

/** Why nothing more may be asked for; null when something may. */
export function askingLimit(catalog: Catalog, tally: Tally): Refusal | null {
  const { pending, requestsPerHour } = catalog.limits;
  if (pending !== null && tally.pending >= pending) {
    return { code: 'too-many-pending', most: pending };
  }
  return requestsPerHour !== null && tally.lastHour >= requestsPerHour
    ? { code: 'too-many-requests', most: requestsPerHour }
    : null;
}

/** Which role that nobody holds beside this one they hold or ask for; null where there is none. */
export function conflictProblem(catalog: Catalog, role: Role, tally: Tally): Refusal | null {
  return heldConflict(catalog, role, tally) ?? askedConflict(catalog, role, tally);
}

/** The same of what they hold alone. */
export function heldConflict(catalog: Catalog, role: Role, tally: Tally): Refusal | null {
  return conflictWith(catalog, role, tally.held, 'held');
}

/** Why this person may not hold this role beside what they hold; null when they may. Asked again at the approval. */
export function holdingLimit(catalog: Catalog, role: Role, tally: Tally): Refusal | null {
  const { active } = catalog.limits;
  const conflict = heldConflict(catalog, role, tally);
  if (conflict !== null) {
    return conflict;
  }
  if (active !== null && tally.accesses + sizeOf(role) > active) {
    return { code: 'too-many-held', most: active };
  }
  const full = tally.places.find(({ taken, most }) => taken >= most);
  return full === undefined
    ? null
    : { code: 'role-full', roleKey: full.roleKey, most: full.most, nextEnd: full.nextEnd };
}

/** Whether another request of this person would end in a conflict, were both approved. */
export function askedConflict(catalog: Catalog, role: Role, tally: Tally): Refusal | null {
  return conflictWith(catalog, role, tally.asked, 'asked');
}

/** Everything that stands against it, and that an emergency goes past all the same. */
export function overridden(catalog: Catalog, role: Role, tally: Tally): Overrode[] {
  const { pending, requestsPerHour, active } = catalog.limits;
  const rivals = rivalsOf(catalog, role);
  const rivalsIn = (keys: readonly string[], limit: Overrode['limit']): Overrode[] =>
    rivals.filter((rival) => keys.includes(rival)).map((detail) => ({ limit, detail }));
  const reached = (limit: Overrode['limit'], most: number | null, count: number): Overrode[] =>
    most !== null && count >= most ? [{ limit, detail: String(most) }] : [];
  return [
    ...rivalsIn(tally.held, 'conflict-held'),
    ...rivalsIn(tally.asked, 'conflict-asked'),
    ...reached('held', active, tally.accesses + sizeOf(role) - 1),
    ...tally.places.flatMap(({ most, taken }) => reached('role', most, taken)),
    ...reached('pending', pending, tally.pending),
    ...reached('per-hour', requestsPerHour, tally.lastHour),
  ];
}

function conflictWith(
  catalog: Catalog,
  role: Role,
  keys: readonly string[],
  how: 'held' | 'asked',
): Refusal | null {
  const rivals = rivalsOf(catalog, role);
  const other = keys.find((key) => rivals.includes(key));
  return other === undefined ? null : { code: 'roles-conflict', roleKey: roleKey(role), other, how };
}

function rivalsOf(catalog: Catalog, role: Role): string[] {
  return keysOf(role).flatMap((key) =>
    catalog.conflicts
      .filter((keys) => keys.includes(key))
      .flatMap((keys) => keys.filter((one) => one !== key)),
  );
}
