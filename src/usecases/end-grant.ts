/** Ends a grant before its time: *I'm done* by its holder, or a revocation by an approver or admin. */
import type { DoneInput, Ended, RevokeForm, RevokeInput } from '../domain/asking.js';
import { stepsNow } from '../domain/approval.js';
import { approverGroups, groupsOf } from '../domain/catalog.js';
import type { Policy } from '../domain/catalog.js';
import { endEarly } from '../domain/end-grant.js';
import { isNotEnding } from '../domain/grant.js';
import type { Ending, Grant } from '../domain/grant.js';
import type { GrantId, UserId } from '../domain/ids.js';
import { owe } from '../domain/message.js';
import { unreadableProblem } from '../domain/eligibility.js';
import { isInAny, mayTakePart } from '../domain/person.js';
import type { Refusal } from '../domain/refusal.js';
import { accept, refuse } from '../domain/result.js';
import type { Result } from '../domain/result.js';
import type { Instant } from '../domain/time.js';
import { commitFresh } from './commit-fresh.js';
import type { Decided } from './commit-fresh.js';
import type { Deps } from './deps.js';
import { findGrant, findOwnGrant, roleOf } from './find-grant.js';
import { offerOf, rolesNamed, titleOf } from './find-offer.js';
import { readMemberships } from './read-memberships.js';
import { readStates } from './read-states.js';
import { orAlreadyHandled, refused } from './refusing.js';
import { moreTimeTooLate } from './void-request.js';

type EndDeps = Pick<Deps, 'store' | 'log' | 'wakeups' | 'clock' | 'catalogs' | 'directory'>;

export async function endOwnGrant(deps: EndDeps, input: DoneInput): Promise<Result<Ended, Refusal>> {
  return await end(deps, input, async () => {
    const named = await findOwnGrant(deps, input);
    if (!named.ok) {
      return named;
    }
    return named.value.beneficiary === input.by ? named : refuse({ code: 'not-your-grant' });
  });
}

export async function revokeGrant(deps: EndDeps, input: RevokeInput): Promise<Result<Ended, Refusal>> {
  return await end(deps, input, async () => {
    const named = rolesNamed(deps.catalogs.current().catalog, input.which);
    const revocable = await revocableAmong(deps, named, input.by);
    const found = await findGrant(deps, input.which, {}, revocable);
    if (!found.ok) {
      // Who holds a role, and whether anybody does, is no answer to somebody who may not see it.
      return named.length > 0 && revocable.length === 0
        ? refuse({ code: 'may-not-revoke', roleKey: input.which.toLowerCase() })
        : found;
    }
    const problem = await revokingProblem(deps, input, found.value);
    return problem === null ? found : refuse(problem);
  });
}

/** Whether this person may revoke it. */
export async function revokeForm(
  deps: EndDeps,
  input: { viewer: UserId; grantId: GrantId },
): Promise<Result<RevokeForm, Refusal>> {
  const grant = await deps.store.grant(input.grantId);
  if (grant === null) {
    return refuse({ code: 'unknown-grant', typed: input.grantId });
  }
  const problem = await revokingProblem(deps, { by: input.viewer, reason: 'comes with the form' }, grant);
  const title = titleOf(deps.catalogs.current().catalog, grant.resource, grant.role);
  return problem === null ? accept({ grant, title }) : refuse(problem);
}

async function end(
  deps: EndDeps,
  input: DoneInput | RevokeInput,
  find: () => Promise<Result<Grant, Refusal>>,
): Promise<Result<Ended, Refusal>> {
  const outcome = await commitFresh(deps, async () => {
    const found = await find();
    const now = deps.clock.now();
    return found.ok ? await write(deps, input, found.value, now) : refusedEnding(input, found.refusal, now);
  });
  return orAlreadyHandled(outcome);
}

