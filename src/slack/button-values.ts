import {
  asGrantId,
  asRequestId,
  asUserId,
  type GrantId,
  type RequestId,
  type UserId,
} from '../domain/ids.js';
import type { HomePlace, WhoHasAbout } from '../domain/views.js';
import { LIMITS } from './blocks/limits.js';
import type { Prefill, RequestCommand } from './parse-command.js';

/** A button of ours never names more grants. */
const MOST_AT_ONCE = 20;

/**
 * What stands in a button's value. It only names things: whoever clicks is asked for everything else anew,
 * and text in it is treated as if the clicker had just typed it.
 */
export type Vote = { readonly requestId: RequestId; readonly termsVersion: number };

export function encodeVote({ requestId, termsVersion }: Vote): string {
  return `${termsVersion}:${requestId}`;
}

export function decodeVote(value: string): Vote | null {
  const found = /^(\d{1,9}):(.+)$/s.exec(value);
  return found === null ? null : { termsVersion: Number(found[1]), requestId: asRequestId(found[2] ?? '') };
}

/** An approval for less time than was asked for. Milliseconds. */
export type Shorter = { readonly vote: Vote; readonly durationMs: number };

export function encodeShorter({ vote, durationMs }: Shorter): string {
  return `${durationMs}/${encodeVote(vote)}`;
}

export function decodeShorter(value: string): Shorter | null {
  const [, durationMs, rest = ''] = /^(\d{1,12})\/(.+)$/s.exec(value) ?? [];
  const vote = decodeVote(rest);
  return vote === null ? null : { vote, durationMs: Number(durationMs) };
}

/** No connector bears such a name. */
export const EVERY_CONNECTOR = '*';

/** Of a list of what would be removed: under which catalog it was made, and of which connector. */
export type DryRun = { readonly connector: string; readonly catalogSha256: string };

export function encodeDryRun({ connector, catalogSha256 }: DryRun): string {
  return `${catalogSha256}:${connector}`;
}

export function decodeDryRun(value: string): DryRun | null {
  const found = /^([0-9a-f]{64}):(.+)$/s.exec(value);
  return found === null ? null : { catalogSha256: found[1] ?? '', connector: found[2] ?? '' };
}

export function encodePage(about: WhoHasAbout, offset: number): string {
  return JSON.stringify([offset, about]);
}

export function decodePage(value: string): { about: WhoHasAbout; offset: number } | null {
  const parsed = parseJson(value);
  if (!Array.isArray(parsed)) {
    return null;
  }
  const [offset, said]: unknown[] = parsed;
  const about = readAbout(said);
  return about === null || !isCount(offset) ? null : { about, offset };
}

function readAbout(said: unknown): WhoHasAbout | null {
  const { kind, resource, role, userId } = fieldsOf(said);
  if (kind === 'all') {
    return { kind };
  }
  if (kind === 'resource' && typeof resource === 'string') {
    return { kind, resource };
  }
  if (kind === 'role' && typeof resource === 'string' && typeof role === 'string') {
    return { kind, resource, role };
  }
  if (kind === 'person' && typeof userId === 'string') {
    return { kind, userId: asUserId(userId) };
  }
  return null;
}

export type HistoryPage = {
  readonly about: WhoHasAbout;
  readonly backMs: number;
  readonly offset: number;
};

export function encodeHistoryPage({ about, backMs, offset }: HistoryPage): string {
  return JSON.stringify([offset, about, backMs]);
}

export function decodeHistoryPage(value: string): HistoryPage | null {
  const parsed = parseJson(value);
  const [offset, said, backMs]: unknown[] = Array.isArray(parsed) ? parsed : [];
  const about = readAbout(said);
  return about === null || !isCount(offset) || !isCount(backMs) ? null : { about, backMs, offset };
}

/** Other grants to revoke as well, for the reason that the first one was revoked for. */
export type EndAll = { readonly grants: readonly GrantId[]; readonly reason: string };

export function encodeEndAll(all: EndAll): string | null {
  return fitting(all);
}

export function decodeEndAll(value: string): EndAll | null {
  const { grants, reason } = fieldsOf(parseJson(value));
  if (!Array.isArray(grants) || typeof reason !== 'string') {
    return null;
  }
  const named = grants.filter((each: unknown) => typeof each === 'string').slice(0, MOST_AT_ONCE);
  return named.length === 0 ? null : { grants: named.map(asGrantId), reason };
}

/** Null when it does not fit into a button: then there is no button, and the text stands in the answer. */
export function encodeAsk(ask: RequestCommand): string | null {
  return fitting(ask);
}

export function decodeAsk(value: string): RequestCommand | null {
  const { kind, resource, role, durationMs, start, reason, beneficiary } = fieldsOf(parseJson(value));
  if (kind !== 'request' || typeof resource !== 'string' || typeof reason !== 'string') {
    return null;
  }
  return {
    kind,
    resource,
    role: textOrNull(role),
    durationMs: isCount(durationMs) ? durationMs : null,
    start: textOrNull(start),
    reason,
    beneficiary: userOrNull(beneficiary),
  };
}

export function encodeHomePlace({ held, deciding, asked }: HomePlace): string {
  return JSON.stringify([held, deciding, asked]);
}

export function decodeHomePlace(value: string): HomePlace | null {
  const parsed = parseJson(value);
  const [held, deciding, asked]: unknown[] = Array.isArray(parsed) ? parsed : [];
  return isCount(held) && isCount(deciding) && isCount(asked) ? { held, deciding, asked } : null;
}

export function encodePrefill(prefill: Prefill): string | null {
  return fitting(prefill);
}

export function decodePrefill(value: string): Prefill {
  const { resource, role, duration, start, reason, beneficiary } = fieldsOf(parseJson(value));
  return {
    resource: textOrNull(resource),
    role: textOrNull(role),
    duration: textOrNull(duration),
    start: textOrNull(start),
    reason: textOrNull(reason),
    beneficiary: userOrNull(beneficiary),
  };
}

function fitting(value: object): string | null {
  const json = JSON.stringify(value);
  return json.length <= LIMITS.buttonValue ? json : null;
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function userOrNull(value: unknown): UserId | null {
  return typeof value === 'string' && /^[UW][A-Z0-9]+$/.test(value) ? asUserId(value) : null;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** Undefined for what is not JSON: an old button, or a forged one. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
