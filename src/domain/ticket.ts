import type { TicketRule } from './catalog.js';

/** Where the ticket is read; null where the catalog names no page. */
export function ticketLink(ticket: string, { link }: TicketRule): string | null {
  return link === null ? null : link.replaceAll('{ticket}', () => encodeURIComponent(wellFormed(ticket)));
}

/** Half a pair of surrogates has no place in an address. */
function wellFormed(text: string): string {
  return text.replaceAll(/\p{Cs}/gu, '\uFFFD');
}
