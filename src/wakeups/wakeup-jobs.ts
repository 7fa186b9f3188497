import { z } from 'zod';
import type { Due, DueKind } from '../ports.js';

export const queueNames = ['revocations', 'grants', 'timers', 'messages'] as const;
export type QueueName = (typeof queueNames)[number];

/** What a job carries, and all that it may: whoever is woken reads the rest from the row. */
export type WakeupHint = { readonly kind: DueKind; readonly id: string };

const hintSchema = z.object({
  kind: z.enum(['entitlement', 'request', 'grant', 'message', 'notice'] satisfies DueKind[]),
  id: z.string().min(1),
});

/** Null for what Hallpass has not put there itself: Redis is not trusted with more than waking. */
export function readHint(data: unknown): WakeupHint | null {
  const read = hintSchema.safeParse(data);
  return read.success ? read.data : null;
}

export function queueOf(due: Due): QueueName {
  switch (due.kind) {
    case 'entitlement':
      return due.direction;
    case 'request':
    case 'grant':
      return 'timers';
    case 'message':
    case 'notice':
      return 'messages';
  }
}

/**
 * The same for the same version of a row, so that arming twice is arming once. BullMQ refuses ids of digits
 * alone and ids with a colon.
 */
export function jobIdOf(due: Due): string {
  return `${due.kind}-${due.id}-${due.version}`.replaceAll(':', '_');
}
