/** What people were told, against what was so. */
import { HALLPASS_SUBJECT, type NoticeKind } from '../../src/domain/message.js';
import {
  ON_ITS_WAY_MS,
  entitlementsOf,
  heldTimes,
  type Evidence,
  type Grant,
  type Said,
  type Whom,
} from './evidence-type.js';
import type { Rows } from './observer.js';

/** What each kind of notice reads like. */
const NOTICE_WORDS: Readonly<Record<NoticeKind, RegExp>> = {
  'request-received': /You asked for it/,
  'request-for-you': /asked for it for you/,
  'request-not-shown': /can't see it yet/,
  'request-approved': /Approved by/,
  'request-denied': /Denied/,
  'request-expired': /Nobody decided in time/,
  'request-cancelled': /Cancelled/,
  'request-nudge': /Still waiting for/,
  'request-escalated': /nobody has decided within/,
  'request-copy-unseen': /The card can't be posted in/,
  'request-taken-over': /looks at it now/,
  'request-terms-changed': /The terms have changed/,
  'request-renewed': /The terms of it have changed/,
  'request-next-step': /It is the turn of/,
  'request-asked-again': /asked for the same again/,
  'grant-opened': /your access is there now/,
  'emergency-not-shown': /took it in an .*emergency/,
  'review-nag': /Emergency not reviewed/,
  'request-access-lost': /any more|may not hold it as well/,
  'grant-reminder': /This access ends/,
  'grant-prolonged': /You have more time/,
  'grant-revoked': /Your access is (?:taken away|called off)/,
  'grant-not-opened': /It was approved, but could not be opened/,
  'revocation-stuck': /Access is not known to be gone/,
  'connector-back': /works again/,
  'access-drifted': /taken away.* in/,
  'orphans-found': /Access that nothing explains/,
  'standing-found': /Standing access/,
  'enforcement-asked': /Nothing was removed yet/,
  'card-not-shown': /can't be (?:shown in|written to)/,
  'alarm-not-shown': /can't be posted in/,
  'stand-in-named': /You stand in for/,
  'stand-in-over': /You no longer stand in for/,
  'holder-left': /Hallpass takes away what they hold/,
  'many-left': /more than half of those who hold access are gone/,
  'many-ineligible': /holders could no longer ask for them/,
  'clock-behind': /stands .* before what is on record/,
};
const WORDS_BY_KIND: ReadonlyMap<string, RegExp> = new Map(Object.entries(NOTICE_WORDS));

/** These tell of something that may be over before they could be sent. */
const MAY_BE_DROPPED = [
  'access-drifted',
  'orphans-found',
  'request-received',
  'request-for-you',
  'request-not-shown',
  'request-nudge',
  'request-escalated',
  'request-copy-unseen',
  'request-taken-over',
  'request-terms-changed',
  'request-renewed',
  'request-asked-again',
  'request-next-step',
  'grant-opened',
  'review-nag',
  'emergency-not-shown',
  'request-access-lost',
  'many-ineligible',
  'grant-reminder',
  'revocation-stuck',
  'connector-back',
  'clock-behind',
  'stand-in-named',
  'stand-in-over',
];

type Notice = Rows['notices'][number];

function saying(
  { said, cards, grants }: Evidence,
  { kind, subject, person }: Pick<Notice, 'kind' | 'subject' | 'person'>,
): Said[] {
  const words = WORDS_BY_KIND.get(kind) ?? /(?!)/;
  // `connector/orders-db` is called orders-db, and Hallpass itself is not called by its name.
  const about = subject === HALLPASS_SUBJECT ? '' : subject.slice(subject.indexOf('/') + 1);
  // The message that gave access stands in the direct messages of its holder, where Slack has a channel of its own for them.
  const isHolder = grants.some(({ id, beneficiary }) => id === subject && beneficiary === person);
  const below = cards.filter((card) => card.subject === subject && (card.channel === person || isHolder));
  return said.filter(
    ({ isNew, channel, thread, text }) =>
      isNew &&
      words.test(text) &&
      // A line under a card need not name what the card is about.
      (thread === null
        ? channel === person && text.includes(about)
        : below.some((card) => card.ts === thread && card.channel === channel)),
  );
}

/** Standing access is told of while it is there: only what is on record as gone need not be told any more. */
function wasOverFirst({ audit }: Evidence, kind: string): boolean {
  return kind === 'standing-found'
    ? audit.some((event) => event.kind === 'standing.gone')
    : MAY_BE_DROPPED.includes(kind);
}

export function everybodyIsTold(evidence: Evidence): string[] {
  const { notices, requests, grants } = evidence;
  const problems = notices.flatMap((notice) => {
    const { kind, subject, person, state, error } = notice;
    const what = `${kind} about ${subject} to ${person}`;
    if (state === 'owed') {
      return [`${what} is still owed (${error})`];
    }
    if (state === 'dropped') {
      return wasOverFirst(evidence, kind) ? [] : [`${what} was dropped (${error})`];
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

export function nobodyIsToldTwice(evidence: Evidence): string[] {
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

export function cardsShowWhatIsSo({ requests, grants, cards, shown }: Evidence): string[] {
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
export function nothingIsCalledGone(evidence: Evidence): string[] {
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
