import { formatDuration } from '../../domain/duration.js';
import type { TermsPart, Untenable } from '../../domain/renewal.js';
import type { AccessRequest } from '../../domain/request.js';
import { firstOf, SHOWN } from './limits.js';
import { code, listed, said } from './text.js';

/** What of the terms is new, and how it is now: half a sentence. */
export function changesText({
  request,
  changed,
}: {
  request: AccessRequest;
  changed: readonly TermsPart[];
}): string {
  return listed(changed.map((part) => changeText(part, request)));
}

function changeText(part: TermsPart, { policy, durationMs, entitlements }: AccessRequest): string {
  switch (part) {
    case 'policy':
      return `the policy (now ${said(policy, SHOWN.name)})`;
    case 'approval':
      return 'who has to approve it';
    case 'time':
      return `the time (now ${formatDuration(durationMs)})`;
    case 'roles':
      return `the roles in the targets (now ${namesText(entitlements.map(({ role }) => role))})`;
    case 'account':
      return `the account (now ${namesText(entitlements.map(({ account }) => account.name))})`;
    case 'target':
      return `the target (${namesText(entitlements.map(({ connector }) => connector))} is another one now)`;
    default:
      return part satisfies never;
  }
}

function namesText(names: readonly string[]): string {
  const { shown, more } = firstOf([...new Set(names)], SHOWN.entitlements);
  return [...shown.map(code), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

/** Why no terms are left for a request: half a sentence, with the next step. */
export function untenableText(why: Untenable): string {
  switch (why) {
    case 'not-offered':
      return 'the catalog no longer offers this role';
    case 'not-as-held':
      return 'what the role gives is no longer what this access holds; ask for it anew once this access has ended';
    case 'access-over':
      return 'the access has ended; ask for new access where it is still needed';
    case 'no-more-time':
      return 'its policy gives no more time by now; ask for new access once this has ended';
    case 'no-account':
      return 'no account in the target belongs to the person whom it is for any more; have an admin map one, and ask again';
    case 'account-shared':
      return 'the account belongs to somebody else by now; have an admin look at the map of accounts, and ask again';
    case 'too-short':
      return 'the shortest time of the role is longer than what was asked for; ask for more time';
    case 'no-approvers':
      return 'its policy leaves nobody to approve it any more, only rules that approve at once; ask again, and one of them may';
    default:
      return why satisfies never;
  }
}
