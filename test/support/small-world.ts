/**
 * The use cases on the real store, with a clock that the test sets, targets in memory, and no Slack: for
 * sequences of events that a whole app would take hours for. `beforeCall` runs ahead of each call to a target.
 */
import { loadCatalog } from '../../src/catalog/load-catalog.js';
import { connectorKinds } from '../../src/connectors/registry.js';
import type { Catalog, OutsideGroup } from '../../src/domain/catalog.js';
import type { Grant } from '../../src/domain/grant.js';
import { asChannelId, asUserId } from '../../src/domain/ids.js';
import type { Recipient, UserId } from '../../src/domain/ids.js';
import type { GroupMembers, Person } from '../../src/domain/person.js';
import type { Refusal } from '../../src/domain/refusal.js';
import type { PendingRequest } from '../../src/domain/request.js';
import type { Result } from '../../src/domain/result.js';
import { MINUTE_MS, SECOND_MS } from '../../src/domain/time.js';
import type { NoticeView, ReconciledView } from '../../src/domain/views.js';
import { createHandOver } from '../../src/hand-over.js';
import type { CardView, Connector, Delivered, Log, ProfileField, Store, Target } from '../../src/ports.js';
import { createIds } from '../../src/random-ids.js';
import { Secret } from '../../src/secret.js';
import { decideRequest } from '../../src/usecases/decide-request.js';
import type { Deps } from '../../src/usecases/deps.js';
import { keepWatch } from '../../src/usecases/keep-watch.js';
import { reconcileAll } from '../../src/usecases/reconcile-connector.js';
import { submitRequest } from '../../src/usecases/submit-request.js';
import { createLanes } from '../../src/wakeups/lanes.js';
import { openTestStore } from './open-store.js';
import { dana, mia, start } from './rows.js';
import type { CatalogChange } from './test-catalog.js';
import { NO_TARGET, catalogYaml } from './test-catalog.js';

const quiet: Log = { debug() {}, info() {}, warn() {}, error() {} };
export const workspace = { teamId: 'T01ACME', enterpriseId: null };

type CallName = 'list' | 'expel' | 'resolve' | 'check' | 'grant' | 'revoke' | 'reveal' | 'ping';
type Asked = Partial<Parameters<typeof submitRequest>[1]>;

export type SmallWorld = Awaited<ReturnType<typeof makeSmallWorld>>;

const DIRECT = 'D-';

