/** Somebody can no longer take part: what they hold ends at once, what waits by or for them is void. */
import type { Change } from '../domain/change.js';
import { approverGroups } from '../domain/catalog.js';
import { endEarly } from '../domain/end-grant.js';
import { isNotEnding } from '../domain/grant.js';
import type { Grant } from '../domain/grant.js';
import { HALLPASS } from '../domain/grant-life.js';
import type { GrantId, RequestId, UserId } from '../domain/ids.js';
import { leavingText } from '../domain/leaving.js';
import type { Leaver } from '../domain/leaving.js';
import { leftOccasion, owe, personSubject } from '../domain/message.js';
import type { OwedNotice } from '../domain/message.js';
import { membersOf } from '../domain/person.js';
import type { AccessRequest } from '../domain/request.js';
import { commitFresh } from './commit-fresh.js';
import type { Deps } from './deps.js';
import { offerOf } from './find-offer.js';
import { readAdmins } from './read-admins.js';
import { readMemberships } from './read-memberships.js';
import { readStates } from './read-states.js';

export type LetGoDeps = Pick<Deps, 'store' | 'wakeups' | 'clock' | 'catalogs' | 'directory' | 'log'>;

/** So many grants are ended, and named in one notice, before the next are read. */
const AT_ONCE = 20;

type Affected = { readonly grants: readonly Grant[]; readonly requests: readonly AccessRequest[] };

export async function letGo(deps: LetGoDeps, leaver: Leaver): Promise<void> {
  for (
    let affected = await readAffected(deps, leaver.userId);
    affected.grants.length + affected.requests.length > 0;
    affected = await readAffected(deps, leaver.userId)
  ) {
    deps.log.warn(
      {
        userId: leaver.userId,
        why: leaver.why,
        grants: affected.grants.map(({ id }) => id),
        requests: affected.requests.map(({ id }) => id),
      },
      'Somebody can no longer take part: their access ends, and what waits for them is void',
    );
    const notices = await noticesAbout(deps, leaver, affected);
    for (const { id } of affected.grants) {
      await endGrant(deps, leaver, id, notices);
    }
    for (const { id } of affected.requests) {
      await voidRequest(deps, leaver, id, notices);
    }
  }
}

async function readAffected(deps: LetGoDeps, userId: UserId): Promise<Affected> {
  const live = await deps.store.liveGrants({ beneficiary: userId }, { offset: 0, limit: 1_000 });
  const open = live.filter(isNotEnding);
  return { grants: open.slice(0, AT_ONCE), requests: await deps.store.pendingOf(userId) };
}

async function endGrant(
  deps: LetGoDeps,
  { why }: Leaver,
  id: GrantId,
  notices: readonly OwedNotice[],
): Promise<void> {
  await commitFresh(deps, async () => {
    const grant = await deps.store.grant(id);
    const now = deps.clock.now();
    const ending = { cause: 'left', by: HALLPASS, reason: leavingText(why) } as const;
    const ended = grant === null ? null : endEarly(grant, await readStates(deps, grant), ending, now);
    if (grant === null || ended === null || !ended.ok) {
      return { change: null, outcome: undefined };
    }
    const change: Change = {
      at: now,
      grants: [ended.value.grant],
      entitlements: ended.value.entitlements,
      holds: ended.value.holds,
      audit: ended.value.audit,
      redraw: [id, grant.requestId],
      notices,
    };
    return { change, outcome: undefined };
  });
}

async function voidRequest(
  deps: LetGoDeps,
  { userId, why }: Leaver,
  id: RequestId,
  notices: readonly OwedNotice[],
): Promise<void> {
  await commitFresh(deps, async () => {
    const request = await deps.store.request(id);
    if (request === null || request.state !== 'pending') {
      return { change: null, outcome: undefined };
    }
    const now = deps.clock.now();
    const cancelled: AccessRequest = { ...request, state: 'cancelled', decidedAt: now };
    // Also to whoever is gone, who is not sent it: the card finds there why the request is void.
    const parties = [...new Set([request.requester, request.beneficiary])];
    const change: Change = {
      at: now,
      requests: [cancelled],
      audit: [
        { kind: 'request.cancelled', actor: HALLPASS, requestId: id, facts: { cause: 'left', userId, why } },
      ],
      redraw: [id],
      notices: [
        ...parties.map((to) =>
          owe({ kind: 'request-cancelled', subject: id, occasion: leftOccasion(userId), to }),
        ),
        ...notices,
      ],
    };
    return { change, outcome: undefined };
  });
}

/** Each approver and admin is told once, of what they may see. The occasion names it, and so tells it apart. */
async function noticesAbout(deps: LetGoDeps, leaver: Leaver, affected: Affected): Promise<OwedNotice[]> {
  const { catalog } = deps.catalogs.current();
  const admins = await readAdmins(deps);
  const named = new Map<UserId, string[]>();
  for (const one of [...affected.grants, ...affected.requests]) {
    const offer = offerOf(catalog, one.resource, one.role);
    const groups = offer === null ? [] : approverGroups(offer.policy);
    const approvers = membersOf(await readMemberships(deps, catalog, groups, one), groups);
    for (const to of new Set([...approvers, ...admins])) {
      named.set(to, [...(named.get(to) ?? []), one.id]);
    }
  }
  named.delete(leaver.userId);
  return [...named].map(([to, ids]) =>
    owe({ kind: 'holder-left', subject: personSubject(leaver.userId), occasion: ids.join('+'), to }),
  );
}
