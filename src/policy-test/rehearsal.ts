/** The use cases on a database in memory, with targets that give nothing, no Slack, and a clock that is set. */
import { connectorKinds } from '../connectors/registry.js';
import type { Catalog, OutsideGroup } from '../domain/catalog.js';
import { decide } from '../domain/decide.js';
import type { RequestId, UserId } from '../domain/ids.js';
import { asChannelId } from '../domain/ids.js';
import { onlyThose } from '../domain/person.js';
import type { GroupMembers, Person } from '../domain/person.js';
import type { Refusal } from '../domain/refusal.js';
import type { AccessRequest } from '../domain/request.js';
import type { Result } from '../domain/result.js';
import { SECOND_MS } from '../domain/time.js';
import type { Instant } from '../domain/time.js';
import { reviewOf } from '../domain/review.js';
import { createHandOver } from '../hand-over.js';
import type { Connector, Directory, Log, Messenger } from '../ports.js';
import { createIds } from '../random-ids.js';
import { createStore } from '../store/create-store.js';
import { openInMemory } from '../store/open-database.js';
import { readDecisionFacts } from '../usecases/decision-facts.js';
import type { Deps } from '../usecases/deps.js';
import { keepWatch } from '../usecases/keep-watch.js';
import { createLanes } from '../wakeups/lanes.js';
import { act } from './act.js';
import type { Given, STATES, Step } from './schema.js';

/** What a step came to. */
export type Came =
  | { readonly refused: Refusal; readonly by: UserId }
  | {
      readonly state: (typeof STATES)[number];
      /** Of an emergency. */
      readonly review: 'in-review' | 'reviewed' | null;
      /** Of whom an approval would be counted now, while it waits. */
      readonly needs: readonly UserId[];
    };

export type Rehearsal = {
  /** The moment that the clock shows. */
  now(): Instant;
  go(when: Step['when']): Promise<Came>;
  close(): Promise<void>;
};

/** A Monday at noon: a test that names no moment is the same on every day. */
const START = Date.UTC(2026, 0, 5, 12);

const quiet: Log = { debug() {}, info() {}, warn() {}, error() {} };

export function openRehearsal(catalog: Catalog, given: Given): Rehearsal {
  const store = createStore({ database: openInMemory() });
  let now = START;
  let deliveries = 0;
  let latest: RequestId | null = null;
  const deps: Deps = {
    store,
    wakeups: { arm() {} },
    clock: { now: () => now, behindMs: () => 0 },
    ids: createIds(),
    log: quiet,
    callTimeoutMs: 10 * SECOND_MS,
    brokenLeases: new Map(),
    directory: directoryOf(given),
    connectors: pretendedTargets(catalog),
    catalogs: { current: () => ({ catalog, endingOnly: false }) },
    messenger: nobodyListens(),
  };
  const lanes = createLanes({ concurrency: () => 1, log: quiet });
  const handOver = createHandOver(deps, lanes);
  const idOf = (name: string): UserId => {
    const found = given.people[name];
    if (found === undefined) {
      throw new Error(`Nobody called ${name} is given.`);
    }
    return found.id;
  };

  /** Whatever has become due, and what that makes due in its turn. */
  async function settle(): Promise<void> {
    for (let pass = 0; pass < PASSES; pass += 1) {
      await keepWatch(deps, { lagMs: 0, dispatch: (due) => handOver.dispatch(due) });
      await lanes.idle();
    }
  }

  async function acts(who: string, when: Step['when']): Promise<Result<RequestId | null, Refusal>> {
    deliveries += 1;
    return await act(deps, when, {
      by: idOf(who),
      delivery: `step-${deliveries}`,
      idOf,
      latest: latest === null ? null : await store.request(latest),
    });
  }

  async function came(when: Step['when']): Promise<Came> {
    if (when.delegates !== undefined) {
      const state = when.delegates === 'off' ? 'not-delegated' : 'delegated';
      return { state, review: null, needs: [] };
    }
    const request = latest === null ? null : await store.request(latest);
    if (request === null) {
      throw new Error('Nothing has been requested.');
    }
    const state = await stateOf(request);
    return {
      state,
      review: stateOfReview(request),
      needs: state === 'waits' ? await whoCouldApprove(request) : [],
    };
  }

  async function whoCouldApprove({ id, termsVersion }: AccessRequest): Promise<UserId[]> {
    const vote = { verdict: 'approve', reason: null, durationMs: null, termsVersion } as const;
    const could = await Promise.all(
      Object.values(given.people).map(async ({ id: approver }) => {
        const facts = await readDecisionFacts(deps, { requestId: id, approver });
        return facts.ok && decide(facts.value, { ...vote, approver }, now).ok ? [approver] : [];
      }),
    );
    return could.flat();
  }

  async function stateOf(request: AccessRequest): Promise<(typeof STATES)[number]> {
    if (request.state === 'pending') {
      return 'waits';
    }
    if (request.state !== 'approved') {
      return request.state;
    }
    const grant = await store.grant(request.grantId);
    return grant?.state === 'ending' || grant?.state === 'ended' || grant?.state === 'failed'
      ? 'ended'
      : 'approved';
  }

  /** More time that was not given is over: the story goes on with the access it was asked for. */
  async function backToAccess(): Promise<void> {
    const request = latest === null ? null : await store.request(latest);
    const more = request?.extendsGrant ?? null;
    if (more !== null && request?.state !== 'pending' && request?.state !== 'approved') {
      latest = (await store.grant(more))?.requestId ?? latest;
    }
  }

  return {
    now: () => now,
    async go(when) {
      await backToAccess();
      now = when.at ?? now;
      await settle();
      if (when.who !== undefined) {
        const outcome = await acts(when.who, when);
        if (!outcome.ok) {
          return { refused: outcome.refusal, by: idOf(when.who) };
        }
        latest = outcome.value ?? latest;
        await settle();
      }
      return await came(when);
    },
    async close() {
      lanes.close();
      await store.close();
    },
  };
}

