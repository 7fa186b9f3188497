/** Who may take a role at once, for how long, and why not. */
import { roleKey } from './catalog.js';
import type { EmergencyRule, Policy } from './catalog.js';
import type { Offer } from './decide.js';
import { askingProblem, durationProblem, reasonProblem } from './eligibility.js';
import type { UserId } from './ids.js';
import type { Memberships } from './person.js';
import type { Refusal } from './refusal.js';
import type { StandIn } from './stand-ins.js';

/** Nobody has agreed to it: the reason has to say more than "fix". */
export const EMERGENCY_REASON_MIN_LENGTH = 10;

export function usualEmergencyMs(policy: Pick<Policy, 'defaultMs'>, rule: EmergencyRule): number {
  return Math.min(policy.defaultMs, rule.maxMs);
}

/** A role can be held for less time than the rule of its policy gives. */
export function longestEmergencyMs(policy: Pick<Policy, 'maxMs'>, rule: EmergencyRule): number {
  return Math.min(policy.maxMs, rule.maxMs);
}

export function mayTakeProblem(
  { role, policy }: Offer,
  rule: EmergencyRule,
  requester: UserId,
  { memberships, standIns }: { memberships: Memberships; standIns: readonly StandIn[] },
): Refusal | null {
  const problem = askingProblem({
    requester,
    beneficiary: requester,
    // The rule is that of each part as well.
    role: { ...role, parts: role.parts.map((part) => ({ ...part, request: rule.for })) },
    policy: { ...policy, request: rule.for },
    memberships,
    standIns,
  });
  return problem?.code === 'not-eligible'
    ? { code: 'emergency-not-yours', roleKey: problem.roleKey }
    : problem;
}

/** Of what was filled in. A ticket takes time that there is not, so none is asked for. */
export function emergencyProblem(
  { role, policy }: Offer,
  rule: EmergencyRule,
  asked: { readonly durationMs: number; readonly reason: string },
): Refusal | null {
  const reasonMinLength = Math.max(EMERGENCY_REASON_MIN_LENGTH, policy.reasonMinLength);
  return (
    durationProblem(asked.durationMs, role, { ...policy, maxMs: longestEmergencyMs(policy, rule) }) ??
    reasonProblem(asked.reason, { reasonRequired: true, reasonMinLength, ticket: null })
  );
}

export function noEmergency({ role }: Offer): Refusal {
  return { code: 'no-emergency', roleKey: roleKey(role) };
}
