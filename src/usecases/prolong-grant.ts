/** The holder of a running grant asks for more time: a new request, which an approval, or the policy once, turns into a later end. */
import type { ProlongForm, ProlongInput, Submitted } from '../domain/asking.js';
import type { GrantId, UserId } from '../domain/ids.js';
import { allowsExtension } from '../domain/extension.js';
import { longestProlongation } from '../domain/open-grant.js';
import type { Grant } from '../domain/grant.js';
import type { Refusal } from '../domain/refusal.js';
import type { TermsEntitlement } from '../domain/request.js';
import { accept, refuse } from '../domain/result.js';
import type { Result } from '../domain/result.js';
import { isBehind } from '../domain/time.js';
import { roleKey } from '../domain/catalog.js';
import { accountsNow } from './accounts-now.js';
import { commitFresh } from './commit-fresh.js';
import { offerOf, titleOf } from './find-offer.js';
import { givesOther } from '../domain/decide.js';
import type { Offer } from '../domain/decide.js';
import { orAlreadyHandled } from './refusing.js';
import { checkPeople, place, refusedAsking } from './submit-request.js';
import type { Asked, SubmitDeps } from './submit-request.js';
import { OUTDATED, underOneCatalog } from './under-one-catalog.js';

export async function prolongGrant(
  deps: SubmitDeps,
  input: ProlongInput,
): Promise<Result<Submitted, Refusal>> {
  const outcome = await underOneCatalog(deps, async (isCurrent) => {
    const asked = await check(deps, input);
    return await commitFresh<Result<Submitted, Refusal> | typeof OUTDATED>(deps, async () => {
      if (!isCurrent()) {
        return { change: null, outcome: OUTDATED };
      }
      const now = deps.clock.now();
      return asked.ok
        ? await place(deps, asked.value.asked, asked.value.terms, now)
        : refusedAsking(asked.refusal, { ...input, resource: input.grantId, role: null }, now);
    });
  });
  return orAlreadyHandled(outcome);
}

type Checked = { readonly asked: Asked; readonly terms: readonly TermsEntitlement[] };

async function check(deps: SubmitDeps, input: ProlongInput): Promise<Result<Checked, Refusal>> {
  const { catalog, endingOnly } = deps.catalogs.current();
  if (endingOnly) {
    return refuse({ code: 'ending-only' });
  }
  const behindMs = deps.clock.behindMs();
  if (isBehind(behindMs)) {
    return refuse({ code: 'clock-behind', behindMs });
  }
  const found = await findRunning(deps, input.requester, input.grantId);
  if (!found.ok) {
    return found;
  }
  const { grant, offer } = found.value;
  const problem = extensionProblem(offer) ?? totalProblem(grant, offer, input.durationMs);
  if (problem !== null) {
    return refuse(problem);
  }
  const beneficiary = grant.beneficiary;
  const asked = await checkPeople(deps, {
    input: { ...input, beneficiary },
    start: { startsAt: null, startZone: null },
    catalog,
    offer,
    durationMs: input.durationMs,
    extendsGrant: grant.id,
  });
  if (!asked.ok) {
    return asked;
  }
  const original = await deps.store.request(grant.requestId);
  const held = { beneficiary, entitlements: original?.entitlements ?? [] };
  const accounts = accountsNow(catalog, held, new Map([[beneficiary, asked.value.beneficiary]]));
  return givesOther(offer.role, held.entitlements, accounts)
    ? refuse({ code: 'not-as-held', roleKey: roleKey(offer.role) })
    : accept({ asked: asked.value, terms: held.entitlements });
}

/** The grant, if it is theirs and still running, with what the catalog says of its role now. */
async function findRunning(
  deps: SubmitDeps,
  viewer: UserId,
  grantId: GrantId,
): Promise<Result<{ grant: Grant; offer: Offer }, Refusal>> {
  const grant = await deps.store.grant(grantId);
  if (grant === null) {
    return refuse({ code: 'unknown-grant', typed: grantId });
  }
  if (viewer !== grant.beneficiary && viewer !== grant.requester) {
    return refuse({ code: 'not-your-grant' });
  }
  if (grant.state !== 'active' || grant.endsAt <= deps.clock.now()) {
    return grant.state === 'opening' || grant.state === 'scheduled'
      ? refuse({ code: 'grant-not-active', grantId })
      : refuse({ code: 'grant-over', grantId });
  }
  const offer = offerOf(deps.catalogs.current().catalog, grant.resource, grant.role);
  return offer === null
    ? refuse({ code: 'no-longer-offered', roleKey: roleKey({ resource: grant.resource, name: grant.role }) })
    : accept({ grant, offer });
}

function extensionProblem({ role, policy }: Offer): Refusal | null {
  return allowsExtension(policy) ? null : { code: 'no-more-time', roleKey: roleKey(role) };
}

function totalProblem(grant: Grant, offer: Offer, durationMs: number): Refusal | null {
  const leftMs = longestProlongation(grant, offer.policy);
  return durationMs <= leftMs && leftMs > 0
    ? null
    : { code: 'past-maximum', roleKey: roleKey(offer.role), maxMs: offer.policy.maxMs, leftMs };
}

/** What the form for more time needs to know. */
export async function prolongForm(
  deps: SubmitDeps,
  input: { viewer: UserId; grantId: GrantId },
): Promise<Result<ProlongForm, Refusal>> {
  const found = await findRunning(deps, input.viewer, input.grantId);
  if (!found.ok) {
    return found;
  }
  const { grant, offer } = found.value;
  const problem = extensionProblem(offer) ?? totalProblem(grant, offer, 0);
  const title = titleOf(deps.catalogs.current().catalog, grant.resource, grant.role);
  return problem === null
    ? accept({ grant, title, leftMs: longestProlongation(grant, offer.policy) })
    : refuse(problem);
}
