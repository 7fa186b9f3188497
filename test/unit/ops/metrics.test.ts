import { afterEach, beforeEach, expect, test } from 'vitest';
import { HALLPASS_SUBJECT, owe } from '../../../src/domain/message.js';
import { ConnectorError } from '../../../src/ports.js';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../src/domain/time.js';
import { createMetrics, type MetricsParts } from '../../../src/ops/metrics.js';
import { endOwnGrant } from '../../../src/usecases/end-grant.js';
import { dana, lee } from '../../support/rows.js';
import { makeSmallWorld, type SmallWorld } from '../../support/small-world.js';

let world: SmallWorld;
beforeEach(async () => {
  world = await makeSmallWorld();
});
afterEach(async () => {
  await world.close();
});

function metricsOf(change: Partial<MetricsParts> = {}): () => Promise<string> {
  return createMetrics({
    clock: world.deps.clock,
    figures: async (now) => await world.deps.store.figures(now),
    watchman: { lastPassAt: () => world.now - 3_000 },
    slackConnected: () => true,
    wakeupsReachable: () => false,
    endingOnly: () => false,
    connectors: () => ['orders-db', 'playground'],
    ...change,
  });
}

async function samples(change: Partial<MetricsParts> = {}): Promise<string[]> {
  return (await metricsOf(change)()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

test('on a quiet day everything is there, and zero', async () => {
  expect(await metricsOf()()).toContain(
    '# HELP hallpass_pending_requests Requests that wait for a decision.\n# TYPE hallpass_pending_requests gauge\nhallpass_pending_requests 0\n',
  );
  expect(await samples()).toEqual([
    'hallpass_oldest_overdue_revocation_seconds 0',
    'hallpass_overdue_revocations 0',
    'hallpass_stuck_revocations{connector="orders-db"} 0',
    'hallpass_stuck_revocations{connector="playground"} 0',
    'hallpass_live_grants{state="scheduled"} 0',
    'hallpass_live_grants{state="opening"} 0',
    'hallpass_live_grants{state="active"} 0',
    'hallpass_live_grants{state="ending"} 0',
    'hallpass_pending_requests 0',
    'hallpass_notices_owed 0',
    'hallpass_oldest_owed_notice_seconds 0',
    'hallpass_cards_owed 0',
    'hallpass_watchman_last_pass_age_seconds 3',
    'hallpass_wakeups_reachable 0',
    'hallpass_slack_connected 1',
    'hallpass_ending_only 0',
    'hallpass_clock_behind_seconds 0',
    'hallpass_build_info{version="0.1.0"} 1',
  ]);
});

test('access that cannot be taken away shows since its end, also before anybody has tried', async () => {
  await world.approve(await world.ask());
  await world.ask({ requester: lee, beneficiary: lee });
  await world.pass();
  expect(await samples()).toEqual(
    expect.arrayContaining(['hallpass_live_grants{state="active"} 1', 'hallpass_pending_requests 1']),
  );

  world.now += 40 * MINUTE_MS;

  expect(await samples()).toEqual(
    expect.arrayContaining([
      'hallpass_oldest_overdue_revocation_seconds 600',
      'hallpass_overdue_revocations 1',
    ]),
  );
  world.beforeCall = async (call) => {
    if (call === 'revoke') {
      throw new ConnectorError('retryable', 'No answer.');
    }
  };
  await world.passes(4, 10 * MINUTE_MS);
  expect(await samples()).toEqual(
    expect.arrayContaining([
      'hallpass_oldest_overdue_revocation_seconds 3000',
      'hallpass_stuck_revocations{connector="orders-db"} 1',
      'hallpass_stuck_revocations{connector="playground"} 0',
      'hallpass_live_grants{state="ending"} 1',
    ]),
  );
});

test('access that was ended early is overdue from then on, not from the end of its window', async () => {
  const grant = await world.approve(await world.ask());
  await world.pass();
  await endOwnGrant(world.deps, { by: dana, which: grant.id, delivery: world.delivery() });

  world.now += MINUTE_MS;

  expect(await samples()).toContain('hallpass_oldest_overdue_revocation_seconds 60');
});

test('what is owed to people is counted with its age, and no line names a person', async () => {
  await world.approve(await world.ask());
  await world.deps.store.commit({
    at: world.now,
    audit: [],
    notices: [owe({ kind: 'many-left', subject: HALLPASS_SUBJECT, occasion: '', to: dana })],
  });
  // What is owed from a later moment on is not counted before.
  world.now += 20 * SECOND_MS;

  const text = await metricsOf()();

  expect(text).toContain('hallpass_notices_owed 1\n');
  expect(text).toContain('hallpass_oldest_owed_notice_seconds 20\n');
  expect(text).toContain('hallpass_cards_owed 2\n');
  expect(text).not.toMatch(/dana|U0/);
});

test('a clock that is behind, and a watchman who never came round, show', async () => {
  world.behindMs = HOUR_MS;

  expect(await samples({ watchman: { lastPassAt: () => null } })).toEqual(
    expect.arrayContaining([
      'hallpass_clock_behind_seconds 3600',
      'hallpass_ending_only 1',
      'hallpass_watchman_last_pass_age_seconds NaN',
    ]),
  );
});

test('a name that would break the format does not', async () => {
  expect(await samples({ connectors: () => ['a"b\\c\nd'] })).toContain(
    'hallpass_stuck_revocations{connector="a\\"b\\\\c\\nd"} 0',
  );
});
