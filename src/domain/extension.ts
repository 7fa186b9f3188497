/** What a policy says of more time on what is held. */
import type { Policy, Role } from './catalog.js';
import type { AccessRequest } from './request.js';
import { reviewOf } from './review.js';

/** Stands in a request in place of a rule's name. */
export const AUTOMATIC_EXTENSION = 'extension';

/** Whether more time can be had under this policy at all. */
export function allowsExtension({ extend, approve }: Pick<Policy, 'extend' | 'approve'>): boolean {
  return extend.kind === 'automatic' || (extend.kind === 'approval' && approve.length > 0);
}

/** Whether this prolongation is given at once. `before`: what opened and prolonged the same grant so far. */
export function isExtendedAtOnce(input: {
  policy: Pick<Policy, 'extend'>;
  role: Pick<Role, 'tier'>;
  durationMs: number;
  before: readonly AccessRequest[];
}): boolean {
  const { policy, role, durationMs, before } = input;
  const isUsed = before.some(
    (one) => one.state === 'approved' && one.extendsGrant !== null && one.autoRule !== null,
  );
  // Nobody has looked at it yet.
  const isEmergency = before.some((one) => reviewOf(one) !== null);
  return (
    policy.extend.kind === 'automatic' &&
    role.tier !== 'critical' &&
    durationMs <= policy.extend.upToMs &&
    !isUsed &&
    !isEmergency
  );
}
