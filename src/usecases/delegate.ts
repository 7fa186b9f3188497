/** An approver names somebody who decides in their place for a time, and takes it back. */
import type { Delegated, DelegateInput, DelegationsNow } from '../domain/asking.js';
import type { AuditEntry } from '../domain/audit.js';
import { everyApproverGroup, sourceOf } from '../domain/catalog.js';
import type { Catalog } from '../domain/catalog.js';
import { partProblem, unreadableProblem } from '../domain/eligibility.js';
import type { UserId } from '../domain/ids.js';
import { owe, personSubject } from '../domain/message.js';
import type { OwedNotice } from '../domain/message.js';
import { isInAny } from '../domain/person.js';
import type { Refusal } from '../domain/refusal.js';
import { accept } from '../domain/result.js';
import type { Result } from '../domain/result.js';
import { untilProblem } from '../domain/stand-ins.js';
import type { Delegation } from '../domain/stand-ins.js';
import type { Instant } from '../domain/time.js';
import { commitFresh } from './commit-fresh.js';
import type { Decided } from './commit-fresh.js';
import type { Deps } from './deps.js';
import { readMemberships } from './read-memberships.js';
import { orAlreadyHandled, refused } from './refusing.js';

type DelegateDeps = Pick<Deps, 'store' | 'wakeups' | 'clock' | 'directory' | 'catalogs'>;

/** `standIn` is null to take it back. */
export async function delegate(
  deps: DelegateDeps,
  input: DelegateInput,
): Promise<Result<Delegated, Refusal>> {
  const outcome = await commitFresh(deps, async () => {
    const { by: actor, delivery } = input;
    const current = await deps.store.delegation(input.by);
    const named = input.named === null ? null : await namedProblem(deps, input.by, input.named);
    const now = deps.clock.now();
    const live = current !== null && current.untilAt > now ? current : null;
    const problem = input.named === null ? null : (named ?? untilProblem(input.named.untilAt, now));
    if (problem !== null || (input.named === null && live === null)) {
      const refusal = problem ?? ({ code: 'no-delegation' } as const);
      const about = input.named?.standIn ?? '';
      return refused<Delegated>({ refusal, kind: 'delegation.refused', actor, about, delivery, now });
    }
    return written(input, { current, live }, now);
  });
  return orAlreadyHandled(outcome);
}

/** Who stands in for this person, and for whom they do. */
export async function delegationsOf(
  deps: Pick<Deps, 'store' | 'clock'>,
  { viewer }: { viewer: UserId },
): Promise<DelegationsNow> {
  const live = await deps.store.liveDelegations(deps.clock.now());
  return {
    own: live.find(({ delegator }) => delegator === viewer) ?? null,
    forOthers: live.filter(({ standIn }) => standIn === viewer),
  };
}

async function namedProblem(
  deps: DelegateDeps,
  by: UserId,
  { standIn }: { readonly standIn: UserId },
): Promise<Refusal | null> {
  if (standIn === by) {
    return { code: 'own-stand-in' };
  }
  const [self, other] = await Promise.all([deps.directory.person(by), deps.directory.person(standIn)]);
  return (
    partProblem(by, self) ??
    partProblem(standIn, other) ??
    (await groupsProblem(deps, deps.catalogs.current().catalog, by, standIn))
  );
}

/** A stand-in is in a group that the catalog names for it, or shares one with whoever names them. */
async function groupsProblem(
  deps: DelegateDeps,
  catalog: Catalog,
  by: UserId,
  standIn: UserId,
): Promise<Refusal | null> {
  const { standIns } = catalog;
  const approving = [...new Set([...catalog.policies.values()].flatMap(everyApproverGroup))];
  const memberships = await readMemberships(deps, catalog, [...approving, ...standIns]);
  const theirs = approving.filter((name) => isInAny(memberships, [name], by));
  if (theirs.length === 0 && !mayManage(catalog, by)) {
    return unreadableProblem(memberships, approving) ?? { code: 'approves-nothing' };
  }
  const groups = [...new Set([...standIns, ...theirs])];
  return isInAny(memberships, groups, standIn)
    ? null
    : (unreadableProblem(memberships, groups) ?? { code: 'not-a-stand-in', who: standIn, groups });
}

/** A manager is in a group of approvers only once somebody asks. */
function mayManage({ groups, managers, managersFrom }: Catalog, by: UserId): boolean {
  const hasGroup = [...groups.values()].some((group) => sourceOf(group).kind === 'manager');
  return hasGroup && (managersFrom !== null || [...managers.values()].includes(by));
}

function written(
  { by, named, delivery }: DelegateInput,
  { current, live }: { current: Delegation | null; live: Delegation | null },
  now: Instant,
): Decided<Result<Delegated, Refusal>> {
  const version = current?.version ?? 0;
  // After a clock that had jumped ahead, it was made at a moment that is still to come.
  const since = Math.min(live?.madeAt ?? now, now);
  const made: Delegation | null =
    named === null
      ? null
      : { delegator: by, version, ...named, madeAt: live?.standIn === named.standIn ? since : now };
  const ended = live === null ? null : { ...live, madeAt: since, untilAt: now };
  const actor = { kind: 'person', userId: by } as const;
  const audit: AuditEntry[] = [
    ...(live === null
      ? []
      : [{ kind: 'delegation.ended', actor, facts: { standIn: live.standIn } } as const]),
    ...(made === null
      ? []
      : [
          {
            kind: 'delegation.made',
            actor,
            facts: { standIn: made.standIn, untilAt: made.untilAt },
          } as const,
        ]),
  ];
  const row = made ?? ended;
  return {
    change: {
      at: now,
      delivery,
      delegations: row === null ? [] : [row],
      audit,
      notices: toldOf({ live, made }, now),
    },
    outcome: accept({ made, ended }),
  };
}

/** The one who stands in from now on is told, and the one who no longer does. */
function toldOf(
  { live, made }: { live: Delegation | null; made: Delegation | null },
  now: Instant,
): OwedNotice[] {
  const occasion = String(now);
  const over = live === null || live.standIn === made?.standIn ? null : live;
  return [
    ...(made === null ? [] : [{ kind: 'stand-in-named', of: made } as const]),
    ...(over === null ? [] : [{ kind: 'stand-in-over', of: over } as const]),
  ].map(({ kind, of }) => owe({ kind, subject: personSubject(of.delegator), occasion, to: of.standIn }));
}
