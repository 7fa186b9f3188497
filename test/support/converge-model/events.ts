/** What happens beside the workers: people decide, time passes, calls land late, processes die. */
import type { Policy } from '../../../src/domain/catalog.js';
import type { Change } from '../../../src/domain/change.js';
import { HALLPASS } from '../../../src/domain/grant-life.js';
import type { Grant } from '../../../src/domain/grant.js';
import { asChannelId, asEntitlementId, asGrantId, asRequestId, asUserId } from '../../../src/domain/ids.js';
import { openGrant, prolongGrant } from '../../../src/domain/open-grant.js';
import type { PendingRequest } from '../../../src/domain/request.js';
import type { Instant } from '../../../src/domain/time.js';
import type { Rules } from './rules.js';
import { NOT_WAITING } from '../../../src/domain/unanswered.js';
import type { Next } from './worker.js';
import { landed, orphaned } from './worker.js';
import type { World } from './world.js';
import { TICK_MS, commit, spend, stateOf, withWorker } from './world.js';

const dana = asUserId('U03DANA');
const policy: Policy = {
  name: 'p',
  request: [],
  approve: [],
  autoApprove: [],
  extend: { kind: 'approval' },
  inOrder: false,
  denials: 1,
  forOthers: false,
  minMs: TICK_MS,
  defaultMs: TICK_MS,
  maxMs: 100 * TICK_MS,
  startWithinMs: 100 * TICK_MS,
  channel: asChannelId('C'),
  announce: null,
  notify: 'none',
  unansweredAfterMs: TICK_MS,
  nudgeMs: [],
  escalate: null,
  reasonRequired: false,
  reasonMinLength: 0,
  ticket: null,
  approversMayHold: true,
  denyReasonRequired: false,
  onLostEligibility: 'end',
  remindBeforeMs: [],
  emergency: null,
};

export function eventsOf(rules: Rules, world: World): Next[] {
  return [
    ...approvals(world),
    ...earlyEnds(rules, world),
    ...prolongations(world),
    ...crashes(world),
    ...handsOn(world),
    ...lateLandings(world),
    ...ticks(world),
  ];
}

function ask(
  world: World,
  durationMs: number,
  extendsGrant: Grant | null,
  startsAt: Instant | null = null,
): PendingRequest {
  const count = world.db.grants.length;
  return {
    id: asRequestId(`r${count}`),
    version: 1,
    state: 'pending',
    workspace: { teamId: 'T', enterpriseId: null },
    requester: dana,
    beneficiary: dana,
    resource: 'db',
    role: 'r',
    policy: policy.name,
    approvalRule: null,
    catalogSha256: '',
    durationMs,
    startsAt,
    startZone: null,
    reason: '',
    entitlements: world.db.entitlements.map(({ connector, role, account, fingerprint }) => ({
      connector,
      role,
      account,
      fingerprint,
    })),
    termsVersion: 1,
    extendsGrant: extendsGrant?.id ?? null,
    channel: policy.channel,
    createdAt: 0,
    expiresAt: Number.MAX_SAFE_INTEGER,
    waiting: NOT_WAITING,
  };
}

/** People commit what they have just read: a worker that read before them finds its rows changed. */
function committed(world: World, label: string, change: Change): Next[] {
  const db = commit(world.db, change, true);
  if (db === null) {
    throw new Error('The model commits from rows that it has just read.');
  }
  return [{ label, world: { ...world, db } }];
}

function approvals(world: World): Next[] {
  if (world.left.approvals === 0) {
    return [];
  }
  const window = world.windows[world.db.grants.length] ?? 1;
  const start = world.starts[world.db.grants.length] ?? 0;
  const startsAt = start === 0 ? null : world.now + start * TICK_MS;
  const request = ask(world, window * TICK_MS, null, startsAt);
  const rows = request.entitlements.map((terms, index) => ({
    terms,
    existing: world.db.entitlements[index] ?? null,
    owners: [],
    newId: asEntitlementId('new'),
  }));
  const grantId = asGrantId(`g${world.db.grants.length}`);
  const opened = openGrant({
    request,
    policy,
    durationMs: request.durationMs,
    rows,
    grantId,
    approvedBy: HALLPASS,
    now: world.now,
  });
  if (!opened.ok) {
    return [];
  }
  const { grant, entitlements, holds } = opened.value;
  const change = { at: world.now, grants: [grant], entitlements, holds, audit: [] };
  return committed(
    spend(world, 'approvals'),
    `${grantId} is approved for ${window} ticks, from ${start} ticks on`,
    change,
  );
}

function statesOf(world: World) {
  return world.db.entitlements.map((_row, index) => stateOf(world.db, index));
}

