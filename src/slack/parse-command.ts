import { closestName } from '../domain/closest-name.js';
import { formatDuration, parseDuration } from '../domain/duration.js';
import type { UserId } from '../domain/ids.js';
import { DAY_MS } from '../domain/time.js';
import type { WhoHasAbout } from '../domain/views.js';
import { beginsLikeStart, startAmong } from './start-time.js';
import { readTyped, unquote, unquoteSentence, type Word } from './typed-text.js';

/** What a form starts with: whatever was typed already, as it was typed. */
export type Prefill = {
  readonly resource: string | null;
  readonly role: string | null;
  readonly duration: string | null;
  /** As it was typed: `tomorrow 09:00`. */
  readonly start: string | null;
  readonly reason: string | null;
  readonly beneficiary: UserId | null;
};

export const NOTHING_TYPED: Prefill = {
  resource: null,
  role: null,
  duration: null,
  start: null,
  reason: null,
  beneficiary: null,
};

/** What a request holds that may have been meant otherwise than it was understood. */
export type Unclear = 'person' | 'start' | 'duration';

export type RequestCommand = {
  readonly kind: 'request';
  readonly resource: string;
  /** Null for the resource's default role. */
  readonly role: string | null;
  /** Null for the policy's default. */
  readonly durationMs: number | null;
  /** As it was typed, and can be read again; null for the moment of the approval. */
  readonly start: string | null;
  readonly reason: string;
  readonly beneficiary: UserId | null;
};

export type ExtendCommand = {
  readonly kind: 'extend';
  /** Null where nothing was named. */
  readonly which: string | null;
  readonly durationMs: number | null;
  readonly reason: string;
};

/** `until` as it was typed: `friday`, `tomorrow 18:00`, `3d`. */
export type DelegateCommand =
  | { readonly kind: 'delegate'; readonly what: 'show' }
  | { readonly kind: 'delegate'; readonly what: 'off' }
  | { readonly kind: 'delegate'; readonly what: 'name'; readonly standIn: UserId; readonly until: string };

/** How far back: milliseconds. */
export type HistoryCommand = {
  readonly kind: 'history';
  readonly about: WhoHasAbout;
  readonly backMs: number;
};

export type ParsedCommand =
  | RequestCommand
  | ExtendCommand
  | DelegateCommand
  | { readonly kind: 'form'; readonly prefill: Prefill; readonly unclear: Unclear | null }
  | { readonly kind: 'emergency'; readonly prefill: Prefill }
  | { readonly kind: 'who-has'; readonly about: WhoHasAbout }
  | HistoryCommand
  | { readonly kind: 'mine' | 'stuck' | 'list' | 'whoami' | 'reconcile' | 'help' | 'decide' }
  | { readonly kind: 'done' | 'cancel' | 'nudge'; readonly which: string | null }
  | { readonly kind: 'explain'; readonly resource: string; readonly role: string | null }
  | { readonly kind: 'revoke'; readonly which: string; readonly reason: string }
  | { readonly kind: 'unknown'; readonly typed: string; readonly suggestion: string | null };

const VERBS = [
  'request',
  'emergency',
  'who-has',
  'history',
  'explain',
  'mine',
  'done',
  'extend',
  'cancel',
  'nudge',
  'delegate',
  'revoke',
  'stuck',
  'list',
  'whoami',
  'reconcile',
  'help',
] as const;
type Verb = (typeof VERBS)[number];

/** Where other tools approve; here the card is read before it is decided on. */
const DECIDING: ReadonlySet<string> = new Set(['approve', 'deny', 'reject']);

/** More words than that are never one duration: `1 d 2 h 30 min`. */
const DURATION_WORDS = 6;

/** The text after `/access`, as Slack delivers it. Pure; never throws. */
export function parseCommand(raw: string): ParsedCommand {
  const words = readTyped(raw);
  if (words.length <= 2 && DECIDING.has(nameOf(words[0]))) {
    return { kind: 'decide' };
  }
  const found = readVerb(words);
  if (found === null) {
    return looksMistyped(words) ? unknown(words) : parseRequest(words);
  }
  return parseVerb(found.verb, found.rest, words);
}

function readVerb(words: readonly Word[]): { verb: Verb; rest: readonly Word[] } | null {
  const [first, second] = words.map(nameOf);
  if (first === 'who' && (second === 'has' || second === 'has?')) {
    return { verb: 'who-has', rest: words.slice(2) };
  }
  if (first === 'who' && second === 'am' && nameOf(words[2]) === 'i') {
    return { verb: 'whoami', rest: words.slice(3) };
  }
  const verb = first === 'whohas' ? 'who-has' : VERBS.find((known) => known === first);
  return verb === undefined ? null : { verb, rest: words.slice(1) };
}

