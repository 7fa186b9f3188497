/** Asks an on-call system by HTTP who is on call. Anything but a plain answer is none: then nobody is. */
import type { JSONValue } from 'json-p3';
import type { OnCallGroup } from '../domain/catalog.js';
import { parsePersonRef, type PersonRef } from '../domain/person-ref.js';
import { SECOND_MS } from '../domain/time.js';
import { systemResolve, type Resolve } from '../http/addresses.js';
import { callOnce } from '../http/one-call.js';
import { selectByPath } from '../json-path.js';
import type { Clock, Log } from '../ports.js';
import { isSecretRef, SecretUnreadable } from '../secret-ref.js';
import { createShortMemory } from '../short-memory.js';
import { OnCallUnreadable, whyLost, whyStatus } from './why-unreadable.js';

/** All of one source's calls together; somebody waits in front of the screen. */
const BOUND_MS = 2 * SECOND_MS;
/** More than this many at once are no shift, but a path that leads to everybody. */
const MOST_PEOPLE = 50;
/** With `each`, each of them is one more call. */
const MOST_IDS = 10;
const LONGEST_KEEP_MS = 60 * SECOND_MS;

export type OnCallPeople =
  | { readonly readable: true; readonly people: readonly PersonRef[] }
  | { readonly readable: false; readonly why: string };

export type OnCall = { people(group: OnCallGroup): Promise<OnCallPeople> };

export function createOnCall(parts: {
  readonly clock: Clock;
  readonly log: Log;
  /** Resolves `env:NAME` or `file:/path`; throws when there is nothing behind it. */
  readonly readSecret: (ref: string) => string;
  readonly resolve?: Resolve;
  readonly boundMs?: number;
}): OnCall {
  const { clock, log, readSecret, resolve = systemResolve, boundMs = BOUND_MS } = parts;
  const known = createShortMemory<OnCallPeople>({
    clock,
    keepMs: LONGEST_KEEP_MS,
    worthKeeping: (found) => found.readable,
  });

  async function read(group: OnCallGroup): Promise<OnCallPeople> {
    const signal = AbortSignal.timeout(boundMs);
    try {
      return { readable: true, people: await readPeople(group, signal) };
    } catch (error) {
      const why = whyLost(error, { timedOut: signal.aborted, boundMs });
      const detail = error instanceof SecretUnreadable ? { missing: error.message } : {};
      log.warn(
        { group: group.name, host: new URL(group.url).host, why, ...detail },
        'It could not be read who is on call; nobody counts as being',
      );
      return { readable: false, why };
    }
  }

  async function readPeople(group: OnCallGroup, signal: AbortSignal): Promise<PersonRef[]> {
    const named = await select(group, { url: group.url, path: group.people, signal });
    const { each } = group;
    if (each === null) {
      return named.map(asPerson);
    }
    const urls = namesOf(named).map((id) => urlFor(each.url, id));
    const found = await Promise.all(
      urls.map(async (url) => await select(group, { url, path: each.people, signal })),
    );
    if (found.some((people) => people.length === 0)) {
      throw new OnCallUnreadable('its answer about somebody on call names nobody');
    }
    return found.flat().map(asPerson);
  }

  async function select(
    group: OnCallGroup,
    { url, path, signal }: { url: string; path: string; signal: AbortSignal },
  ): Promise<readonly unknown[]> {
    const { status, body } = await callOnce({
      url: new URL(url),
      method: 'GET',
      headers: headersOf(group, readSecret),
      rules: { allowPrivate: group.allowPrivate, loopbackOnly: url.startsWith('http:') },
      resolve,
      signal,
    });
    if (status !== 200) {
      throw new OnCallUnreadable(whyStatus(status));
    }
    const selected = selectByPath(path, parsed(body));
    if (selected.kind === 'nothing') {
      throw new OnCallUnreadable('its answer has nothing where the catalog looks for people');
    }
    const values = selected.kind === 'nobody' ? [] : selected.values;
    if (values.length > MOST_PEOPLE) {
      throw new OnCallUnreadable(`its answer names more than ${MOST_PEOPLE} people`);
    }
    return values;
  }

  return {
    people: async (group) =>
      await known.get(JSON.stringify(group), async () => await read(group), group.keepMs),
  };
}

/** Read at each call, so that a rotated secret is taken up. */
function headersOf(
  { headers }: OnCallGroup,
  readSecret: (ref: string) => string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, isSecretRef(value) ? readSecret(value) : value]),
  );
}

function parsed(body: string): JSONValue {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new OnCallUnreadable('its answer is not JSON', { cause });
  }
}

function asPerson(value: unknown): PersonRef {
  const person = typeof value === 'string' ? parsePersonRef(value.trim()) : null;
  if (person === null) {
    throw new OnCallUnreadable('its answer names somebody neither by e-mail address nor by Slack member id');
  }
  return person;
}

/** They go into a path: nothing in them may lead anywhere else. */
function namesOf(values: readonly unknown[]): string[] {
  const ids = values.map((value) => {
    const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
    if (!/^[A-Za-z0-9_@+-][A-Za-z0-9_@+.-]{0,99}$/.test(text)) {
      throw new OnCallUnreadable('its answer names somebody by what is no id');
    }
    return text;
  });
  const distinct = [...new Set(ids)];
  if (distinct.length > MOST_IDS) {
    throw new OnCallUnreadable(`its answer names more than ${MOST_IDS} ids to ask about`);
  }
  return distinct;
}

function urlFor(template: string, id: string): string {
  const url = new URL(template);
  url.pathname = url.pathname.replaceAll(encodeURI('{person}'), encodeURIComponent(id));
  return url.href;
}