async function write(
  deps: EndDeps,
  input: DoneInput | RevokeInput,
  grant: Grant,
  now: Instant,
): Promise<Decided<Result<Ended, Refusal>>> {
  const by = { kind: 'person', userId: input.by } as const;
  const ending: Omit<Ending, 'at'> =
    'reason' in input ? { cause: 'revoked', by, reason: input.reason } : { cause: 'done', by, reason: null };
  const ended = endEarly(grant, await readStates(deps, grant), ending, now);
  if (!ended.ok) {
    return refusedEnding(input, ended.refusal, now);
  }
  const { id, beneficiary: to, requestId, resource, role } = grant;
  const told = 'reason' in input && to !== input.by;
  const tooLate = await moreTimeTooLate(deps, [ended.value.grant], now);
  return {
    change: {
      at: now,
      delivery: input.delivery,
      grants: [ended.value.grant],
      requests: tooLate.flatMap(({ requests }) => requests),
      entitlements: ended.value.entitlements,
      holds: ended.value.holds,
      audit: [...ended.value.audit, ...tooLate.flatMap(({ audit }) => audit)],
      notices: [
        ...(told ? [owe({ kind: 'grant-revoked', subject: id, occasion: '', to })] : []),
        ...tooLate.flatMap(({ notices }) => notices),
      ],
      redraw: [id, requestId, ...tooLate.flatMap(({ redraw }) => redraw)],
    },
    outcome: accept({
      grant: ended.value.grant,
      title: titleOf(deps.catalogs.current().catalog, resource, role),
      stillHeldBy: ended.value.stillHeldBy,
    }),
  };
}

async function revocableAmong(deps: EndDeps, roles: readonly string[], by: UserId): Promise<string[]> {
  const answers = await Promise.all(roles.map(async (key) => await rightProblem(deps, roleOf(key), by)));
  return roles.filter((_, index) => answers[index] === null);
}

/** Approvers of the role and admins may revoke; a role that is no longer in the catalog is left to admins. */
async function rightProblem(
  deps: EndDeps,
  { resource, role }: { readonly resource: string; readonly role: string },
  by: UserId,
  grant: Grant | null = null,
): Promise<Refusal | null> {
  const person = await deps.directory.person(by);
  const refusal = { code: 'may-not-revoke', roleKey: `${resource}:${role}` } as const;
  if (person === 'unreadable') {
    return { code: 'directory-unavailable' };
  }
  if (person === 'unknown' || !mayTakePart(person)) {
    return refusal;
  }
  const { catalog } = deps.catalogs.current();
  const offer = offerOf(catalog, resource, role);
  const approvers = offer === null ? [] : await approversOf(deps, offer.policy, grant);
  const groups = [...catalog.admins, ...approvers];
  const memberships = await readMemberships(deps, catalog, groups, grant);
  return isInAny(memberships, groups, by) ? null : (unreadableProblem(memberships, groups) ?? refusal);
}

/** Whoever an escalation made an approver may also take away what was approved. */
async function approversOf(
  { store }: Pick<Deps, 'store'>,
  policy: Policy,
  grant: Grant | null,
): Promise<string[]> {
  const asked = grant === null ? [] : await store.requestsOf(grant.id);
  return [...approverGroups(policy), ...asked.flatMap((request) => groupsOf(stepsNow(policy, request)))];
}

async function revokingProblem(
  deps: EndDeps,
  input: Pick<RevokeInput, 'by' | 'reason'>,
  grant: Grant,
): Promise<Refusal | null> {
  const problem = await rightProblem(deps, grant, input.by, grant);
  if (problem !== null) {
    return problem;
  }
  if (!isNotEnding(grant)) {
    return { code: 'grant-over', grantId: grant.id };
  }
  return input.reason.trim() === '' ? { code: 'revoke-reason-missing' } : null;
}

function refusedEnding(
  input: DoneInput | RevokeInput,
  refusal: Refusal,
  now: Instant,
): Decided<Result<Ended, Refusal>> {
  const { by: actor, delivery } = input;
  return refused({ refusal, kind: 'end.refused', actor, about: input.which ?? '', delivery, now });
}
