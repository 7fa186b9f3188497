/** What the target holds, against the rows and the audit. */
import {
  entitlementsOf,
  heldTimes,
  isOpen,
  isSame,
  lastEnd,
  whomText,
  type Evidence,
  type Whom,
} from './evidence-type.js';
import type { SeenEvent } from './observer.js';

export function nothingOutlives(evidence: Evidence): string[] {
  return evidence.memberships
    .filter((each) => each.by === 'hallpass' && lastEnd(evidence, each) === null)
    .map(({ role, account }) => `${account} still holds ${role}, and no window is open for it`);
}

export function standingIsUntouched({ memberships, byHand }: Evidence): string[] {
  const found = memberships.filter(({ by }) => by === 'hand').map(whomText);
  const wanted = byHand.map(whomText);
  return [
    ...wanted.filter((each) => !found.includes(each)).map((each) => `${each} was given by hand, and is gone`),
    ...found
      .filter((each) => !wanted.includes(each))
      .map((each) => `${each} looks given by hand, and was not`),
  ];
}

/** The window relied on what was given by hand, and on record is that somebody has taken that away. */
function isToldLost({ audit }: Evidence, { state, role, account }: Evidence['holds'][number]): boolean {
  return (
    state === 'standing' &&
    audit.some(
      ({ kind, facts }) =>
        kind === 'entitlement.drifted' && facts['role'] === role && facts['account'] === account,
    )
  );
}

/** What Hallpass holds it must hold itself; only a window that relies on somebody else's does not. */
function isInPlace({ memberships }: Evidence, hold: Evidence['holds'][number]): boolean {
  return memberships.some((each) => isSame(each, hold) && (each.by === 'hallpass' || hold.state !== 'held'));
}

export function openIsPresent(evidence: Evidence): string[] {
  return evidence.grants
    .filter((grant) => isOpen(evidence, grant))
    .flatMap((grant) =>
      entitlementsOf(evidence, grant)
        .filter((hold) => !isToldLost(evidence, hold))
        .filter((hold) => grant.state !== 'active' || !isInPlace(evidence, hold))
        .map(
          ({ role, account }) => `${grant.id} is ${grant.state}, and ${role} of ${account} is not in place`,
        ),
    );
}

export function beginsInTime({ grants, audit }: Evidence): string[] {
  return grants.flatMap(({ id, startsAt }) =>
    audit
      .filter(({ kind, grantId, at }) => kind === 'grant.opening' && grantId === id && at < startsAt)
      .map(({ at }) => `${id} was opened ${startsAt - at} ms before its start`),
  );
}

export function overIsClosed({ grants, appNow }: Evidence): string[] {
  return grants
    .filter(
      ({ state, endsAt }) =>
        state === 'ending' || (endsAt <= appNow && state !== 'ended' && state !== 'failed'),
    )
    .map(({ id, state, endsAt }) => `${id} is still ${state}, ${appNow - endsAt} ms after its end`);
}

/** Where the target knows the end, one more call moves it. */
const INTENTS = ['entitlement.granting', 'entitlement.renewing'];
const GIVEN = ['entitlement.granted', 'entitlement.renewed'];

export function changesAreOnRecord(evidence: Evidence): string[] {
  const { audit, changes } = evidence;
  const problems: string[] = [];
  const about = (event: SeenEvent, { role, account }: { role: string; account: string }): boolean =>
    event.facts['role'] === role && event.facts['account'] === account;
  for (const change of changes) {
    const events = audit.filter((event) => about(event, change));
    const { verb, role, account, at } = change;
    if (verb === 'GRANT') {
      const intents = events.filter(({ kind, after }) => INTENTS.includes(kind) && after <= at).length;
      const before = changes.filter(
        (each) => each.verb === 'GRANT' && each.role === role && each.account === account && each.at <= at,
      ).length;
      if (intents < before) {
        problems.push(`the GRANT of ${role} to ${account} has no intent on record before it`);
      }
    }
    const outcomes = verb === 'GRANT' ? [...GIVEN, 'entitlement.revoked'] : ['entitlement.revoked'];
    if (!events.some(({ kind, before }) => outcomes.includes(kind) && before >= at)) {
      problems.push(`the ${verb} of ${role} and ${account} has no outcome on record after it`);
    }
  }
  for (const event of audit) {
    const { role, account } = event.facts;
    const whom = { role: String(role), account: String(account) };
    if (event.kind === 'entitlement.granted' && !wasHeld(evidence, whom, event.after, event.before)) {
      problems.push(`event ${event.seq} says granted, and ${whom.account} did not hold ${whom.role}`);
    }
    if (event.kind === 'entitlement.revoked' && !wasFree(evidence, whom, event.after, event.before)) {
      problems.push(`event ${event.seq} says revoked, and ${whom.account} held ${whom.role}`);
    }
  }
  return problems;
}

/**
 * An event is committed after it was read back, and the read-back takes its time: so it need only have been so at
 * some moment within this time before the event.
 */
const READ_BACK_MS = 12_000;

function wasHeld(evidence: Evidence, whom: Whom, after: number, before: number): boolean {
  return heldTimes(evidence, whom).some(({ from, to }) => from <= before && to >= after - READ_BACK_MS);
}

function wasFree(evidence: Evidence, whom: Whom, after: number, before: number): boolean {
  return !heldTimes(evidence, whom).some(({ from, to }) => from <= after - READ_BACK_MS && to >= before);
}

export function chainVerifies({ firstBad }: Evidence): string[] {
  return firstBad === null ? [] : [`event ${firstBad} does not fit`];
}
