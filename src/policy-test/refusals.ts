import type { RefusalCode } from '../domain/refusal.js';

/** What no step can come to: Slack and targets answer here, groups stay as they are, nothing is reloaded, stuck or found, and nobody is asked which. */
type Elsewhere =
  | 'already-handled'
  | 'directory-unavailable'
  | 'target-unavailable'
  | 'target-refuses'
  | 'ending-only'
  | 'clock-behind'
  | 'terms-changed'
  | 'not-as-held'
  | 'quorum-denied'
  | 'no-longer-offered'
  | 'unknown-request'
  | 'which-request'
  | 'which-grant'
  | 'unknown-grant'
  | 'not-shown-yet'
  | 'no-secret'
  | 'admins-only'
  | 'not-an-admin'
  | 'no-orphans'
  | 'unknown-orphan'
  | 'orphan-closed'
  | 'orphan-not-offered'
  | 'orphan-of-another'
  | 'dry-run-outdated'
  | 'unknown-entitlement'
  | 'not-stuck'
  | 'removal-reason-missing';

/** Every code that a test can expect, in the words of docs/policies.md. */
export const REFUSALS: Readonly<Record<Exclude<RefusalCode, Elsewhere>, string>> = {
  'unknown-resource': 'the catalog has no such resource',
  'unknown-role': 'the resource has no such role',
  'not-eligible': 'in none of the groups that may ask',
  'groups-unreadable': 'a group that decides it can’t be read',
  'no-part': 'deactivated, a guest, or unknown to Slack',
  'not-for-others': 'nobody asks for somebody else under this policy',
  'duration-too-long': 'over the longest time',
  'duration-too-short': 'under the shortest time',
  'start-passed': 'it would begin in the past',
  'start-too-far': 'it would begin later than `start_within`',
  'reason-missing': 'there is no reason',
  'reason-too-short': 'under `reason_min_length`',
  'reason-too-long': 'over 500 characters',
  'ticket-missing': 'no ticket is named',
  'no-account': 'no account in the target is theirs',
  'account-shared': 'the account is that of somebody else',
  'too-few-approvers': 'nobody could ever approve it',
  'no-manager': 'a manager approves, and they have none',
  'already-pending': 'another request for the same role waits',
  'not-automatic': 'only rules approve, and none fits',
  'no-more-time': '`extend: none`',
  'past-maximum': 'more time than `max` in total',
  'too-many-pending': 'over `limits.pending`',
  'too-many-requests': 'over `limits.requests_per_hour`',
  'too-many-held': 'over `limits.active`',
  'role-full': 'over `max_active` of the role',
  'roles-conflict': '`conflicts` with what they hold or wait for',
  'approver-cannot-hold': 'approves it, under `approvers_may_hold: false`',
  'no-emergency': 'the policy has no emergencies',
  'emergency-not-yours': 'in no group that may take it',
  'already-held': 'they hold the role already',
  'not-a-reviewer': 'in no group that reviews it',
  'own-emergency': 'their own emergency, or one on their account',
  'already-reviewed': 'they have given their verdict',
  'review-closed': 'the review is closed',
  'review-note-missing': 'not justified, and no reason why',
  'not-pending': 'decided, cancelled or expired already',
  'not-an-approver': 'in none of the groups that approve',
  'not-your-turn': 'another step comes first',
  'needed-later': 'nobody else could fill a later step',
  'self-approval': 'their own request, or one for them',
  'same-account': 'they use the account of whoever asks',
  'already-voted': 'they have decided already',
  'counts-as-one': 'whom they stand in for, or who stands in for them, has decided',
  'not-for-less': 'not less than was asked for, or under the shortest time',
  'nothing-left': 'its window is as good as over',
  'deny-reason-missing': 'a denial needs a reason',
  'not-your-request': 'only whoever asked, or gets the access, may do that',
  'nothing-pending': 'nothing of theirs waits',
  'already-nudged': 'its approvers were nudged once',
  'already-claimed': 'they look at it already',
  'not-your-claim': 'they do not look at it',
  'approves-nothing': 'in no group that approves',
  'own-stand-in': 'they named themselves',
  'not-a-stand-in': 'in neither `stand_ins` nor a group of theirs',
  'delegation-passed': 'the time has passed',
  'delegation-too-long': 'over 30 days',
  'no-delegation': 'nobody stands in for them',
  'grant-over': 'the access has ended',
  'grant-not-active': 'the access has not begun',
  'not-your-grant': 'the access is somebody else’s',
  'may-not-revoke': 'neither an approver of it nor an admin',
  'revoke-reason-missing': 'a revocation needs a reason',
  'nothing-held': 'they hold nothing',
};
