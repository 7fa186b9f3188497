import type { Actor, Ending, Grant } from '../../domain/grant.js';
import type { Lost } from '../../domain/lost-eligibility.js';
import type { EntitlementView, StepView } from '../../domain/views.js';
import type { Quote } from './drawing.js';
import { firstOf, SHOWN } from './limits.js';
import { code, counted, listedUpTo, peopleFor, person, said, when } from './text.js';

/** Sentences about access that several messages share. */

export const SIMULATED = 'SIMULATED';

/** Deactivated, gone, or no full member any more. */
export const CAN_TAKE_NO_PART = 'is deactivated in Slack, or no longer a full member of this workspace';

export function isSimulated(entitlements: readonly EntitlementView[]): boolean {
  return entitlements.some((each) => each.simulated);
}

export function simulatedLines(entitlements: readonly EntitlementView[]): string[] {
  return isSimulated(entitlements)
    ? [`*${SIMULATED}*: nothing is given in ${targets(entitlements.filter((each) => each.simulated))}.`]
    : [];
}

/** The roles in a bundle. */
export function partsText(parts: readonly string[]): string {
  return keysText(parts, SHOWN.entitlements, SHOWN.roleKey);
}

/** The same where many bundles are listed. */
export function partsInList(parts: readonly string[]): string {
  return keysText(parts, 3, 60);
}

function keysText(keys: readonly string[], most: number, length: number): string {
  return listedUpTo(
    most,
    keys.map((key) => code(key, length)),
  );
}

/** Nothing where it is no bundle. */
export function bundleLines(parts: readonly string[]): string[] {
  return parts.length === 0 ? [] : [`A bundle of ${partsText(parts)}.`];
}

