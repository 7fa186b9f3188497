import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { policySchema } from './schema.js';

type Policy = z.output<typeof policySchema>;
type Steps = NonNullable<Policy['approve']>;
type Compare = (bundle: Policy, part: Policy) => boolean;

/** By key: whether a bundle under the first policy would be a way around the second. */
const LOOSER: readonly (readonly [key: string, isLooser: Compare])[] = [
  ['approve', (bundle, part) => !covers(bundle.approve ?? [], part.approve ?? [])],
  ['in_order', (bundle, part) => part.in_order && !bundle.in_order],
  ['deny', (bundle, part) => denials(bundle) > denials(part)],
  ['for_others', (bundle, part) => bundle.for_others && !part.for_others],
  ['duration.max', (bundle, part) => bundle.duration.max > part.duration.max],
  ['start_within', (bundle, part) => bundle.start_within > part.start_within],
  ['auto_approve', (bundle, part) => !isSameOrNone(bundle.auto_approve, part.auto_approve)],
  ['extend', (bundle, part) => bundle.extend !== 'none' && !isAsStrict(bundle.extend, part.extend)],
  ['escalate.to', (bundle, part) => !isSameOrNone(calledIn(bundle), calledIn(part))],
  ['emergency', (bundle, part) => !isSameOrNone(bundle.emergency, part.emergency)],
  [
    'on_lost_eligibility',
    (bundle, part) => part.on_lost_eligibility === 'end' && bundle.on_lost_eligibility !== 'end',
  ],
  ['reason', (bundle, part) => part.reason === 'required' && bundle.reason !== 'required'],
  ['reason_min_length', (bundle, part) => (bundle.reason_min_length ?? 0) < (part.reason_min_length ?? 0)],
  ['ticket', (bundle, part) => part.ticket !== undefined && bundle.ticket?.pattern !== part.ticket.pattern],
];

/** The keys in which the first is not as strict as the second. A policy that is wrong is told elsewhere. */
export function looserIn(bundle: unknown, part: unknown): string[] {
  const [own, theirs] = [policySchema.safeParse(bundle), policySchema.safeParse(part)];
  return own.success && theirs.success
    ? LOOSER.filter(([, isLooser]) => isLooser(own.data, theirs.data)).map(([key]) => key)
    : [];
}

/** Each step of the part has one that stands for it: as many approvals, from no other groups. */
function covers(bundle: Steps, part: Steps): boolean {
  const left = bundle.map(({ count }) => count);
  return part.every(({ from, count }) => {
    const index = bundle.findIndex(
      (step, at) => (left[at] ?? 0) >= count && step.from.every((group) => from.includes(group)),
    );
    left[index] = (left[index] ?? 0) - count;
    return index >= 0;
  });
}

function denials({ deny }: Policy): number {
  return deny === 'any' ? 1 : deny;
}

function isSameOrNone(own: unknown, theirs: unknown): boolean {
  return own === undefined || isDeepStrictEqual(own, theirs);
}

/** Left out, more time needs an approval. */
function isAsStrict(own: Policy['extend'], theirs: Policy['extend']): boolean {
  return own === undefined ? theirs !== 'none' : isDeepStrictEqual(own, theirs);
}

function calledIn({ escalate }: Policy): unknown {
  return escalate?.to === undefined ? undefined : { after: escalate.after, to: escalate.to };
}
