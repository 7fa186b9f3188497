/** Looks at everything that is held or approved, and ends what its holder could no longer ask for. */
import type { Change } from '../domain/change.js';
import { endEarly } from '../domain/end-grant.js';
import { isNotEnding } from '../domain/grant.js';
import type { Grant } from '../domain/grant.js';
import { HALLPASS } from '../domain/grant-life.js';
import type { GrantId, UserId } from '../domain/ids.js';
import { AGREE_AFTER_MS, FEW } from '../domain/leaving.js';
import { doubtOf, ELIGIBLE, isConfirmed, lossesOccasion, lostText } from '../domain/lost-eligibility.js';
import type { Doubt, Doubts } from '../domain/lost-eligibility.js';
import { HALLPASS_SUBJECT, owe } from '../domain/message.js';
import { isBehind, MINUTE_MS } from '../domain/time.js';
import type { Instant } from '../domain/time.js';
import { commitFresh } from './commit-fresh.js';
import type { Deps } from './deps.js';
import { readAdmins } from './read-admins.js';
import { eligibilityReader } from './read-eligibility.js';
import { readStates } from './read-states.js';
import { tellLoss } from './tell-loss.js';
import type { Loss } from './tell-loss.js';

export type LostDeps = Pick<Deps, 'store' | 'wakeups' | 'clock' | 'catalogs' | 'directory' | 'log'>;

const PAGE = 50;
/** More than anybody holds at once. */
const MOST_HELD = 1_000;

/** What one look found. `doubts`: with what it could not read, and an earlier look had found lost. */
type Look = { readonly losses: readonly Doubted[]; readonly doubts: Doubts };
type Doubted = Loss & { readonly doubt: Doubt };

/**
 * Ends nothing before a second look, long enough afterwards, has found the same. Answers what the next look is to be
 * held against. `goesOn` is awaited before each page; false ends the look, and then nothing is ended by it.
 */
export async function lookForLost(
  deps: LostDeps,
  { doubts, goesOn }: { doubts: Doubts; goesOn: () => Promise<boolean> },
): Promise<Doubts> {
  // By a catalog that may be out of date, or a clock that is wrong, nothing is judged.
  if (deps.catalogs.current().endingOnly || isBehind(deps.clock.behindMs())) {
    return doubts;
  }
  const now = deps.clock.now();
  const look = await lookAtAll(deps, { doubts, now, goesOn });
  if (look === null) {
    return doubts;
  }
  await warnOfMany(
    deps,
    look.losses.filter(({ doubt }) => doubt.since === now),
  );
  await endAll(
    deps,
    look.losses.filter(({ doubt }) => isConfirmed(doubt, now)),
  );
  return look.doubts;
}

async function lookAtAll(
  deps: LostDeps,
  { doubts: before, now, goesOn }: { doubts: Doubts; now: Instant; goesOn: () => Promise<boolean> },
): Promise<Look | null> {
  const { catalog } = deps.catalogs.current();
  const read = eligibilityReader(deps, catalog);
  const losses: Doubted[] = [];
  const doubts = new Map<GrantId, Doubt>();
  let after: UserId | null = null;
  for (;;) {
    const people: UserId[] = await deps.store.peopleInvolved({ after, limit: PAGE });
    for (const beneficiary of people) {
      for (const grant of await heldBy(deps, beneficiary)) {
        if (!(await goesOn())) {
          return null;
        }
        const found = isNotEnding(grant) ? await read(grant) : ELIGIBLE;
        const doubt = doubtOf(found, before.get(grant.id), now);
        if (doubt !== null) {
          doubts.set(grant.id, doubt);
        }
        if (doubt !== null && found.kind === 'lost') {
          losses.push({ grant, lost: found.lost, catalogSha256: catalog.sha256, doubt });
        }
      }
    }
    after = people.at(-1) ?? null;
    if (people.length < PAGE) {
      return { losses, doubts };
    }
  }
}

/** Rows of one person that can't be read keep nobody else from being looked at. */
async function heldBy({ store, log }: LostDeps, beneficiary: UserId): Promise<Grant[]> {
  try {
    return await store.liveGrants({ beneficiary }, { offset: 0, limit: MOST_HELD });
  } catch (error) {
    log.error({ user: beneficiary, err: error }, 'What somebody holds could not be read');
    return [];
  }
}

async function endAll(deps: LostDeps, losses: readonly Loss[]): Promise<void> {
  const ended: Loss[] = [];
  for (const loss of losses) {
    try {
      ended.push(...((await end(deps, loss)) ? [loss] : []));
    } catch (error) {
      deps.log.error(
        { grantId: loss.grant.id, err: error },
        'Access that its holder could no longer ask for could not be ended; the next look tries again',
      );
    }
  }
  if (ended.length > 1) {
    await tellAdmins(deps, true, ended);
  }
}

async function end(deps: LostDeps, loss: Loss): Promise<boolean> {
  const { id, requestId, beneficiary } = loss.grant;
  const told = await tellLoss(deps, loss);
  const hasEnded = await commitFresh(deps, async () => {
    const grant = await deps.store.grant(id);
    const now = deps.clock.now();
    // With another catalog in force by now, a look of its own follows.
    const isCurrent = deps.catalogs.current().catalog.sha256 === loss.catalogSha256;
    const ending = { cause: 'revoked', by: HALLPASS, reason: lostText(loss.lost) } as const;
    const ended =
      grant === null || !isCurrent ? null : endEarly(grant, await readStates(deps, grant), ending, now);
    if (ended === null || !ended.ok) {
      return { change: null, outcome: false };
    }
    const change: Change = {
      at: now,
      grants: [ended.value.grant],
      entitlements: ended.value.entitlements,
      holds: ended.value.holds,
      audit: [...told.audit, ...ended.value.audit],
      notices: told.notices,
      redraw: [id, requestId],
    };
    return { change, outcome: true };
  });
  if (hasEnded === true) {
    deps.log.warn(
      { grantId: id, userId: beneficiary, lost: loss.lost },
      'Somebody could no longer ask for what they hold: their access ends',
    );
  }
  return hasEnded === true;
}

/** In time for a group that was emptied by mistake to be put right. */
async function warnOfMany(deps: LostDeps, losses: readonly Loss[]): Promise<void> {
  if (losses.length <= FEW) {
    return;
  }
  deps.log.error(
    { grants: losses.length },
    `Many could no longer ask for what they hold. Their access ends if a look at least ${AGREE_AFTER_MS / MINUTE_MS} minutes later finds the same; if a group was changed by mistake, put it right before`,
  );
  await tellAdmins(deps, false, losses);
}

async function tellAdmins(deps: LostDeps, ended: boolean, losses: readonly Loss[]): Promise<void> {
  const ids = losses.map(({ grant }) => grant.id);
  const occasion = lossesOccasion(ended, ids, deps.clock.now());
  const admins = await readAdmins(deps);
  const notices = admins.map((to) =>
    owe({ kind: 'many-ineligible', subject: HALLPASS_SUBJECT, occasion, to }),
  );
  await commitFresh(deps, async () => ({
    change: { at: deps.clock.now(), audit: [], notices },
    outcome: undefined,
  }));
}
