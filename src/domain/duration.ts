import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from './time.js';

/** Largest unit first: `1h30m` is a duration, `30m1h` is more likely a slip. */
const PARTS = [
  { unit: '(?:d|days?)', ms: DAY_MS },
  { unit: '(?:h|hrs?|hours?)', ms: HOUR_MS },
  { unit: '(?:m|mins?|minutes?)', ms: MINUTE_MS },
  { unit: '(?:s|secs?|seconds?)', ms: SECOND_MS },
] as const;

/** Few enough digits that every sum stays an exact integer of milliseconds. */
const NUMBER = String.raw`(\d{1,6}(?:\.\d{1,3})?)`;

const DURATION = new RegExp(
  `^${PARTS.map(({ unit }) => String.raw`(?:${NUMBER}\s*${unit}\s*)?`).join('')}$`,
  'i',
);

/**
 * Milliseconds of `30m`, `1h30m`, `1 H 30 M`, `90min`, `2 hours`, `1.5h`, `1d`.
 * Null for everything else: a bare number has no unit to trust, and no time at all is not a duration.
 */
export function parseDuration(text: string): number | null {
  const found = DURATION.exec(text.trim());
  if (found === null) {
    return null;
  }
  const ms = PARTS.reduce((sum, part, index) => sum + Number(found[index + 1] ?? 0) * part.ms, 0);
  return ms === 0 ? null : Math.round(ms);
}

const SHOWN = [
  { unit: 'd', ms: DAY_MS },
  { unit: 'h', ms: HOUR_MS },
  { unit: 'min', ms: MINUTE_MS },
  { unit: 's', ms: SECOND_MS },
] as const;

/** `30 min`, `1 h 30 min`, `2 d`; to the nearest second, so that parseDuration reads it back. */
export function formatDuration(ms: number): string {
  let left = Math.max(0, Math.round(ms / SECOND_MS) * SECOND_MS);
  const parts: string[] = [];
  for (const { unit, ms: unitMs } of SHOWN) {
    const count = Math.floor(left / unitMs);
    left -= count * unitMs;
    if (count > 0) {
      parts.push(`${count} ${unit}`);
    }
  }
  return parts.length === 0 ? '0 min' : parts.join(' ');
}

/** `365 d`, `23 h 59 min`: what is measured, not set, is told to the hour from a day on, and to the minute from an hour on. */
export function formatRoughly(ms: number): string {
  const grain = ms >= DAY_MS ? HOUR_MS : ms >= HOUR_MS ? MINUTE_MS : SECOND_MS;
  return formatDuration(Math.round(ms / grain) * grain);
}
