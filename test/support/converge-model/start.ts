/** Where a walk begins: nothing given, nobody at work, and so much that may happen. */
import { asEntitlementId, asUserId } from '../../../src/domain/ids.js';
import type { Left, TargetState, World } from './world.js';

const NOTHING: Left = {
  approvals: 0,
  earlyEnds: 0,
  prolongations: 0,
  crashes: 0,
  cuts: 0,
  errors: 0,
  handsOn: 0,
  delays: 0,
};

export type Bounds = Partial<Left> & {
  readonly windows: readonly number[];
  readonly starts?: readonly number[];
  readonly workers?: number;
  readonly parts?: number;
  readonly standing?: boolean;
} & Partial<Pick<World, 'marks' | 'oneProcess' | 'lateRevocations'>>;

export function startOf({
  windows,
  starts = [],
  workers = 2,
  parts = 1,
  standing = false,
  ...may
}: Bounds): World {
  const { marks = true, oneProcess = false, lateRevocations = false, ...left } = may;
  const target: TargetState = { given: false, standing };
  return {
    now: 0,
    db: { entitlements: Array.from({ length: parts }, (_, index) => row(index)), grants: [], holds: [] },
    targets: Array.from({ length: parts }, () => target),
    wires: [],
    workers: Array.from({ length: workers }, () => ({ at: 'idle' })),
    left: { ...NOTHING, approvals: windows.length, ...left },
    removedByHand: false,
    marks,
    oneProcess,
    lateRevocations,
    windows,
    starts,
    claims: 0,
  };
}

function row(index: number): World['db']['entitlements'][number] {
  return {
    id: asEntitlementId(`e${index}`),
    version: 1,
    connector: `target-${index}`,
    role: 'r',
    account: { id: '1', name: 'dana' },
    fingerprint: 'f',
    owner: asUserId('U03DANA'),
    ours: false,
    seen: 'unknown',
    seenAt: null,
    expiresAt: null,
    byHand: null,
    direction: 'grants',
    nextAt: null,
    attempts: 0,
    failingSince: null,
    error: null,
    lateUntil: null,
    lease: null,
  };
}