function stateOfReview(request: AccessRequest): 'in-review' | 'reviewed' | null {
  const review = reviewOf(request);
  return review === null ? null : review.closedAt === null ? 'in-review' : 'reviewed';
}

/** An end has a revocation and then a read-back: few passes are enough for all that one moment brings. */
const PASSES = 4;

function directoryOf(given: Given): Directory {
  const people = Object.values(given.people);
  const byId = new Map(people.map((person) => [person.id, person]));
  const managers = new Map(
    people.flatMap(({ id, manager }) => {
      const found = manager === undefined ? undefined : given.people[manager];
      return found === undefined ? [] : [[id, found.id] as const];
    }),
  );
  /** As Slack's directory leaves others out. */
  const stays = (userId: UserId): boolean => {
    const found = byId.get(userId);
    return found === undefined || !(found.deactivated || found.guest);
  };
  return {
    async person(userId): Promise<Person | 'unknown'> {
      const found = byId.get(userId);
      return found === undefined
        ? 'unknown'
        : {
            userId,
            email: found.email ?? null,
            emailConfirmed: found.email !== undefined,
            deactivated: found.deactivated,
            outsider: found.guest ? 'guest' : null,
            timeZone: null,
          };
    },
    members: async (group) => onlyThose(membersOf(given, group), stays),
    profileField: async (userId) => ({ readable: true, value: managers.get(userId) ?? null }),
  };
}

function membersOf({ groups, people }: Given, group: OutsideGroup): GroupMembers {
  if (group.kind === 'users') {
    const ids = group.members.flatMap((member) =>
      member.kind === 'id'
        ? [member.userId]
        : Object.values(people)
            .filter(({ email }) => email?.toLowerCase() === member.email)
            .map(({ id }) => id),
    );
    return { readable: true, userIds: new Set(ids) };
  }
  const named = groups[group.name];
  if (named === undefined || named === 'unreadable') {
    return { readable: false, why: 'the test does not say who is in it' };
  }
  const ids = named.flatMap((name) => people[name]?.id ?? []);
  return { readable: true, userIds: new Set(ids) };
}

function pretendedTargets(catalog: Catalog): ReadonlyMap<string, Connector> {
  const kind = connectorKinds.find(({ use }) => use === 'simulate');
  if (kind === undefined) {
    throw new Error('There is no kind of connector that gives nothing.');
  }
  const readSecret = (ref: string): string => {
    throw new Error(`A test of policies reads no secret, and not ${ref}.`);
  };
  return new Map(
    [...catalog.connectors.values()].map((spec) => [
      spec.name,
      kind.create({ spec, readSecret, log: quiet }),
    ]),
  );
}

function nobodyListens(): Messenger {
  const posted = { kind: 'posted', channel: asChannelId('C00POLICY'), ts: '1.000' } as const;
  return {
    busyMs: () => 0,
    fingerprint: (card) => JSON.stringify(card),
    post: async () => posted,
    update: async () => posted,
    notify: async () => posted,
  };
}
