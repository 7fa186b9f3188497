/** What was asked for, as comma-separated values: one request a line, moments in UTC. */
import { toUtcText } from '../domain/time.js';
import type { HistoryItem } from '../domain/views.js';
import { csv, type Columns } from './csv.js';

const COLUMNS: Columns<HistoryItem> = [
  ['request', ({ request }) => request.id],
  ['asked_at', ({ request }) => toUtcText(request.createdAt)],
  ['requester', ({ request }) => request.requester],
  ['beneficiary', ({ request }) => request.beneficiary],
  ['resource', ({ request }) => request.resource],
  ['role', ({ request }) => request.role],
  ['asked_minutes', ({ request }) => String(request.durationMs / 60_000)],
  ['extends', ({ request }) => request.extendsGrant ?? ''],
  ['state', ({ request }) => request.state],
  ['decided_at', ({ request }) => (request.state === 'pending' ? '' : toUtcText(request.decidedAt))],
  ['decided_by', ({ by }) => by.join(' ')],
  ['in_place_of', ({ inPlaceOf }) => inPlaceOf.map(({ delegator }) => delegator).join(' ')],
  ['rule', ({ autoRule }) => autoRule ?? ''],
  ['emergency', ({ emergency }) => (emergency ? 'yes' : '')],
  ['grant', ({ grant }) => grant?.id ?? ''],
  ['window_start', ({ grant }) => (grant === null ? '' : toUtcText(grant.startsAt))],
  ['window_end', ({ grant }) => (grant === null ? '' : toUtcText(grant.endsAt))],
  ['access', ({ grant }) => grant?.state ?? ''],
  [
    'accounts',
    ({ request }) =>
      request.entitlements.map((one) => `${one.connector}/${one.role}/${one.account.name}`).join(' '),
  ],
  ['reason', ({ request }) => request.reason],
];

export function historyCsv(items: readonly HistoryItem[]): string {
  return csv(COLUMNS, items);
}