function parseVerb(verb: Verb, rest: readonly Word[], words: readonly Word[]): ParsedCommand {
  switch (verb) {
    case 'request':
      return parseRequest(rest);
    case 'emergency':
      return parseEmergency(rest) ?? unknown(words, 'emergency <role> <time> <reason>');
    case 'history':
      return parseHistory(rest) ?? unknown(words, 'history <resource, role or @user> 30d');
    case 'who-has':
      return parseWhoHas(rest) ?? unknown(words, 'who-has <resource, role or @user>');
    case 'explain':
      return parseExplain(rest) ?? unknown(words, 'explain <resource or role>');
    case 'done':
    case 'cancel':
    case 'nudge': {
      const which = parseWhich(rest);
      return which === undefined ? unknown(words, `${verb} <id or role>`) : { kind: verb, which };
    }
    case 'delegate':
      return parseDelegate(rest) ?? unknown(words, 'delegate @stand-in until friday');
    case 'extend':
      return parseExtend(rest);
    case 'revoke': {
      const [which, ...reason] = rest;
      return which === undefined || which.userId !== null
        ? unknown(words, 'revoke <id or role> <reason>')
        : { kind: 'revoke', which: unquote(which.text), reason: sentence(reason) };
    }
    case 'mine':
    case 'stuck':
    case 'list':
    case 'whoami':
    case 'reconcile':
    case 'help':
      return { kind: verb };
    default:
      return verb satisfies never;
  }
}

/** Null: nothing was named. Undefined: more than one thing was. */
function parseWhich(rest: readonly Word[]): string | null | undefined {
  const [which, role] = rest.map((word) => unquote(word.text));
  if (which === undefined) {
    return null;
  }
  if (rest.length > 2 || rest.some((word) => word.userId !== null)) {
    return undefined;
  }
  return role === undefined ? which : `${which}:${role}`;
}

/** `prod-db`, `prod-db:admin` and `prod-db admin`. */
function parseExplain(rest: readonly Word[]): ParsedCommand | null {
  const { resource, role, rest: left } = readRole(rest);
  const word = role === null && left.length === 1 ? nameOf(left[0]) : null;
  return resource === '' || resource.startsWith('@') || left.length > (word === null ? 0 : 1)
    ? null
    : { kind: 'explain', resource, role: role ?? word };
}

/** `[id or role] [30m] [reason]`. A single word after the role, without a duration, is a role as well: `prod-db admin`. */
function parseExtend(words: readonly Word[]): ParsedCommand {
  const { resource, role: named, rest: after } = readRole(words);
  const isRole = named === null && resource !== '' && (isRoleBeforeDuration(after) || isOneName(after));
  const role = isRole ? nameOf(after[0]) : named;
  const { ms: durationMs, rest } = readDuration(isRole ? after.slice(1) : after);
  const which = resource === '' ? null : role === null ? resource : `${resource}:${role}`;
  return { kind: 'extend', which, durationMs, reason: sentence(rest) };
}

/** Nothing, `off`, or `@stand-in until friday`. */
function parseDelegate([first, ...rest]: readonly Word[]): DelegateCommand | null {
  if (first === undefined) {
    return { kind: 'delegate', what: 'show' };
  }
  if (first.userId === null) {
    return rest.length === 0 && nameOf(first) === 'off' ? { kind: 'delegate', what: 'off' } : null;
  }
  const isTime = rest.length > 0 && rest.every(({ userId }) => userId === null);
  const until = rest.map(nameOf).join(' ');
  return isTime ? { kind: 'delegate', what: 'name', standIn: first.userId, until } : null;
}

function isOneName(words: readonly Word[]): boolean {
  return words.length === 1 && words[0]?.userId === null && readDuration(words).ms === null;
}

function parseWhoHas(rest: readonly Word[]): ParsedCommand | null {
  const about = readAbout(rest);
  return about === null ? null : { kind: 'who-has', about };
}

const USUAL_HISTORY_MS = 30 * DAY_MS;
const LONGEST_HISTORY_MS = 3_650 * DAY_MS;

/** What it is about, and how far back, in this order. */
function parseHistory(rest: readonly Word[]): HistoryCommand | null {
  const last = rest.at(-1);
  const typed = last === undefined || last.userId !== null ? null : parseDuration(last.text);
  const about = readAbout(typed === null ? rest : rest.slice(0, -1));
  const backMs = typed ?? USUAL_HISTORY_MS;
  return about === null || backMs > LONGEST_HISTORY_MS ? null : { kind: 'history', about, backMs };
}

