/** Which rule of a policy approves a request at once, by nobody's vote; or why none does. */
import type { AutoRule, Policy, Role, Tier } from './catalog.js';
import type { UserId } from './ids.js';
import { isInAny, unreadableGroups, whyUnreadable } from './person.js';
import type { Memberships } from './person.js';
import type { AccessRequest } from './request.js';
import { accept, refuse } from './result.js';
import type { Result } from './result.js';
import type { Instant } from './time.js';

/** The first thing that a rule asks and that does not hold. */
export type MissReason =
  | {
      readonly kind: 'groups-unreadable';
      readonly groups: readonly string[];
      readonly why: readonly string[];
    }
  | { readonly kind: 'not-in-groups'; readonly groups: readonly string[]; readonly who: UserId }
  | { readonly kind: 'tier'; readonly tier: Tier }
  | { readonly kind: 'too-long'; readonly upToMs: number }
  /** When the window would begin. */
  | { readonly kind: 'outside-hours'; readonly hours: string }
  | { readonly kind: 'used-up'; readonly perDay: number }
  /** More time is not given by rules, also not by asking anew. */
  | { readonly kind: 'held'; readonly until: Instant };

export type Miss = { readonly rule: string; readonly why: MissReason };

export type AutoFacts = {
  readonly policy: Pick<Policy, 'autoApprove'>;
  readonly role: Pick<Role, 'tier'>;
  readonly request: Pick<AccessRequest, 'requester' | 'beneficiary' | 'durationMs' | 'startsAt'>;
  readonly memberships: Memberships;
  /** How often each rule has approved within the last 24 hours, what the one made or what the other got: whichever is more. */
  readonly used: ReadonlyMap<string, number>;
  /** Until when the beneficiary holds the same already, by a window that this one meets or goes on. */
  readonly heldUntil: Instant | null;
};

/** A rule, and why it does not hold; null where it does. */
export type RuleNow = { readonly rule: AutoRule; readonly why: MissReason | null };

/** The first rule that holds as a whole. */
export function autoApproval(facts: AutoFacts, now: Instant): Result<AutoRule, readonly Miss[]> {
  const rules = rulesNow(facts, now);
  const found = rules.find(({ why }) => why === null);
  return found === undefined ? refuse(missesOf(rules)) : accept(found.rule);
}

export function rulesNow(facts: AutoFacts, now: Instant): RuleNow[] {
  return facts.policy.autoApprove.map((rule) => ({ rule, why: missOf(rule, facts, now) }));
}

export function missesOf(rules: readonly RuleNow[]): Miss[] {
  return rules.flatMap(({ rule, why }) => (why === null ? [] : [{ rule: rule.name, why }]));
}

/** Groups but for which a rule might have approved it. More time is given by no rule of these. */
export function unreadableRules(
  facts: AutoFacts & { readonly request: Pick<AccessRequest, 'extendsGrant'> },
  now: Instant,
): string[] {
  const groups = facts.policy.autoApprove.flatMap((rule) => {
    const outside = outsideOf(rule, facts);
    const isUnknown = outside?.kind === 'groups-unreadable' && otherMissOf(rule, facts, now) === null;
    return isUnknown ? outside.groups : [];
  });
  return facts.request.extendsGrant === null ? [...new Set(groups)] : [];
}

function missOf(rule: AutoRule, facts: AutoFacts, now: Instant): MissReason | null {
  return outsideOf(rule, facts) ?? otherMissOf(rule, facts, now);
}

/** What of a rule does not hold, whoever asks. */
function otherMissOf(
  rule: AutoRule,
  { request, role, used, heldUntil: until }: AutoFacts,
  now: Instant,
): MissReason | null {
  // Critical access is never given without two people, whatever a rule says.
  if (role.tier === 'critical' || !rule.tiers.includes(role.tier)) {
    return { kind: 'tier', tier: role.tier };
  }
  if (request.durationMs > rule.upToMs) {
    return { kind: 'too-long', upToMs: rule.upToMs };
  }
  if (rule.hours?.isOpen(request.startsAt ?? now) === false) {
    return { kind: 'outside-hours', hours: rule.hours.text };
  }
  if (rule.perDay !== null && (used.get(rule.name) ?? 0) >= rule.perDay) {
    return { kind: 'used-up', perDay: rule.perDay };
  }
  return until === null ? null : { kind: 'held', until };
}

/** Requester and beneficiary both have to be in the rule's groups. */
function outsideOf({ for: groups }: AutoRule, { request, memberships }: AutoFacts): MissReason | null {
  const { requester, beneficiary } = request;
  const who = [requester, beneficiary].find((one) => !isInAny(memberships, groups, one));
  if (who === undefined) {
    return null;
  }
  const unreadable = unreadableGroups(memberships, groups);
  return unreadable.length > 0
    ? { kind: 'groups-unreadable', groups: unreadable, why: whyUnreadable(memberships, unreadable) }
    : { kind: 'not-in-groups', groups, who };
}
