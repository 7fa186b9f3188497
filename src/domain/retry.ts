import { MINUTE_MS, SECOND_MS } from './time.js';

const PAUSES_MS = [1 * SECOND_MS, 5 * SECOND_MS, 30 * SECOND_MS, 2 * MINUTE_MS];
const LAST_PAUSE_MS = 5 * MINUTE_MS;

/** The pause after the n-th failure in a row (n ≥ 1), with up to a fifth more by `random` (0 ≤ random < 1). */
export function pauseMs(attempts: number, random: number): number {
  const base = PAUSES_MS[attempts - 1] ?? LAST_PAUSE_MS;
  return Math.round(base * (1 + random / 5));
}

/** The pause between looks at what an admin says is removed: no more often than the longest of the others. */
export function calmPauseMs(random: number): number {
  return pauseMs(PAUSES_MS.length + 1, random);
}

/** While Slack does not answer: people wait for what it brings, so it is asked again soon, for as long as it takes. */
const LONGEST_PAUSE_OF_A_MESSAGE_MS = 20 * SECOND_MS;

export function messagePauseMs(attempts: number, random: number): number {
  return Math.min(pauseMs(attempts, random), LONGEST_PAUSE_OF_A_MESSAGE_MS);
}

/** Admins are told from this many failures in a row on. */
export const ALARM_AFTER_ATTEMPTS = 3;