function readAbout(rest: readonly Word[]): WhoHasAbout | null {
  const [first, ...more] = rest;
  if (first === undefined) {
    return { kind: 'all' };
  }
  if (first.userId !== null) {
    return more.length > 0 ? null : { kind: 'person', userId: first.userId };
  }
  const { resource, role, rest: left } = readRole(rest);
  const word = role === null && left.length === 1 ? left[0] : undefined;
  if (resource === '' || resource.startsWith('@') || left.length > (word === undefined ? 0 : 1)) {
    return null;
  }
  const named = (role ?? nameOf(word)).replace(/\?$/u, '');
  const asked = resource.replace(/\?$/u, '');
  return named === ''
    ? { kind: 'resource', resource: asked }
    : { kind: 'role', resource: asked, role: named };
}

/**
 * `<resource>[:role] [for @user] [30m] [at 18:00] <reason>`: what stands between the role and the reason comes in any
 * order, each once; everything but the reason may be in any case.
 */
function parseRequest(words: readonly Word[]): ParsedCommand {
  if (words.length === 0) {
    return { kind: 'form', prefill: NOTHING_TYPED, unclear: null };
  }
  const named = readRole(words);
  // `prod-db admin 30m why`: a word between the resource and the duration is the role, not the reason.
  const isRole = named.role === null && isRoleBeforeDuration(named.rest);
  const role = isRole ? nameOf(named.rest[0]) : named.role;
  const start = isRole ? named.rest.slice(1) : named.rest;

  const { time, beneficiary, startAt, rest } = readParts(start);
  const reason = sentence(rest);
  const { resource } = named;

  const unclear = unclearIn(rest, time.ms);
  if (resource !== '' && reason !== '' && unclear === null) {
    return { kind: 'request', resource, role, durationMs: time.ms, start: startAt, reason, beneficiary };
  }
  const unread = time.ms === null && isNumberLike(rest[0]) ? rest[0] : undefined;
  return {
    kind: 'form',
    unclear,
    prefill: {
      resource: resource === '' ? null : resource,
      role,
      duration: unread?.text ?? time.typed,
      start: startAt,
      reason: emptyToNull(unread === undefined ? reason : sentence(rest.slice(1))),
      beneficiary,
    },
  };
}

/** Read like a request. It is for whoever types it, and begins at once. */
function parseEmergency(words: readonly Word[]): ParsedCommand | null {
  const asked = parseRequest(words);
  const prefill =
    asked.kind === 'form' ? asked.prefill : asked.kind === 'request' ? prefillOf(asked) : NOTHING_TYPED;
  return prefill.beneficiary === null && prefill.start === null ? { kind: 'emergency', prefill } : null;
}

export function prefillOf(command: RequestCommand): Prefill {
  const { resource, role, durationMs, start, reason, beneficiary } = command;
  return {
    ...NOTHING_TYPED,
    resource,
    role,
    duration: durationMs === null ? null : formatDuration(durationMs),
    start,
    reason: emptyToNull(reason),
    beneficiary,
  };
}

type Parts = {
  readonly time: { readonly ms: number | null; readonly typed: string | null };
  readonly beneficiary: UserId | null;
  readonly startAt: string | null;
  readonly rest: readonly Word[];
};

/** Whatever comes before the reason. A second of the same kind belongs to the reason already. */
function readParts(words: readonly Word[]): Parts {
  let parts: Parts = { time: { ms: null, typed: null }, beneficiary: null, startAt: null, rest: words };
  for (let next = readPart(parts); next !== null; next = readPart(next)) {
    parts = next;
  }
  return parts;
}

function readPart(parts: Parts): Parts | null {
  const whom = readBeneficiary(parts.rest);
  if (parts.beneficiary === null && whom.userId !== null) {
    return { ...parts, beneficiary: whom.userId, rest: whom.rest };
  }
  const { ms, typed, rest } = readDuration(parts.rest);
  if (parts.time.ms === null && ms !== null) {
    return { ...parts, time: { ms, typed }, rest };
  }
  const start = readStart(parts.rest);
  return parts.startAt === null && start.typed !== null
    ? { ...parts, startAt: start.typed, rest: start.rest }
    : null;
}

/** The longest run of words at the start that says when. */
function readStart(words: readonly Word[]): { typed: string | null; rest: readonly Word[] } {
  const found = startAmong(beforePeople(words));
  return found === null
    ? { typed: null, rest: words }
    : { typed: found.typed, rest: words.slice(found.count) };
}

/** The words, in small letters, up to where a person is named. */
function beforePeople(words: readonly Word[]): string[] {
  const person = words.findIndex(({ userId }) => userId !== null);
  return words.slice(0, person === -1 ? words.length : person).map(nameOf);
}

