/** Who can no longer take part, judged with care: one wrong answer of Slack must not end everybody's access. */
import { partProblem } from './eligibility.js';
import type { PersonFound } from './eligibility.js';
import type { UserId } from './ids.js';
import type { NoPart } from './refusal.js';
import { MINUTE_MS } from './time.js';
import type { Instant } from './time.js';

export type Leaver = { readonly userId: UserId; readonly why: NoPart };

/** So many at once are believed without a second look. */
export const FEW = 5;
/** Two looks agree when they are so far apart: longer than an answer of Slack stays wrong by chance. */
export const AGREE_AFTER_MS = 9 * MINUTE_MS;

/** Null: they may take part, or nobody can say. An answer about somebody else is no answer. */
export function leaverOf(userId: UserId, found: PersonFound): Leaver | null {
  if (typeof found === 'object' && found.userId !== userId) {
    return null;
  }
  const problem = partProblem(userId, found);
  return problem?.code === 'no-part' ? { userId, why: problem.why } : null;
}

/** Since when a look has found somebody gone whom it did not dare to let go. */
export type Suspects = ReadonlyMap<UserId, Instant>;

/**
 * Whom to let go of. More than half of those who were looked at, and more than a few, are let go of only
 * when an earlier look has found them gone as well; until then they are suspects.
 */
export function judgeLeavers(
  looked: { readonly people: number; readonly leavers: readonly Leaver[] },
  suspects: Suspects,
  now: Instant,
): { readonly letGo: readonly Leaver[]; readonly doubted: readonly Leaver[] } {
  const { people, leavers } = looked;
  if (leavers.length <= FEW || leavers.length * 2 <= people) {
    return { letGo: leavers, doubted: [] };
  }
  const confirmed = ({ userId }: Leaver): boolean => {
    const since = suspects.get(userId);
    return since !== undefined && now - since >= AGREE_AFTER_MS;
  };
  return {
    letGo: leavers.filter(confirmed),
    doubted: leavers.filter((leaver) => !confirmed(leaver)),
  };
}

/** For the record and for the cards. */
export function leavingText(why: NoPart): string {
  switch (why) {
    case 'deactivated':
      return 'Deactivated in Slack.';
    case 'guest':
      return 'Now a guest in Slack.';
    case 'bot':
      return 'A bot in Slack.';
    case 'stranger':
      return 'No longer of this Slack workspace.';
    case 'unknown':
      return 'No longer known to this Slack workspace.';
    default:
      return why satisfies never;
  }
}
