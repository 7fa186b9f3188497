/** What one person finds on the app's Home tab: what they hold, what waits for them, and for admins what needs a look. */
import { stepsNow } from '../domain/approval.js';
import { everyApproverGroup, groupsOf, sourceOf } from '../domain/catalog.js';
import type { Catalog } from '../domain/catalog.js';
import { decide } from '../domain/decide.js';
import { partProblem } from '../domain/eligibility.js';
import { asRequestId } from '../domain/ids.js';
import type { RequestId, UserId } from '../domain/ids.js';
import { lastPageOf } from '../domain/paging.js';
import { isInAny } from '../domain/person.js';
import type { Refusal } from '../domain/refusal.js';
import type { AccessRequest, PendingRequest } from '../domain/request.js';
import { accept, refuse } from '../domain/result.js';
import { reviewOf } from '../domain/review.js';
import type { Result } from '../domain/result.js';
import type { HomeAdminView, HomePlace, HomeView, RequestCardView } from '../domain/views.js';
import { readDecisionFacts } from './decision-facts.js';
import type { Deps } from './deps.js';
import { offerOf } from './find-offer.js';
import { loadRequestCard } from './load-cards.js';
import { readMemberships } from './read-memberships.js';
import { reviewForm } from './review-emergency.js';
import { readViewing } from './viewing.js';
import type { Viewing } from './viewing.js';
import { mine } from './mine.js';

type HomeDeps = Pick<Deps, 'store' | 'catalogs' | 'connectors' | 'directory' | 'clock'>;

/** So many requests are shown to decide. */
const PAGE_SIZE = 5;
/** Of more that wait at once, those that are due last are in the approvers' channel alone. */
const LOOKED_AT = 200;

export async function loadHome(
  deps: HomeDeps,
  { viewer, place }: { viewer: UserId; place: HomePlace },
): Promise<Result<HomeView, Refusal>> {
  const noPart = partProblem(viewer, await deps.directory.person(viewer));
  if (noPart !== null) {
    return refuse(noPart);
  }
  const { catalog } = deps.catalogs.current();
  const viewing = await readViewing(deps, catalog, viewer);
  const delegations = await deps.store.liveDelegations(deps.clock.now());
  const heard = delegations.flatMap(({ delegator, standIn }) => (standIn === viewer ? [delegator] : []));
  const voices = [viewer, ...heard];
  // Most people decide nothing: their Home costs no look at all that waits.
  const isConcerned = viewing.seesAll || mayDecide(catalog, viewing, voices);
  const waiting = isConcerned ? await readWaiting(deps) : [];
  const now = deps.clock.now();
  const pending = waiting.filter((row) => row.state === 'pending').filter((row) => row.expiresAt > now);
  const [own, { from, ...deciding }, reviews, admin] = await Promise.all([
    mine(deps, { viewer }),
    readDeciding(deps, { viewer, voices, pending, offset: place.deciding }),
    readReviews(deps, viewer, waiting),
    readForAdmins(deps, viewing, pending),
  ]);
  return accept({ place: { ...place, deciding: from }, own, ...deciding, reviews, admin });
}

/** Whether one of these may approve or review anything: who is a manager is known only of each request. */
function mayDecide(catalog: Catalog, { memberships }: Viewing, voices: readonly UserId[]): boolean {
  const groups = [...catalog.policies.values()].flatMap((policy) => [
    ...everyApproverGroup(policy),
    ...(policy.emergency?.review.by ?? []),
  ]);
  const hasManagers = [...catalog.groups.values()].some((group) => sourceOf(group).kind === 'manager');
  return hasManagers || voices.some((one) => isInAny(memberships, groups, one));
}

/** Requests that wait for a decision or, taken in an emergency, for their review. */
async function readWaiting({ store, clock }: Pick<Deps, 'store' | 'clock'>): Promise<AccessRequest[]> {
  const query = { before: Number.MAX_SAFE_INTEGER, now: clock.now(), after: null, limit: LOOKED_AT };
  const rows = await Promise.all(
    (await store.due('request', query)).map(async ({ id }) => await store.request(asRequestId(id))),
  );
  return rows.filter((row) => row !== null);
}