export async function makeSmallWorld(
  change: CatalogChange = {},
  { callTimeoutMs = 10 * SECOND_MS }: { callTimeoutMs?: number } = {},
) {
  const { store, close } = await openTestStore();
  let catalog = loaded(change);
  let deliveries = 0;
  const world = {
    now: start,
    behindMs: 0,
    beforeCall: async (_call: CallName, _target: Target | null): Promise<void> => undefined,
    /** `connector/role/account` of what we gave, and when the target would end it by itself. */
    given: new Map<string, number>(),
    /** In the same way, what others gave in the target. */
    standing: new Set<string>(),
    /** Whether the target ends access by itself. */
    endsItself: false,
    /** Whether each holder gets a secret of their own. */
    issuesSecrets: false,
    secrets: [] as string[],
    calls: [] as string[],
    cards: [] as CardView[],
    notices: [] as { to: Recipient; thread: string | null; notice: NoticeView }[],
    /** How long every channel takes no more. */
    busyMs: 0,
    notify: async (_to: Recipient, _notice: NoticeView): Promise<Delivered> => posted,
    post: async (_card: CardView): Promise<Delivered> => posted,
    edit: async (_card: CardView): Promise<Delivered> => posted,
    person: (userId: UserId): Person => ({
      userId,
      email: `${nameOf(userId)}@example.com`,
      emailConfirmed: true,
      deactivated: false,
      outsider: null,
      timeZone: 'Europe/Berlin',
    }),
    profileField: async (_userId: UserId): Promise<ProfileField> => ({ readable: true, value: null }),
    members: async (group: OutsideGroup): Promise<GroupMembers> => ({
      readable: true,
      userIds: membersOf(group),
    }),
  };
  const connectors = new Map(
    [...catalog.connectors.keys()].map((name) => [name, targetInMemory(world, name)]),
  );
  const deps: Deps & { store: Store } = {
    store: { ...store },
    wakeups: { arm() {} },
    clock: { now: () => world.now, behindMs: () => world.behindMs },
    ids: createIds(),
    log: quiet,
    callTimeoutMs,
    brokenLeases: new Map(),
    directory: {
      person: async (userId) => world.person(userId),
      members: async (group) => await world.members(group),
      profileField: async (userId) => await world.profileField(userId),
    },
    connectors,
    catalogs: { current: () => ({ catalog, endingOnly: false }) },
    messenger: {
      busyMs: () => world.busyMs,
      fingerprint: (card) => JSON.stringify(card),
      post: async (to, card, ready) => {
        await ready?.();
        world.cards.push(card);
        const delivered = await world.post(card);
        // The direct messages of a person have an id of their own.
        const channel = asChannelId(to.startsWith('C') ? to : `${DIRECT}${to}`);
        return delivered.kind === 'posted' ? { ...delivered, channel } : delivered;
      },
      update: async ({ channel }, card) => {
        world.cards.push(card);
        const delivered = await world.edit(card);
        return delivered.kind === 'posted' ? { ...delivered, channel } : delivered;
      },
      notify: async (to, notice, ready) => {
        await ready?.();
        const [at, thread] = typeof to === 'string' ? [to, null] : [to.channel, to.ts];
        const place = at.startsWith(DIRECT) ? asUserId(at.slice(DIRECT.length)) : at;
        const delivered = await world.notify(at, notice);
        if (delivered.kind === 'posted') {
          world.notices.push({ to: place, thread, notice });
        }
        return delivered;
      },
    },
  };
  const lanes = createLanes({ concurrency: () => 20, log: quiet });
  const handOver = createHandOver(deps, lanes);
  const delivery = (): string => `delivery-${(deliveries += 1)}`;

  return Object.assign(world, {
    deps,
    close,
    delivery,
    /** Another catalog is in force from now on. The targets are those that there were. */
    reload(next: CatalogChange): void {
      catalog = loaded(next);
    },
    /** The watchman's pass, and all the work that it hands out. */
    async pass(): Promise<void> {
      await keepWatch(deps, { lagMs: 0, dispatch: (due) => handOver.dispatch(due) });
      await handOver.alarm();
      await lanes.idle();
    },
    /** So many passes, with so much time before each. */
    async passes(count: number, everyMs: number): Promise<void> {
      for (let each = 0; each < count; each += 1) {
        world.now += everyMs;
        await this.pass();
      }
    },
    /** One look at every target. */
    async reconcile(): Promise<ReconciledView[]> {
      return await reconcileAll(deps, { stopping: new AbortController().signal, tells: true });
    },
    async submit(asked: Asked = {}): Promise<ReturnType<typeof submitRequest>> {
      const usual = {
        workspace,
        requester: dana,
        beneficiary: dana,
        resource: 'prod-db',
        role: 'readonly',
        durationMs: 30 * MINUTE_MS,
        startsAt: null,
        startZone: null,
        reason: 'stuck migration 4711',
      };
      return await submitRequest(deps, { ...usual, delivery: delivery(), ...asked });
    },
    async ask(asked: Asked = {}): Promise<PendingRequest> {
      const { request } = accepted(await this.submit(asked));
      if (request.state !== 'pending') {
        throw new Error('A rule approved it at once.');
      }
      return request;
    },
    async approve({ id: requestId }: Pick<PendingRequest, 'id'>): Promise<Grant> {
      const vote = {
        requestId,
        termsVersion: 1,
        approver: mia,
        verdict: 'approve',
        reason: null,
        durationMs: null,
      } as const;
      const { grant } = accepted(await decideRequest(deps, { ...vote, delivery: delivery() }));
      if (grant === null) {
        throw new Error('The vote was not the last.');
      }
      return grant;
    },
    async stateOf(grant: Grant): Promise<string | undefined> {
      return (await deps.store.grant(grant.id))?.state;
    },
  });
}