/** `prod-db`, `prod-db:admin`, and both with spaces around the colon. */
function readRole(words: readonly Word[]): { resource: string; role: string | null; rest: readonly Word[] } {
  const [first, second, third] = words;
  // No resource is called like a duration or a start: with `30m stuck on 4711` it was left out.
  const isLeftOut = parseDuration(nameOf(first)) !== null || readStart(words).typed !== null;
  if (first === undefined || first.userId !== null || isLeftOut) {
    return { resource: '', role: null, rest: words };
  }
  const name = nameOf(first);
  const colon = name.indexOf(':');
  if (colon > 0 && colon < name.length - 1) {
    return { resource: name.slice(0, colon), role: name.slice(colon + 1), rest: words.slice(1) };
  }
  const after = nameOf(second);
  if (colon === name.length - 1 && colon > 0) {
    return { resource: name.slice(0, -1), role: emptyToNull(after), rest: words.slice(2) };
  }
  if (colon === -1 && after === ':') {
    return { resource: name, role: emptyToNull(nameOf(third)), rest: words.slice(3) };
  }
  if (colon === -1 && after.startsWith(':')) {
    return { resource: name, role: after.slice(1), rest: words.slice(2) };
  }
  return { resource: name, role: null, rest: words.slice(1) };
}

function isRoleBeforeDuration(words: readonly Word[]): boolean {
  const [role, ...rest] = words;
  return (
    role !== undefined &&
    role.userId === null &&
    /^[\w.-]+$/u.test(unquote(role.text)) &&
    nameOf(role) !== 'for' &&
    !beginsLikeStart(beforePeople(words)) &&
    readDuration(words).ms === null &&
    nameOf(rest[0]) !== 'for' &&
    readDuration(readStart(rest).rest).ms !== null
  );
}

/** `for @user`; counts only here, before the reason begins. */
function readBeneficiary(words: readonly Word[]): { userId: UserId | null; rest: readonly Word[] } {
  const [word, person] = words;
  const isFor = nameOf(word) === 'for' && person !== undefined && person.userId !== null;
  return isFor ? { userId: person.userId, rest: words.slice(2) } : { userId: null, rest: words };
}

/** The longest run of words at the start that is a duration, `for 30m` included. */
function readDuration(words: readonly Word[]): {
  ms: number | null;
  typed: string | null;
  rest: readonly Word[];
} {
  const skipped = nameOf(words[0]) === 'for' ? 1 : 0;
  for (let count = Math.min(DURATION_WORDS, words.length - skipped); count > 0; count -= 1) {
    const run = words.slice(skipped, skipped + count);
    const typed = run.map((word) => unquote(word.text)).join(' ');
    const ms = run.some((word) => word.userId !== null) ? null : parseDuration(typed);
    if (ms !== null) {
      return { ms, typed, rest: words.slice(skipped + count) };
    }
  }
  return { ms: null, typed: null, rest: words };
}

/**
 * A reason that begins like a duration (`30 stuck`), like a start (`tomorrow we migrate`, `in 2h`) or like a
 * person that Slack did not recognise (`for @sam`) is not taken for a reason: a form shows what was understood,
 * and the person decides.
 */
function unclearIn(reason: readonly Word[], durationMs: number | null): Unclear | null {
  const [first, second] = reason;
  // An address names people in the catalog, and nobody in Slack.
  const isPerson = nameOf(first) === 'for' && second?.userId === null && second.text.includes('@');
  const isDelay = nameOf(first) === 'in' && readDuration(reason.slice(1)).ms !== null;
  const isStart = isDelay || beginsLikeStart(beforePeople(reason));
  if (isPerson) {
    return 'person';
  }
  return isStart ? 'start' : durationMs === null && isNumberLike(first) ? 'duration' : null;
}

function isNumberLike(word: Word | undefined): word is Word {
  return word !== undefined && /^[-+]?\d+(?:[.,]\d+)?\p{L}{0,4}$/u.test(unquote(word.text));
}

/** Nothing but a slip of a verb: a resource followed by its role or a duration is taken at its word. */
function looksMistyped(words: readonly Word[]): boolean {
  const first = nameOf(words[0]);
  return (
    first.length > 2 &&
    !first.includes(':') &&
    closestName(first, VERBS) !== null &&
    readDuration(words.slice(1)).ms === null
  );
}

/** `usage` for a command that was recognised; otherwise the command that was likely meant. */
function unknown(words: readonly Word[], usage?: string): ParsedCommand {
  const [typed, ...rest] = words.map((word) => word.text);
  const verb = closestName(nameOf(words[0]), VERBS);
  const meant = verb === null ? null : [verb, ...rest].join(' ');
  return { kind: 'unknown', typed: [typed ?? '', ...rest].join(' '), suggestion: usage ?? meant };
}

function nameOf(word: Word | undefined): string {
  return word === undefined ? '' : unquote(word.text).toLowerCase();
}

function sentence(words: readonly Word[]): string {
  return unquoteSentence(words.map((word) => word.text).join(' '));
}

function emptyToNull(text: string): string | null {
  return text === '' ? null : text;
}