/** Of emergencies whose review is open, those that a verdict of this person would be counted for, the oldest first. */
async function readReviews(
  deps: HomeDeps,
  viewer: UserId,
  waiting: readonly AccessRequest[],
): Promise<RequestCardView[]> {
  const open = waiting
    .filter((request) => reviewOf(request) !== null && request.requester !== viewer)
    .toSorted((left, right) => left.createdAt - right.createdAt);
  const found: RequestCardView[] = [];
  for (const { id: requestId } of open) {
    if (found.length < PAGE_SIZE && (await reviewForm(deps, { viewer, requestId })).ok) {
      const card = await loadRequestCard(deps, requestId);
      found.push(...(card === null ? [] : [card]));
    }
  }
  return found;
}

/** A page of what an approval of this person would be counted for now, the oldest first. */
async function readDeciding(
  deps: HomeDeps,
  {
    viewer,
    voices,
    pending,
    offset,
  }: {
    readonly viewer: UserId;
    readonly voices: readonly UserId[];
    readonly pending: readonly PendingRequest[];
    readonly offset: number;
  },
): Promise<Pick<HomeView, 'deciding' | 'decidingIsMore'> & { readonly from: number }> {
  const oldestFirst = pending.toSorted((left, right) => left.createdAt - right.createdAt);
  const found: RequestId[] = [];
  for (const request of oldestFirst) {
    if (found.length <= offset + PAGE_SIZE && (await couldApprove(deps, viewer, voices, request))) {
      found.push(request.id);
    }
  }
  // What stood on this page may be decided by now: then the last one there is.
  const from = Math.min(offset, lastPageOf(found.length, PAGE_SIZE));
  const page = found.slice(from, from + PAGE_SIZE);
  const cards = await Promise.all(page.map(async (id) => await loadRequestCard(deps, id)));
  return {
    deciding: cards.filter((card): card is RequestCardView => card !== null),
    decidingIsMore: found.length > from + PAGE_SIZE,
    from,
  };
}

async function couldApprove(
  deps: HomeDeps,
  viewer: UserId,
  voices: readonly UserId[],
  request: PendingRequest,
): Promise<boolean> {
  const isOwn = viewer === request.requester || viewer === request.beneficiary;
  if (isOwn || !(await isAmongApprovers(deps, voices, request))) {
    return false;
  }
  const facts = await readDecisionFacts(deps, { requestId: request.id, approver: viewer });
  const { termsVersion } = request;
  const vote = {
    approver: viewer,
    verdict: 'approve',
    reason: null,
    durationMs: null,
    termsVersion,
  } as const;
  return facts.ok && decide(facts.value, vote, deps.clock.now()).ok;
}

/** Groups are remembered for a while: nobody's Home has Slack asked about everybody who waits. */
async function isAmongApprovers(
  deps: HomeDeps,
  voices: readonly UserId[],
  request: PendingRequest,
): Promise<boolean> {
  const { catalog } = deps.catalogs.current();
  const policy = offerOf(catalog, request.resource, request.role)?.policy;
  if (policy === undefined) {
    return false;
  }
  const groups = groupsOf(stepsNow(policy, request));
  const memberships = await readMemberships(deps, catalog, groups, request);
  return voices.some((one) => isInAny(memberships, groups, one));
}

/** Null for whoever is neither admin nor auditor. */
async function readForAdmins(
  deps: HomeDeps,
  viewing: Viewing,
  pending: readonly PendingRequest[],
): Promise<HomeAdminView | null> {
  if (!viewing.seesAll) {
    return null;
  }
  const strays = await deps.store.openStrays(null);
  return {
    failing: await deps.store.countFailingRevocations(),
    orphans: strays.filter(({ kind }) => kind === 'orphan').length,
    standing: strays.filter(({ kind }) => kind === 'standing').length,
    unanswered: pending.filter(({ waiting }) => waiting.nudges > 0 || waiting.escalatedAt !== null).length,
    isAdmin: viewing.isAdmin,
  };
}
