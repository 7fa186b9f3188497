import { isBehind, SECOND_MS, type Instant } from '../domain/time.js';
import type { Figures, KeptClock } from '../ports.js';
import { ownVersion } from '../version.js';

export type MetricsParts = {
  readonly clock: KeptClock;
  readonly figures: (now: Instant) => Promise<Figures>;
  readonly watchman: { lastPassAt(): Instant | null };
  readonly slackConnected: () => boolean;
  readonly wakeupsReachable: () => boolean;
  readonly endingOnly: () => boolean;
  /** Every connector of the catalog, so that one that is well shows as 0. */
  readonly connectors: () => Iterable<string>;
};

type Sample = { readonly labels?: Readonly<Record<string, string>>; readonly value: number };
type Metric = { readonly name: string; readonly help: string; readonly samples: readonly Sample[] };

/** In Prometheus' text format. What the database knows is read from it, so that a restart hides nothing. */
export function createMetrics(parts: MetricsParts): () => Promise<string> {
  const version = ownVersion();
  return async () => {
    const now = parts.clock.now();
    const figures = await parts.figures(now);
    return [...ofDatabase(figures, parts.connectors(), now), ...ofProcess(parts, version, now)]
      .map(toText)
      .join('');
  };
}

function ofDatabase(figures: Figures, connectors: Iterable<string>, now: Instant): Metric[] {
  const { liveGrants, stuck } = figures;
  const named = [...new Set([...connectors, ...stuck.keys()])];
  return [
    gauge(
      'oldest_overdue_revocation_seconds',
      'Since when the longest overdue access should be gone and is not known to be; 0 when none is.',
      secondsSince(figures.overdueSince, now),
    ),
    gauge('overdue_revocations', 'Grants that are over and not read back as gone.', figures.overdueGrants),
    {
      name: 'stuck_revocations',
      help: 'Entitlements whose removal has failed three times or more.',
      samples: named.map((connector) => ({ labels: { connector }, value: stuck.get(connector) ?? 0 })),
    },
    {
      name: 'live_grants',
      help: 'Grants that are not over, by state.',
      samples: Object.entries(liveGrants).map(([state, value]) => ({ labels: { state }, value })),
    },
    gauge('pending_requests', 'Requests that wait for a decision.', figures.pendingRequests),
    gauge('notices_owed', 'Notices that are to be sent.', figures.noticesOwed),
    gauge(
      'oldest_owed_notice_seconds',
      'How long the oldest of them has been owed; 0 when none is.',
      secondsSince(figures.noticesOwedSince, now),
    ),
    gauge('cards_owed', 'Cards that are due to be posted or drawn anew.', figures.cardsOwed),
  ];
}

function ofProcess(parts: MetricsParts, version: string, now: Instant): Metric[] {
  const { clock, watchman, slackConnected, wakeupsReachable, endingOnly } = parts;
  const lastPassAt = watchman.lastPassAt();
  return [
    gauge(
      'watchman_last_pass_age_seconds',
      'How long ago the watchman ended a pass; NaN before the first.',
      lastPassAt === null ? Number.NaN : secondsSince(lastPassAt, now),
    ),
    gauge(
      'wakeups_reachable',
      'Whether wake-ups can be trusted to come on time.',
      toNumber(wakeupsReachable()),
    ),
    gauge('slack_connected', 'Whether Slack is connected.', toNumber(slackConnected())),
    gauge(
      'ending_only',
      'Whether nothing new opens: the catalog is broken, or the clock is behind.',
      toNumber(endingOnly() || isBehind(clock.behindMs())),
    ),
    gauge(
      'clock_behind_seconds',
      "How far the machine's clock stands before what is on record.",
      clock.behindMs() / SECOND_MS,
    ),
    { name: 'build_info', help: 'The version that runs.', samples: [{ labels: { version }, value: 1 }] },
  ];
}

function gauge(name: string, help: string, value: number): Metric {
  return { name, help, samples: [{ value }] };
}

function secondsSince(at: Instant | null, now: Instant): number {
  return at === null ? 0 : Math.max(0, now - at) / SECOND_MS;
}

function toNumber(is: boolean): number {
  return is ? 1 : 0;
}

function toText({ name, help, samples }: Metric): string {
  const full = `hallpass_${name}`;
  const lines = samples.map(({ labels, value }) => `${full}${labelText(labels ?? {})} ${value}\n`);
  return `# HELP ${full} ${help}\n# TYPE ${full} gauge\n${lines.join('')}`;
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
