/** What asking for a role would come to, before anybody asks. Calls no target, and writes nothing. */
import { alreadyPending } from '../domain/asked-again.js';
import { eligibleApprovers, missingApprovers, openSteps } from '../domain/approval.js';
import { missesOf, rulesNow } from '../domain/auto-approval.js';
import type { RuleNow } from '../domain/auto-approval.js';
import { partGroups, partKeys } from '../domain/bundle.js';
import { automaticGroups, everyApproverGroup, roleKey } from '../domain/catalog.js';
import type { Catalog } from '../domain/catalog.js';
import type { Offer } from '../domain/decide.js';
import { approverProblem, askingProblem, partProblem } from '../domain/eligibility.js';
import { accountNameOf, isMappedToAnother } from '../domain/identity.js';
import type { UserId } from '../domain/ids.js';
import { askedConflict, askingLimit, givenBefore, holdingLimit } from '../domain/limits.js';
import type { Tally } from '../domain/limits.js';
import { silentGroups } from '../domain/person.js';
import type { Memberships, Person } from '../domain/person.js';
import type { Refusal } from '../domain/refusal.js';
import { accept, refuse } from '../domain/result.js';
import type { Result } from '../domain/result.js';
import { standInsFor } from '../domain/stand-ins.js';
import type { StandIn } from '../domain/stand-ins.js';
import { isBehind } from '../domain/time.js';
import type { ExplainedStep, ExplainView } from '../domain/views.js';
import type { Deps } from './deps.js';
import { findOffer } from './find-offer.js';
import { approversOnAccountOfAsking } from './on-account-of-asking.js';
import { readMemberships } from './read-memberships.js';
import { standInsOnRole } from './read-stand-ins.js';
import { readTally } from './read-tally.js';

type ExplainDeps = Pick<Deps, 'store' | 'catalogs' | 'directory' | 'clock'>;

export async function explainRole(
  deps: ExplainDeps,
  input: { viewer: UserId; resource: string; role: string | null },
): Promise<Result<ExplainView, Refusal>> {
  const { viewer } = input;
  const { catalog } = deps.catalogs.current();
  const found = await deps.directory.person(viewer);
  const noPart = partProblem(viewer, found);
  if (noPart !== null || typeof found === 'string') {
    return refuse(noPart ?? { code: 'directory-unavailable' });
  }
  const offered = findOffer(catalog, input.resource, input.role);
  if (!offered.ok) {
    return offered;
  }
  const offer = offered.value;
  const { role, policy } = offer;
  const about = { requester: viewer, beneficiary: viewer };
  const groups = [
    ...policy.request,
    ...everyApproverGroup(policy),
    ...automaticGroups(policy),
    ...partGroups(role),
  ];
  const memberships = await readMemberships(deps, catalog, groups, about);
  const { tally } = await readTally(deps, catalog, role, about, deps.clock.now());
  const request = { ...about, durationMs: policy.minMs, startsAt: null };
  const now = deps.clock.now();
  const before = givenBefore(tally, role, request, now);
  const rules = rulesNow({ ...offer, request, memberships, ...before }, now);
  const standIns = await standInsOnRole(deps, catalog, offer, memberships);
  const approving = { ...policy, standIns: standInsFor(about, standIns) };
  const pinged = missingApprovers(approving, memberships, { voters: [], excluded: [viewer] });
  return accept({
    roleKey: roleKey(role),
    title: role.title,
    parts: partKeys(role),
    tier: role.tier,
    problem: await problemNow(deps, catalog, { offer, memberships, standIns, person: found, rules, tally }),
    steps: openSteps(policy).map((step) => explained(step, memberships, viewer)),
    policy,
    rules,
    pinged: policy.notify === 'mention' ? pinged.length : 0,
  });
}

function explained(
  step: Omit<ExplainedStep, 'people' | 'unreadable'>,
  memberships: Memberships,
  viewer: UserId,
): ExplainedStep {
  return {
    ...step,
    people: eligibleApprovers([step], memberships, [viewer]).length,
    unreadable: silentGroups(memberships, step.from),
  };
}

type About = {
  readonly offer: Offer;
  readonly memberships: Memberships;
  readonly standIns: readonly StandIn[];
  readonly person: Person;
  readonly rules: readonly RuleNow[];
  readonly tally: Tally;
};

/** Why a request of theirs would be refused now, whatever its time and reason; null when it would not. */
async function problemNow(
  deps: ExplainDeps,
  catalog: Catalog,
  { offer, memberships, standIns, person, rules, tally }: About,
): Promise<Refusal | null> {
  const { role } = offer;
  const about = { requester: person.userId, beneficiary: person.userId };
  const onTheirAccount = await approversOnAccountOfAsking(deps, catalog, offer, { ...about, memberships });
  const ofPeople =
    stateProblem(deps) ??
    askingProblem({ ...about, ...offer, memberships, standIns }) ??
    (rules.some(({ why }) => why === null)
      ? null
      : nobodyProblem({ ...about, ...offer, memberships, onTheirAccount }, rules)) ??
    accountProblem(catalog, offer, person);
  if (ofPeople !== null) {
    return ofPeople;
  }
  const { resource, name } = role;
  const pending = await deps.store.pendingFor({ beneficiary: person.userId, resource, role: name });
  if (pending !== null) {
    return alreadyPending(pending);
  }
  return (
    askingLimit(catalog, tally) ?? holdingLimit(catalog, role, tally) ?? askedConflict(catalog, role, tally)
  );
}

/** Where no rule holds and nobody could approve. */
function nobodyProblem(
  about: Parameters<typeof approverProblem>[0],
  rules: readonly RuleNow[],
): Refusal | null {
  return about.policy.approve.length === 0
    ? { code: 'not-automatic', roleKey: roleKey(about.role), misses: missesOf(rules) }
    : approverProblem(about);
}

function stateProblem({ catalogs, clock }: ExplainDeps): Refusal | null {
  if (catalogs.current().endingOnly) {
    return { code: 'ending-only' };
  }
  const behindMs = clock.behindMs();
  return isBehind(behindMs) ? { code: 'clock-behind', behindMs } : null;
}

/** By the rules of the catalog alone: whether the target has the account is seen when it is asked for. */
function accountProblem(catalog: Catalog, { role }: Offer, person: Person): Refusal | null {
  for (const { connector } of role.entitlements) {
    const rules = catalog.connectors.get(connector)?.identity;
    const named = rules === undefined ? null : accountNameOf(rules, person);
    if (named?.found === false) {
      return { code: 'no-account', connector, who: person.userId, detail: named.detail };
    }
    if (rules !== undefined && named !== null && isMappedToAnother(rules, person, named.name)) {
      return { code: 'account-shared', connector, account: named.name };
    }
  }
  return null;
}
