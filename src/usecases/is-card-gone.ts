/** A line that calls on people is of use below its card alone: somebody may have deleted that. */
import { asChannelId, asRequestId } from '../domain/ids.js';
import type { Notice } from '../domain/message.js';
import type { Deps } from './deps.js';
import { loadRequestCard } from './load-cards.js';

type GoneDeps = Pick<
  Deps,
  'store' | 'wakeups' | 'catalogs' | 'connectors' | 'directory' | 'messenger' | 'clock'
>;

/** Looks by drawing it once more; one that is gone is to be posted anew. */
export async function isCardGone(deps: GoneDeps, { subject, to }: Notice): Promise<boolean> {
  const id = asRequestId(subject);
  const card = (await deps.store.messagesOf(id)).find((one) => one.to === to) ?? null;
  const view = card === null ? null : await loadRequestCard(deps, id, asChannelId(card.to));
  if (card === null || card.posted === null || view === null) {
    return false;
  }
  const drawn = await deps.messenger.update(card.posted, { kind: 'request-card', view });
  // Where a message is there but may not be edited, another would be no better.
  if (drawn.kind !== 'impossible' || drawn.error !== 'message_not_found') {
    return false;
  }
  const now = deps.clock.now();
  const { error } = drawn;
  await deps.store.recordMessage({ ...card, posted: null, shown: null, nextAt: now, error }, card.wanted);
  deps.wakeups.arm([{ kind: 'message', id: card.id, version: now, at: now }]);
  return true;
}
