/**
 * What must hold once nothing goes wrong any more. Each is a pure look at the evidence: the target's own
 * catalogue and log, the rows, and what reached Slack. A broken one says so in a sentence.
 */
import type { Rows, SeenEvent } from './observer.js';

export type Membership = {
  readonly role: string;
  readonly account: string;
  readonly by: 'hallpass' | 'hand';
};
/** A GRANT or REVOKE by Hallpass that was committed, from the server's own log. */
export type Change = {
  readonly at: number;
  readonly verb: 'GRANT' | 'REVOKE';
  readonly role: string;
  readonly account: string;
};
/** What Slack took from Hallpass. */
export type Said = {
  readonly at: number;
  readonly channel: string;
  readonly text: string;
  /** A new message, or an edit of one. */
  readonly isNew: boolean;
  /** Hallpass never got Slack's answer, so it may say the same once more. */
  readonly answerLost: boolean;
};
/** A request that somebody typed and Slack got an acknowledgement for. */
export type Asked = { readonly tag: string; readonly at: number; readonly answered: boolean };

export type Evidence = Rows & {
  /** By Hallpass's clock, which may have been set; everything else is by the clock of the test. */
  readonly appNow: number;
  readonly memberships: readonly Membership[];
  /** What was given by hand and not taken by hand. */
  readonly byHand: readonly { readonly role: string; readonly account: string }[];
  readonly changes: readonly Change[];
  readonly audit: readonly SeenEvent[];
  readonly firstBad: number | null;
  readonly said: readonly Said[];
  readonly asked: readonly Asked[];
  /** How often each tag was typed; a delivery that Slack repeats counts once. */
  readonly typed: ReadonlyMap<string, number>;
  /** What each card shows in Slack now, by its subject; undefined when it is not there. */
  readonly shown: ReadonlyMap<string, string | undefined>;
  /** When Hallpass died, or could not write: what it was told just before may be forgotten. */
  readonly blackouts: readonly { readonly from: number; readonly to: number }[];
  readonly approvers: readonly string[];
  readonly approvalsNeeded: ReadonlyMap<string, number>;
};

export type Invariant = (evidence: Evidence) => string[];

export const invariants: Readonly<Record<string, Invariant>> = {
  'nothing of ours outlives its window': nothingOutlives,
  'standing access is untouched': standingIsUntouched,
  'every grant inside its window is present': openIsPresent,
  'every grant whose window is over is closed': overIsClosed,
  'no request is approved twice, or without its approvers': decidedByApprovers,
  'no request is lost': nothingIsLost,
  'every change in the target is on record, and the reverse': changesAreOnRecord,
  'the audit chain verifies': chainVerifies,
  'everybody has got what they were owed': everybodyIsTold,
  'nobody is told twice without a lost answer': nobodyIsToldTwice,
  'every card shows what is so': cardsShowWhatIsSo,
  'nothing was called gone that was not': nothingIsCalledGone,
};

export function brokenInvariants(evidence: Evidence): string[] {
  return Object.entries(invariants).flatMap(([name, check]) =>
    check(evidence).map((problem) => `${name}: ${problem}`),
  );
}

type Grant = Rows['grants'][number];

function entitlementsOf({ holds }: Rows, grant: Grant): Rows['holds'] {
  return holds.filter(({ grantId }) => grantId === grant.id);
}

function isOpen({ appNow }: Evidence, { state, endsAt }: Grant): boolean {
  return (state === 'opening' || state === 'active') && endsAt > appNow;
}

function nothingOutlives(evidence: Evidence): string[] {
  const wanted = evidence.grants
    .filter((grant) => isOpen(evidence, grant))
    .flatMap((grant) => entitlementsOf(evidence, grant));
  return evidence.memberships
    .filter(({ by }) => by === 'hallpass')
    .filter(({ role, account }) => !wanted.some((each) => each.role === role && each.account === account))
    .map(({ role, account }) => `${account} still holds ${role}, and no window is open for it`);
}

function standingIsUntouched({ memberships, byHand }: Evidence): string[] {
  const key = ({ role, account }: { role: string; account: string }): string => `${role} of ${account}`;
  const found = memberships.filter(({ by }) => by === 'hand').map(key);
  const wanted = byHand.map(key);
  return [
    ...wanted.filter((each) => !found.includes(each)).map((each) => `${each} was given by hand, and is gone`),
    ...found
      .filter((each) => !wanted.includes(each))
      .map((each) => `${each} looks given by hand, and was not`),
  ];
}