/** One line for each target: the account there, and the role it gets. */
export function accountsText(entitlements: readonly EntitlementView[]): string {
  const { shown, more } = firstOf(entitlements, SHOWN.entitlements);
  const lines = shown.map(
    ({ connector, role, account }) => `${code(account.name)} in ${code(connector)}, role ${code(role)}`,
  );
  return [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}

/** What the end of the window means for whoever is connected then. */
export function sessionLines(entitlements: readonly EntitlementView[], whose: 'yours' | 'theirs'): string[] {
  const given = entitlements.filter((each) => !each.standing);
  const cut = given.filter((each) => each.sessionsAtEnd === 'cut');
  const open = given.filter((each) => each.sessionsAtEnd === 'may-continue');
  const owner = whose === 'yours' ? 'your' : 'their';
  return [
    ...(cut.length === 0 ? [] : [`At the end all ${owner} sessions on ${targets(cut)} are cut.`]),
    ...(open.length === 0
      ? []
      : [`At the end nothing new can be opened on ${targets(open)}; open sessions may continue.`]),
  ];
}

/** Who ends the access when Hallpass cannot. */
export function lastResortLines(entitlements: readonly EntitlementView[]): string[] {
  const given = entitlements.filter((each) => !each.standing && !each.simulated);
  const by = (kind: EntitlementView['nativeExpiry']) => given.filter((each) => each.nativeExpiry === kind);
  const line = (found: readonly EntitlementView[], text: string): string[] =>
    found.length === 0 ? [] : [`${targets(found)} ${text}`];
  return [
    ...line(by('exact'), 'ends it without Hallpass, a minute after the end.'),
    ...line(by('coarse'), 'ends it without Hallpass, some time after the end.'),
    ...line(by('none'), 'cannot end it alone: the end relies on Hallpass.'),
  ];
}

export function standingLines(entitlements: readonly EntitlementView[]): string[] {
  const standing = entitlements.filter((each) => each.standing);
  return standing.length === 0
    ? []
    : [`Access in ${targets(standing)} was there before and stays. Hallpass does not take it away.`];
}

/** Within the window, and somebody else took it away. */
export function driftLines(entitlements: readonly EntitlementView[]): string[] {
  const gone = entitlements.filter((each) => !each.standing && each.seen === 'absent');
  return gone.length === 0
    ? []
    : [`*Taken away* in ${targets(gone)} by somebody else than Hallpass. The admins are told.`];
}

function targets(entitlements: readonly EntitlementView[]): string {
  const { shown, more } = firstOf(
    [...new Set(entitlements.map((each) => each.connector))],
    SHOWN.entitlements,
  );
  return [...shown.map((name) => code(name)), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

/** Calls that go wrong in this direction, and the targets' own words about them. */
export function failingLines(
  entitlements: readonly EntitlementView[],
  direction: 'grants' | 'revocations',
): { lines: string[]; quotes: Quote[] } {
  const failing = entitlements.flatMap((each) =>
    each.failing?.direction === direction ? [{ ...each, failing: each.failing }] : [],
  );
  const { shown } = firstOf(failing, 3);
  const verb = direction === 'revocations' ? 'Removal' : 'Opening';
  return {
    lines: shown.map(
      ({ connector, account, failing: { since, attempts } }) =>
        `*${verb} is failing* for ${code(account.name)} in ${code(connector)} since ${when(since)} (${counted(attempts, 'try', 'tries')}); still trying.`,
    ),
    quotes: shown.map(({ connector, failing: { text } }) => ({
      label: `${connector.slice(0, SHOWN.name)} says`,
      text: text.slice(0, SHOWN.targetText),
    })),
  };
}

/** The target ends access by itself, and could not yet be told that the end has moved. */
export function renewalLines(entitlements: readonly EntitlementView[]): string[] {
  const failing = entitlements.flatMap(({ connector, failing: found }) =>
    found?.direction === 'grants' ? [{ connector, ...found }] : [],
  );
  return firstOf(failing, 3).shown.map(
    ({ connector, since, attempts }) =>
      `*The new end is not set yet* in ${code(connector)}, since ${when(since)} (${counted(attempts, 'try', 'tries')}); still trying. Until then the access may end there at the earlier time.`,
  );
}

export function actorText(by: Actor): string {
  return by.kind === 'person' ? person(by.userId) : by.kind === 'operator' ? code(by.name) : 'Hallpass';
}

/** What counts as gone on an admin's word alone; empty where nothing does. */
export function byHandLines(entitlements: readonly EntitlementView[]): string[] {
  const marked = entitlements.flatMap(({ connector, byHand }) =>
    byHand === null
      ? []
      : [`${actorText(byHand.by)}; Hallpass could not read it back in ${code(connector)}.`],
  );
  return firstOf([...new Set(marked)], SHOWN.entitlements).shown.map(
    (each) => `Marked as removed by hand by ${each}`,
  );
}

/** Why its holder could no longer ask for it: the end of a sentence. */
export function lossText(lost: Lost): string {
  switch (lost.why) {
    case 'approves':
      return 'approves for this role by now, and may not hold it as well';
    case 'other-terms':
      return 'was to get what the role no longer gives, or by an account that is no longer theirs';
    case 'not-in':
      return `is in none of ${listedUpTo(
        5,
        lost.groups.map((group) => code(group)),
      )} any more`;
    default:
      return lost satisfies never;
  }
}

/** Why a window closed: half a sentence. */
export function endingText({ cause, by }: Ending): string {
  const who = actorText(by);
  switch (cause) {
    case 'window':
      return 'its time was over';
    case 'done':
      return `${who} was done`;
    case 'revoked':
      return by.kind === 'hallpass' ? 'its holder could no longer ask for it' : `${who} revoked it`;
    case 'not-opened':
      return 'it could not be opened';
    case 'left':
      return 'the holder can no longer take part';
    default:
      return cause satisfies never;
  }
}

export function endingQuotes(ending: Ending): Quote[] {
  return ending.reason === null || ending.cause === 'window'
    ? []
    : [{ label: ending.cause === 'not-opened' ? 'Why not' : 'Ended because', text: ending.reason }];
}

/** Ended before anything of it was there. */
export function isUnopened(grant: Grant): boolean {
  return grant.state === 'ended' && grant.activeAt === null;
}

/** Ended before its window began. */
export function isCalledOff(grant: Grant): boolean {
  return grant.state === 'ended' && isUnopened(grant) && grant.closedAt < grant.startsAt;
}

/** Nothing is called gone before it was read back. */
export function stateText(grant: Grant, entitlements: readonly EntitlementView[]): string {
  const byHand = byHandLines(entitlements).join(' ');
  switch (grant.state) {
    case 'scheduled':
      return `Starts ${when(grant.startsAt)}, until ${when(grant.endsAt)}.`;
    case 'opening':
      return 'The access is being opened.';
    case 'active':
      return `Access until ${when(grant.endsAt)}.`;
    case 'ending':
      return `The access is being taken away: ${endingText(grant.ending)}.${byHand === '' ? '' : ` ${byHand}`}`;
    case 'ended':
      if (isCalledOff(grant)) {
        return `Called off ${when(grant.closedAt)}, before it started: ${endingText(grant.ending)}.`;
      }
      return byHand !== ''
        ? byHand
        : `The access ended ${when(grant.closedAt)}: ${endingText(grant.ending)}.`;
    case 'failed':
      return byHand !== ''
        ? `The access was not opened. ${byHand}`
        : `The access was not opened, and nothing of it is left.`;
    default:
      return grant satisfies never;
  }
}

/** `1 of 2 from dba-leads (@mia)` */
export function stepsText(steps: readonly StepView[]): string {
  const { shown, more } = firstOf(steps, SHOWN.steps);
  const lines = shown.map(({ name, from, count, filledBy, inPlaceOf, waits }) => {
    const label = name === null ? '' : `${said(name, SHOWN.name)}: `;
    const groups = firstOf(from, 5).shown.map((group) => said(group, SHOWN.name));
    const by =
      filledBy.length === 0 ? '' : ` (${peopleFor(firstOf(filledBy, 10).shown, inPlaceOf).join(', ')})`;
    const turn = waits ? ', after the step before' : '';
    return `${label}${filledBy.length} of ${count} from ${groups.join(' or ')}${by}${turn}`;
  });
  return [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}

export function missingVotes(steps: readonly StepView[]): number {
  return steps.reduce((sum, { count, filledBy }) => sum + Math.max(0, count - filledBy.length), 0);
}
