/** What somebody may take at once, before they do. */
import type { EmergencyForm } from '../domain/asking.js';
import { givenBy, partGroups, partKeys } from '../domain/bundle.js';
import { allRoles, everyApproverGroup, roleKey } from '../domain/catalog.js';
import type { Catalog, EmergencyRule } from '../domain/catalog.js';
import type { Offer } from '../domain/decide.js';
import { partProblem } from '../domain/eligibility.js';
import { mayTakeProblem, noEmergency, longestEmergencyMs, usualEmergencyMs } from '../domain/emergency.js';
import { isRunning } from '../domain/grant.js';
import type { UserId } from '../domain/ids.js';
import type { Person } from '../domain/person.js';
import type { Refusal } from '../domain/refusal.js';
import { accept, refuse } from '../domain/result.js';
import type { Result } from '../domain/result.js';
import { isBehind } from '../domain/time.js';
import type { Instant } from '../domain/time.js';
import type { Deps } from './deps.js';
import { findOffer, offerOf } from './find-offer.js';
import { readMemberships } from './read-memberships.js';
import { standInsOnRole } from './read-stand-ins.js';

type FormDeps = Pick<Deps, 'store' | 'clock' | 'directory' | 'catalogs'>;

/** A role that this person may take now, by the catalog in force. */
export type Takeable = {
  readonly catalog: Catalog;
  readonly offer: Offer;
  readonly rule: EmergencyRule;
  readonly person: Person;
};

export async function emergencyForm(
  deps: FormDeps,
  input: { viewer: UserId; resource: string; role: string | null },
): Promise<Result<EmergencyForm, Refusal>> {
  const found = await findTakeable(deps, { ...input, requester: input.viewer });
  if (!found.ok) {
    return found;
  }
  const held = await heldProblem(deps, found.value, input.viewer, deps.clock.now());
  return held === null ? accept(toForm(found.value)) : refuse(held);
}

/** Every role that this person may take at once. */
export async function listEmergencies(deps: FormDeps, input: { viewer: UserId }): Promise<EmergencyForm[]> {
  const { catalog } = deps.catalogs.current();
  const withRule = allRoles(catalog).filter(
    (role) => (offerOf(catalog, role.resource, role.name)?.policy.emergency ?? null) !== null,
  );
  const found = await Promise.all(
    withRule.map(
      async ({ resource, name: role }) =>
        await findTakeable(deps, { requester: input.viewer, resource, role }),
    ),
  );
  return found.flatMap((one) => (one.ok ? [toForm(one.value)] : []));
}

/** A catalog that can't be read does not say who may, and a clock that is behind ends it too late: both are a no. */
export async function findTakeable(
  deps: FormDeps,
  input: { requester: UserId; resource: string; role: string | null },
): Promise<Result<Takeable, Refusal>> {
  const { requester } = input;
  const { catalog, endingOnly } = deps.catalogs.current();
  if (endingOnly) {
    return refuse({ code: 'ending-only' });
  }
  const behindMs = deps.clock.behindMs();
  if (isBehind(behindMs)) {
    return refuse({ code: 'clock-behind', behindMs });
  }
  const offer = findOffer(catalog, input.resource, input.role);
  if (!offer.ok) {
    return offer;
  }
  const { policy } = offer.value;
  const rule = policy.emergency;
  if (rule === null) {
    return refuse(noEmergency(offer.value));
  }
  const person = await deps.directory.person(requester);
  const noPart = partProblem(requester, person);
  if (noPart !== null || typeof person === 'string') {
    return refuse(noPart ?? { code: 'directory-unavailable' });
  }
  const groups = [...rule.for, ...everyApproverGroup(policy), ...partGroups(offer.value.role)];
  const memberships = await readMemberships(deps, catalog, groups, { requester, beneficiary: requester });
  const standIns = await standInsOnRole(deps, catalog, offer.value, memberships);
  const problem = mayTakeProblem(offer.value, rule, requester, { memberships, standIns });
  return problem === null ? accept({ catalog, offer: offer.value, rule, person }) : refuse(problem);
}

/** Nobody holds one role so many times over. */
const LIVE_ON_ONE_ROLE = 100;

/** The same role, open already, by itself or by a bundle of it: there is nothing to take. */
export async function heldProblem(
  { store }: Pick<Deps, 'store'>,
  { catalog, offer }: Pick<Takeable, 'catalog' | 'offer'>,
  beneficiary: UserId,
  now: Instant,
): Promise<Refusal | null> {
  const key = roleKey(offer.role);
  const among = givenBy(catalog, [key]).map(({ resource, name: role }) => ({ resource, role }));
  const live = await store.liveGrants({ beneficiary, among }, { offset: 0, limit: LIVE_ON_ONE_ROLE });
  const held = live.findLast((grant) => isRunning(grant) && grant.endsAt > now);
  return held === undefined ? null : { code: 'already-held', roleKey: key, endsAt: held.endsAt };
}

function toForm({ offer, rule }: Takeable): EmergencyForm {
  const { role, policy } = offer;
  return {
    roleKey: roleKey(role),
    title: role.title,
    parts: partKeys(role),
    usualMs: usualEmergencyMs(policy, rule),
    maxMs: longestEmergencyMs(policy, rule),
    channel: rule.channel,
    reviewers: rule.review.count,
  };
}