function loaded(change: CatalogChange): Catalog {
  const source = catalogYaml({ ...NO_TARGET, ...change });
  const outcome = loadCatalog({ source, file: 'access.yaml', kinds: connectorKinds });
  if (!outcome.ok) {
    throw new Error(`The catalog of this test is wrong: ${JSON.stringify(outcome.problems)}`);
  }
  return outcome.catalog;
}

const posted: Delivered = { kind: 'posted', channel: asChannelId('C0APPROVALS'), ts: '1.000' };

export function accepted<Value>(result: Result<Value, Refusal>): Value {
  if (!result.ok) {
    throw new Error(`Refused: ${JSON.stringify(result.refusal)}`);
  }
  return result.value;
}

/** `dana` of `U03DANA`. */
function nameOf(userId: UserId): string {
  return userId.slice(3).toLowerCase();
}

function membersOf(group: OutsideGroup): Set<UserId> {
  return new Set(
    group.kind === 'users'
      ? group.members.map((member) => (member.kind === 'id' ? member.userId : byEmail(member.email)))
      : [],
  );
}

function byEmail(email: string): UserId {
  return email === 'dana@example.com' ? dana : asUserId(email);
}

function targetInMemory(
  world: {
    readonly given: Map<string, number>;
    readonly standing: Set<string>;
    readonly endsItself: boolean;
    readonly issuesSecrets: boolean;
    readonly secrets: string[];
    readonly calls: string[];
    beforeCall: (call: CallName, target: Target | null) => Promise<void>;
  },
  name: string,
): Connector {
  const keyOf = ({ role, account }: Target): string => `${name}/${role}/${account.name}`;
  const on = async (call: CallName, target: Target | null): Promise<void> => {
    world.calls.push(call);
    await world.beforeCall(call, target);
  };
  return {
    name,
    simulated: false,
    get capabilities() {
      const nativeExpiry = world.endsItself ? 'exact' : 'none';
      return { nativeExpiry, issuesSecret: world.issuesSecrets, marks: true } as const;
    },
    sessionsAtEnd: 'none',
    lateEffectMs: 5 * SECOND_MS,
    howTo: () => 'Use it.',
    validate: async () => [],
    ping: async () => await on('ping', null),
    async resolve(account) {
      await on('resolve', null);
      return { account: { id: `id-${account}`, name: account }, fingerprint: name };
    },
    async check(target) {
      await on('check', target);
      const expiresAt = world.given.get(keyOf(target));
      return expiresAt === undefined
        ? { state: world.standing.has(keyOf(target)) ? 'standing' : 'absent', expiresAt: null }
        : { state: 'present', expiresAt: world.endsItself ? expiresAt : null };
    },
    async grant(target, { expiresAt }) {
      await on('grant', target);
      world.given.set(keyOf(target), expiresAt);
    },
    async revoke(target) {
      await on('revoke', target);
      world.given.delete(keyOf(target));
      return { sessionsEnded: null };
    },
    async list(role) {
      await on('list', null);
      const members = new Set([...world.given.keys(), ...world.standing]);
      return [...members].flatMap((key) => {
        const account = key.startsWith(`${name}/${role}/`) ? key.slice(`${name}/${role}/`.length) : null;
        return account === null
          ? []
          : [
              {
                account: { id: `id-${account}`, name: account },
                fingerprint: name,
                standing: !world.given.has(key),
              },
            ];
      });
    },
    async expel(target) {
      await on('expel', target);
      world.standing.delete(keyOf(target));
    },
    async reveal(target) {
      await on('reveal', target);
      const secret = `secret-${world.secrets.length + 1}`;
      world.secrets.push(secret);
      return { fields: [{ label: 'Password', value: new Secret(secret) }], howTo: 'psql' };
    },
    close: async () => undefined,
  };
}