function openIsPresent(evidence: Evidence): string[] {
  return evidence.grants
    .filter((grant) => isOpen(evidence, grant))
    .flatMap((grant) =>
      entitlementsOf(evidence, grant)
        .filter(
          ({ role, account }) =>
            grant.state !== 'active' ||
            !evidence.memberships.some((each) => each.role === role && each.account === account),
        )
        .map(
          ({ role, account }) => `${grant.id} is ${grant.state}, and ${role} of ${account} is not in place`,
        ),
    );
}

function overIsClosed({ grants, appNow }: Evidence): string[] {
  return grants
    .filter(
      ({ state, endsAt }) =>
        state === 'ending' || (endsAt <= appNow && state !== 'ended' && state !== 'failed'),
    )
    .map(({ id, state, endsAt }) => `${id} is still ${state}, ${appNow - endsAt} ms after its end`);
}

function decidedByApprovers({
  requests,
  decisions,
  grants,
  audit,
  approvers,
  approvalsNeeded,
}: Evidence): string[] {
  const problems: string[] = [];
  for (const { id, state, requester, beneficiary, policy, grantId, extendsGrant } of requests) {
    const votes = decisions.filter(({ requestId }) => requestId === id);
    for (const { approver } of votes) {
      if (!approvers.includes(approver) || approver === requester || approver === beneficiary) {
        problems.push(`${id} was decided by ${approver}, who may not`);
      }
    }
    const yes = new Set(votes.filter(({ verdict }) => verdict === 'approve').map(({ approver }) => approver));
    const needed = approvalsNeeded.get(policy) ?? Infinity;
    if (state === 'approved' && yes.size < needed) {
      problems.push(`${id} is approved by ${yes.size} of ${needed}`);
    }
    if (state === 'denied' && !votes.some(({ verdict }) => verdict === 'deny')) {
      problems.push(`${id} is denied, and nobody denied it`);
    }
    const opened = grants.filter(({ requestId }) => requestId === id).length;
    const expected = state === 'approved' && extendsGrant === null ? 1 : 0;
    if (opened !== expected) {
      problems.push(`${id} is ${state} and led to ${opened} grants`);
    }
    if ((state === 'approved') !== (grantId !== null)) {
      problems.push(`${id} is ${state} with grant ${grantId}`);
    }
    for (const kind of ['request.approved', 'grant.prolonged', 'request.submitted']) {
      const times = audit.filter(
        // One approval of several that are needed is none of the request.
        (event) => event.kind === kind && event.requestId === id && event.facts['complete'] !== false,
      ).length;
      if (times > 1) {
        problems.push(`${kind} is on record ${times} times for ${id}`);
      }
    }
  }
  return problems;
}

/** How long after its acknowledgement a request may still be on its way to the database. */
const ON_ITS_WAY_MS = 3_000;

/** Excused is what was acknowledged in the moment before a death: Slack's three seconds are kept by acknowledging first. */
function nothingIsLost({ asked, requests, typed, blackouts }: Evidence): string[] {
  const lost = asked
    .filter(({ tag, answered }) => !answered && !requests.some(({ reason }) => reason === tag))
    .filter(({ at }) => !blackouts.some(({ from, to }) => at <= to && from <= at + ON_ITS_WAY_MS))
    .map(({ tag }) => `${tag} was acknowledged, and is neither on record nor refused`);
  const doubled = [...typed]
    .map(([tag, times]) => ({ tag, times, rows: requests.filter(({ reason }) => reason === tag).length }))
    .filter(({ rows, times }) => rows > times)
    .map(({ tag, rows, times }) => `${tag} was typed ${times} times and is on record ${rows} times`);
  return [...lost, ...doubled];
}

