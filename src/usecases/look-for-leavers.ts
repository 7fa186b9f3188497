/** Looks at everybody who holds or awaits something, and lets go of who can no longer take part. */
import type { UserId } from '../domain/ids.js';
import { AGREE_AFTER_MS, judgeLeavers, leaverOf } from '../domain/leaving.js';
import type { Leaver, Suspects } from '../domain/leaving.js';
import { HALLPASS_SUBJECT, owe } from '../domain/message.js';
import { HOUR_MS, MINUTE_MS } from '../domain/time.js';
import { commitFresh } from './commit-fresh.js';
import { letGo } from './let-go.js';
import type { LetGoDeps } from './let-go.js';
import { readAdmins } from './read-admins.js';

/** Judged together, so that the first of them are not let go of before the rest was looked at. */
const PAGE = 50;
/** After so many unanswered questions in a row Slack is taken to be away until the next look. */
const PATIENCE = 5;

/** One person, of whom Slack says that something has changed. True: they were let go of. */
export async function lookAtPerson(deps: LetGoDeps, userId: UserId): Promise<boolean> {
  const grants = await deps.store.countLiveGrants({ beneficiary: userId });
  if (grants === 0 && (await deps.store.pendingOf(userId)).length === 0) {
    return false;
  }
  const leaver = leaverOf(userId, await deps.directory.person(userId, { afresh: true }));
  if (leaver !== null) {
    await letGo(deps, leaver);
  }
  return leaver !== null;
}

/**
 * Everybody. `pace` is awaited before each question to Slack; false ends the look. Answers whom it found
 * gone and did not dare to let go of.
 */
export async function lookForLeavers(
  deps: LetGoDeps,
  { suspects, pace }: { suspects: Suspects; pace: () => Promise<boolean> },
): Promise<Suspects> {
  const doubted = new Map<UserId, number>();
  let after: UserId | null = null;
  for (;;) {
    const page: UserId[] = await deps.store.peopleInvolved({ after, limit: PAGE });
    const seen = await readPage(deps, page, pace);
    if (seen === null) {
      return new Map([...suspects, ...doubted]);
    }
    const now = deps.clock.now();
    const judged = judgeLeavers({ people: page.length, leavers: seen }, suspects, now);
    for (const leaver of judged.letGo) {
      await letGo(deps, leaver);
    }
    for (const { userId } of judged.doubted) {
      doubted.set(userId, suspects.get(userId) ?? now);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) {
      break;
    }
    after = last;
  }
  if (doubted.size > 0) {
    await alarm(deps, doubted.size);
  }
  return doubted;
}

/** Null: Slack does not answer, or the look is to end. */
async function readPage(
  deps: LetGoDeps,
  page: readonly UserId[],
  pace: () => Promise<boolean>,
): Promise<Leaver[] | null> {
  const leavers: Leaver[] = [];
  let unanswered = 0;
  for (const userId of page) {
    if (!(await pace())) {
      return null;
    }
    const found = await deps.directory.person(userId, { afresh: true });
    unanswered = found === 'unreadable' ? unanswered + 1 : 0;
    if (unanswered === PATIENCE) {
      deps.log.warn(
        {},
        'Slack does not say who people are; nobody is let go of, and it is asked again later',
      );
      return null;
    }
    const leaver = leaverOf(userId, found);
    if (leaver !== null) {
      leavers.push(leaver);
    }
  }
  return leavers;
}

async function alarm(deps: LetGoDeps, people: number): Promise<void> {
  deps.log.error(
    { people },
    `Slack says that more than half of those who hold access are gone. That is not believed until a look at least ${AGREE_AFTER_MS / MINUTE_MS} minutes later says the same. See that SLACK_BOT_TOKEN is of the right workspace; if it is not, stop Hallpass now`,
  );
  const admins = await readAdmins(deps);
  await commitFresh(deps, async () => {
    const at = deps.clock.now();
    const occasion = String(Math.floor(at / HOUR_MS));
    return {
      change: {
        at,
        audit: [],
        notices: admins.map((to) => owe({ kind: 'many-left', subject: HALLPASS_SUBJECT, occasion, to })),
      },
      outcome: undefined,
    };
  });
}