/** Every part that the grant still holds; as the use case reads them. */
function heldBy(world: World, grant: Grant) {
  const held = world.db.holds.filter(({ grantId }) => grantId === grant.id);
  return statesOf(world).filter(({ entitlement }) =>
    held.some(({ entitlementId }) => entitlementId === entitlement.id),
  );
}

function earlyEnds(rules: Rules, world: World): Next[] {
  if (world.left.earlyEnds === 0) {
    return [];
  }
  return world.db.grants.flatMap((grant) => {
    const by = { kind: 'person', userId: dana } as const;
    const how = { cause: 'done', by, reason: null } as const;
    const ended = rules.endEarly(grant, heldBy(world, grant), how, world.now);
    if (!ended.ok) {
      return [];
    }
    const { entitlements, holds } = ended.value;
    const change = { at: world.now, grants: [ended.value.grant], entitlements, holds, audit: [] };
    return committed(spend(world, 'earlyEnds'), `${grant.id} is ended early`, change);
  });
}

function prolongations(world: World): Next[] {
  if (world.left.prolongations === 0) {
    return [];
  }
  return world.db.grants.flatMap((grant) => {
    const request = ask(world, 2 * TICK_MS, grant);
    const states = heldBy(world, grant);
    const { durationMs } = request;
    const input = { request, policy, durationMs, grant, states, approvedBy: HALLPASS, now: world.now };
    const prolonged = prolongGrant(input);
    if (!prolonged.ok) {
      return [];
    }
    const { entitlements } = prolonged.value;
    const change = { at: world.now, grants: [prolonged.value.grant], entitlements, audit: [] };
    return committed(spend(world, 'prolongations'), `${grant.id} gets 2 ticks more`, change);
  });
}

/** One process: all its workers die, and its start voids every lease. Otherwise one dies, and its lease runs out. */
function crashes(world: World): Next[] {
  if (world.left.crashes === 0) {
    return [];
  }
  const after = spend(world, 'crashes');
  if (!world.oneProcess) {
    return world.workers.flatMap((_worker, index) =>
      killed(after, index).map((next) => ({ label: `worker ${index} dies`, world: next })),
    );
  }
  const dead = world.workers.reduce<World[]>(
    (all, _worker, index) => all.flatMap((one) => killed(one, index)),
    [after],
  );
  return world.workers.every(({ at }) => at === 'idle')
    ? []
    : dead.map((next) => ({ label: 'the process dies and starts anew', world: leasesVoided(next) }));
}

function killed(world: World, index: number): World[] {
  const worker = world.workers[index];
  if (worker === undefined || worker.at === 'idle') {
    return world.oneProcess ? [world] : [];
  }
  const token = 'claim' in worker ? (worker.claim?.token ?? '') : '';
  return orphaned(withWorker(world, index, { at: 'idle' }), token);
}

function leasesVoided(world: World): World {
  const entitlements = world.db.entitlements.map((row) =>
    row.lease === null ? row : { ...row, version: row.version + 1, lease: null },
  );
  return { ...world, db: { ...world.db, entitlements } };
}

/** Somebody changes the target beside Hallpass. Where it keeps no marks, nobody could tell whose an added one is. */
function handsOn(world: World): Next[] {
  if (world.left.handsOn === 0) {
    return [];
  }
  const after = spend(world, 'handsOn');
  const each = (
    label: string,
    change: (one: World['targets'][number]) => World['targets'][number],
  ): Next => ({
    label,
    world: { ...after, targets: world.targets.map(change) },
  });
  const removed = each('somebody removes what Hallpass gave', (one) => ({ ...one, given: false }));
  const added = each('somebody grants it by hand', (one) => ({ ...one, standing: true }));
  return [
    ...(world.targets.some(({ given }) => given)
      ? [{ ...removed, world: { ...removed.world, removedByHand: true } }]
      : []),
    ...(world.marks && world.targets.some(({ standing }) => !standing) ? [added] : []),
  ];
}

function lateLandings(world: World): Next[] {
  return world.wires
    .filter(({ token }) => token === null)
    .map((wire) => ({ label: `a ${wire.call} that was cut off takes effect`, world: landed(world, wire) }));
}

/** No time passes beyond the deadline of a call: by then its answer is there, or is lost. */
function ticks(world: World): Next[] {
  const now = world.now + TICK_MS;
  const awaited = world.workers.some((worker) => 'deadline' in worker && worker.deadline < now);
  const idle = world.workers.every(({ at }) => at === 'idle');
  if (awaited || (!idle && world.left.delays === 0)) {
    return [];
  }
  return [{ label: 'a tick', world: later(idle ? world : spend(world, 'delays'), now) }];
}

/** What has not taken effect by then never does. */
export function later(world: World, now: number): World {
  return { ...world, now, wires: world.wires.filter(({ until }) => until > now) };
}
