/** What was asked for, as comma-separated values: one request a line, moments in UTC. */
import { toUtcText } from '../domain/time.js';
import type { Instant } from '../domain/time.js';
import type { HistoryItem } from '../domain/views.js';

const COLUMNS: readonly (readonly [name: string, of: (item: HistoryItem) => string])[] = [
  ['request', ({ request }) => request.id],
  ['asked_at', ({ request }) => moment(request.createdAt)],
  ['requester', ({ request }) => request.requester],
  ['beneficiary', ({ request }) => request.beneficiary],
  ['resource', ({ request }) => request.resource],
  ['role', ({ request }) => request.role],
  ['asked_minutes', ({ request }) => String(request.durationMs / 60_000)],
  ['extends', ({ request }) => request.extendsGrant ?? ''],
  ['state', ({ request }) => request.state],
  ['decided_at', ({ request }) => (request.state === 'pending' ? '' : moment(request.decidedAt))],
  ['decided_by', ({ by }) => by.join(' ')],
  ['in_place_of', ({ inPlaceOf }) => inPlaceOf.map(({ delegator }) => delegator).join(' ')],
  ['rule', ({ autoRule }) => autoRule ?? ''],
  ['emergency', ({ emergency }) => (emergency ? 'yes' : '')],
  ['grant', ({ grant }) => grant?.id ?? ''],
  ['window_start', ({ grant }) => (grant === null ? '' : moment(grant.startsAt))],
  ['window_end', ({ grant }) => (grant === null ? '' : moment(grant.endsAt))],
  ['access', ({ grant }) => grant?.state ?? ''],
  [
    'accounts',
    ({ request }) =>
      request.entitlements.map((one) => `${one.connector}/${one.role}/${one.account.name}`).join(' '),
  ],
  ['reason', ({ request }) => request.reason],
];

export function historyCsv(items: readonly HistoryItem[]): string {
  const lines = [COLUMNS.map(([name]) => name), ...items.map((item) => COLUMNS.map(([, of]) => of(item)))];
  return lines.map((cells) => `${cells.map(cell).join(',')}\r\n`).join('');
}

function moment(at: Instant): string {
  return toUtcText(at);
}

/** Quoted wherever it could be read as more than one cell; and never as a formula, by whatever opens it. */
function cell(text: string): string {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
