/** Times to choose from in a form. */
import type { PlainTextOption, StaticSelect } from '@slack/web-api';
import { formatDuration } from '../../domain/duration.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../domain/time.js';
import { LIMITS } from './limits.js';
import { plain } from './text.js';

/** Milliseconds. No usual time where several roles are still to choose from. */
export type Times = { readonly minMs: number; readonly defaultMs: number | null; readonly maxMs: number };

const STEPS = [
  ...[5, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 4, 8, 12].map((hours) => hours * HOUR_MS),
  ...[1, 2, 3, 7, 14, 30].map((days) => days * DAY_MS),
];

/** The time that is wanted stands in the list whatever the limits say: a list never drops what was typed. */
export function durationSelect(times: Times, wantedMs: number | null): StaticSelect {
  const { minMs, defaultMs, maxMs } = times;
  const steps = STEPS.filter((ms) => ms >= minMs && ms <= maxMs);
  const named = [defaultMs, wantedMs, maxMs].filter((ms) => ms !== null);
  const choices = [...new Set([...named, ...steps])].toSorted((left, right) => left - right);
  return {
    type: 'static_select',
    action_id: actionIdOf(times),
    placeholder: plain('The usual time', LIMITS.placeholder),
    options: choices.map((ms) => option(ms, times)),
    // The usual time is chosen by choosing none: so it is that of the role, also when another role is chosen.
    ...(wantedMs === null ? {} : { initial_option: option(wantedMs, times) }),
  };
}

/** Slack keeps what was chosen as long as the names stay, also where the new list doesn't hold it. */
function actionIdOf({ minMs, defaultMs, maxMs }: Times): string {
  return ['time', minMs, defaultMs ?? '', maxMs].join('-');
}

function option(ms: number, { defaultMs, maxMs }: Times): PlainTextOption {
  const mark =
    ms === defaultMs ? ', the usual time' : ms === maxMs && defaultMs !== null ? ', the longest' : '';
  return { text: plain(`${formatDuration(ms)}${mark}`, LIMITS.optionText), value: formatDuration(ms) };
}
