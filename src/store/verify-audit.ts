import { setImmediate } from 'node:timers/promises';
import { chainStart, eventHash, textDigest } from './audit-chain.js';
import type { AuditRows } from './audit-rows.js';
import { digestIn } from './audit-rows.js';

/** Some milliseconds of work: acknowledgements and revocations go on while a long chain is walked. */
const PAGE_SIZE = 200;

type Row = ReturnType<AuditRows['rows']>[number];
type Link = { readonly seq: number; readonly hash: string };

/**
 * Walks the chain from its start. `firstBad` is the first event that was changed, moved or taken out, or
 * whose text is another one; an erased text is no fault. The chain alone cannot show that its newest
 * events were cut off: for that, compare `events` and `head` with a copy kept elsewhere.
 */
export async function verifyAudit(
  audit: AuditRows,
): Promise<{ events: number; head: string; firstBad: number | null }> {
  let last: Link = { seq: 0, hash: chainStart };
  for (;;) {
    const rows = audit.rows(last.seq, PAGE_SIZE);
    if (rows.length === 0) {
      return { events: last.seq, head: last.hash, firstBad: null };
    }
    for (const row of rows) {
      if (!follows(last, row) || !textFits(row)) {
        return { events: last.seq, head: last.hash, firstBad: last.seq + 1 };
      }
      last = row.event;
    }
    await setImmediate();
  }
}

function follows(last: Link, { event }: Row): boolean {
  return event.seq === last.seq + 1 && event.prev === last.hash && event.hash === eventHash(event);
}

function textFits({ event, text }: Row): boolean {
  return text === null || digestIn(event.body) === textDigest(text.salt, text.text);
}
