import { expect, test } from 'vitest';
import { asEntitlementId, asGrantId } from '../../../src/domain/ids.js';
import type { Due } from '../../../src/ports.js';
import { createWakeups } from '../../../src/wakeups/create-wakeups.js';
import { recordingLog } from '../../support/recording-log.js';

const now = 1_000_000;

test('a row that is due already when it is armed is taken at once, without an alarm', () => {
  const taken: Due[] = [];
  const wakeups = createWakeups({
    redisUrl: null,
    clock: { now: () => now },
    log: recordingLog(),
    nextDueAt: async () => null,
    onDue: async () => undefined,
    onDueNow: (due) => void taken.push(due),
    onWake: async () => undefined,
    onReady: () => undefined,
  });
  const overdue: Due = {
    kind: 'entitlement',
    id: asEntitlementId('ent-1'),
    version: 1,
    at: now,
    connector: 'orders-db',
    direction: 'revocations',
  };
  const later: Due = { kind: 'grant', id: asGrantId('grant-1'), version: 1, at: now + 1 };

  wakeups.arm([later, overdue]);

  expect(taken).toEqual([overdue]);
});