function changesAreOnRecord(evidence: Evidence): string[] {
  const { audit, changes } = evidence;
  const problems: string[] = [];
  const about = (event: SeenEvent, { role, account }: { role: string; account: string }): boolean =>
    event.facts['role'] === role && event.facts['account'] === account;
  for (const change of changes) {
    const events = audit.filter((event) => about(event, change));
    const { verb, role, account, at } = change;
    if (verb === 'GRANT') {
      const intents = events.filter(
        ({ kind, after }) => kind === 'entitlement.granting' && after <= at,
      ).length;
      const before = changes.filter(
        (each) => each.verb === 'GRANT' && each.role === role && each.account === account && each.at <= at,
      ).length;
      if (intents < before) {
        problems.push(`the GRANT of ${role} to ${account} has no intent on record before it`);
      }
    }
    const outcomes =
      verb === 'GRANT' ? ['entitlement.granted', 'entitlement.revoked'] : ['entitlement.revoked'];
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

type Whom = { readonly role: string; readonly account: string };

/** When Hallpass's membership stood in the target, from the changes alone. */
function heldTimes(
  { changes }: Pick<Evidence, 'changes'>,
  { role, account }: Whom,
): { from: number; to: number }[] {
  const held: { from: number; to: number }[] = [];
  for (const change of changes.filter((each) => each.role === role && each.account === account)) {
    const last = held.at(-1);
    if (change.verb === 'GRANT' && (last === undefined || last.to < Infinity)) {
      held.push({ from: change.at, to: Infinity });
    } else if (change.verb === 'REVOKE' && last !== undefined && last.to === Infinity) {
      last.to = change.at;
    }
  }
  return held;
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

function chainVerifies({ firstBad }: Evidence): string[] {
  return firstBad === null ? [] : [`event ${firstBad} does not fit`];
}

/** What each kind of notice reads like. */
const NOTICE_WORDS: Readonly<Record<string, RegExp>> = {
  'request-for-you': /asked for it for you/,
  'request-not-shown': /can't see it yet/,
  'request-denied': /Denied/,
  'request-expired': /Nobody decided in time/,
  'request-cancelled': /Cancelled/,
  'grant-reminder': /This access ends/,
  'grant-prolonged': /You have more time/,
  'grant-revoked': /Your access is taken away/,
  'grant-not-opened': /It was approved, but could not be opened/,
  'revocation-stuck': /Access is not known to be gone/,
  'connector-back': /works again/,
};
/** These tell of something that may be over before they could be sent. */
const MAY_BE_DROPPED = [
  'request-for-you',
  'request-not-shown',
  'grant-reminder',
  'revocation-stuck',
  'connector-back',
];

type Notice = Rows['notices'][number];

function saying(
  { said }: Evidence,
  { kind, subject, person }: Pick<Notice, 'kind' | 'subject' | 'person'>,
): Said[] {
  const words = NOTICE_WORDS[kind] ?? /(?!)/;
  const about = subject.startsWith('connector/') ? subject.slice('connector/'.length) : subject;
  return said.filter(
    ({ isNew, channel, text }) => isNew && channel === person && words.test(text) && text.includes(about),
  );
}

function everybodyIsTold(evidence: Evidence): string[] {
  const { notices, requests, grants } = evidence;
  const problems = notices.flatMap((notice) => {
    const { kind, subject, person, state, error } = notice;
    const what = `${kind} about ${subject} to ${person}`;
    if (state === 'owed') {
      return [`${what} is still owed (${error})`];
    }
    if (state === 'dropped') {
      return MAY_BE_DROPPED.includes(kind) ? [] : [`${what} was dropped (${error})`];
    }
    return saying(evidence, notice).length === 0 ? [`${what} is called sent, and never came`] : [];
  });
  const owed = [
    ...requests
      .filter(({ state }) => state === 'denied')
      .map(({ id, requester }) => ({ kind: 'request-denied', subject: id, person: requester })),
    ...grants
      .filter(({ state }) => state === 'failed')
      .map(({ id, beneficiary }) => ({ kind: 'grant-not-opened', subject: id, person: beneficiary })),
    ...grants
      .filter(({ endCause, endedBy, beneficiary }) => endCause === 'revoked' && endedBy !== beneficiary)
      .map(({ id, beneficiary }) => ({ kind: 'grant-revoked', subject: id, person: beneficiary })),
  ];
  const untold = owed.filter((each) => saying(evidence, each).length === 0);
  return [
    ...problems,
    ...untold.map(({ kind, subject, person }) => `${person} was never told ${kind} about ${subject}`),
  ];
}

function nobodyIsToldTwice(evidence: Evidence): string[] {
  const { notices, cards, said } = evidence;
  const groups = new Map<string, { wanted: number; copies: Said[] }>();
  for (const notice of notices) {
    const key = `${notice.kind} about ${notice.subject} to ${notice.person}`;
    const group = groups.get(key) ?? { wanted: 0, copies: saying(evidence, notice) };
    groups.set(key, { ...group, wanted: group.wanted + 1 });
  }
  for (const { kind, subject } of cards) {
    const copies = said.filter((each) => each.isNew && isCardOf(kind, subject, each));
    groups.set(`${kind} of ${subject}`, { wanted: 1, copies });
  }
  return [...groups].flatMap(([key, { wanted, copies }]) => {
    const excused = countExcused(evidence, copies);
    const extra = copies.length - wanted - excused;
    return extra > 0 ? [`${key} came ${copies.length} times, ${excused} answers were lost`] : [];
  });
}

function isCardOf(kind: string, subject: string, { channel, text }: Said): boolean {
  return kind === 'request-card'
    ? channel.startsWith('C') && text.includes(`Request \`${subject}\``)
    : text.includes(`Access \`${subject}\``) &&
        /How to use|The access (?:ended|is being|was)|Access until/.test(text);
}

/** Lost is also an answer that comes in the moment of a death or cannot be written down: one in each such time. */
function countExcused({ blackouts }: Evidence, copies: readonly Said[]): number {
  const lost = copies.filter(({ answerLost }) => answerLost);
  const rest = copies.filter(({ answerLost }) => !answerLost);
  const forgotten = blackouts.filter(({ from, to }) =>
    rest.some(({ at }) => at <= to && from <= at + ON_ITS_WAY_MS),
  );
  return lost.length + forgotten.length;
}

const GRANT_WORDS: Readonly<Record<string, RegExp>> = {
  active: /Access until/,
  ended: /The access ended/,
  failed: /The access was not opened/,
};
const REQUEST_WORDS: Readonly<Record<string, RegExp>> = {
  pending: /asks for/,
  denied: /Denied/,
  cancelled: /Cancelled/,
  expired: /Expired/,
};

function cardsShowWhatIsSo({ requests, grants, cards, shown }: Evidence): string[] {
  const states = [
    ...grants.map(({ id, state }) => ({ kind: 'grant-card', id, words: GRANT_WORDS[state] })),
    ...requests.map(({ id, state, grantId }) => ({
      kind: 'request-card',
      id,
      words:
        state === 'approved'
          ? GRANT_WORDS[grants.find((grant) => grant.id === grantId)?.state ?? '']
          : REQUEST_WORDS[state],
    })),
  ];
  return states.flatMap(({ kind, id, words }) => {
    const card = cards.find((each) => each.kind === kind && each.subject === id);
    if (card === undefined || card.channel === null) {
      return [`the ${kind} of ${id} was never posted`];
    }
    const text = shown.get(`${kind} ${id}`);
    if (text === undefined) {
      return [`the ${kind} of ${id} is not where it was posted`];
    }
    return words === undefined || words.test(text)
      ? []
      : [`the ${kind} of ${id} should read ${words}, and reads: ${text}`];
  });
}

const CALLED_GONE = /The access ended|nothing of it is left|Nothing of it is left/;

/** Gone, or kept by another grant that was live at that moment. */
function nothingIsCalledGone(evidence: Evidence): string[] {
  const { said, grants, requests } = evidence;
  return said
    .filter(({ text }) => CALLED_GONE.test(text))
    .flatMap((claim) => {
      const subject = /(?:Access|Request) `([GR]-\w+)`/.exec(claim.text)?.[1];
      const grantId = requests.find(({ id }) => id === subject)?.grantId ?? subject;
      const grant = grants.find(({ id }) => id === grantId);
      return grant === undefined
        ? [`a claim about ${subject}, which nobody knows`]
        : entitlementsOf(evidence, grant)
            .filter(
              (each) => stoodAt(evidence, each, claim.at) && !keptByAnother(evidence, grant, each, claim.at),
            )
            .map(({ role, account }) => `${subject} was called gone while ${account} held ${role}`);
    });
}

function stoodAt(evidence: Evidence, whom: Whom, at: number): boolean {
  return heldTimes(evidence, whom).some(({ from, to }) => from <= at && to > at);
}

function keptByAnother(
  { grants, holds, audit }: Evidence,
  grant: Grant,
  { role, account }: Whom,
  at: number,
): boolean {
  return grants
    .filter(({ id }) => id !== grant.id)
    .filter(({ id }) =>
      holds.some((hold) => hold.grantId === id && hold.role === role && hold.account === account),
    )
    .some(({ id }) => {
      const own = audit.filter((event) => event.grantId === id);
      const opened = own.find(({ kind }) => kind === 'grant.opening')?.after ?? Infinity;
      const closed =
        own.find(({ kind }) => kind === 'grant.ended' || kind === 'grant.failed')?.before ?? Infinity;
      return opened <= at && at <= closed;
    });
}
