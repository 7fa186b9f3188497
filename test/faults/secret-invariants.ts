/** Temporary logins, and the secrets by which people come in. */
import { EXPIRY_GRACE_MS } from '../../src/domain/schedule.js';
import {
  isSame,
  lastEnd,
  whomText,
  type Evidence,
  type LoginTry,
  type Reveal,
  type ShownSecret,
} from './evidence-type.js';

/** Whoever is over is gone; what is open can be used, and ends by itself a little after the window. */
export function loginsMatchWindows(evidence: Evidence): string[] {
  return evidence.logins.flatMap((login) => {
    const { name, isOpen, until } = login;
    const end = lastEnd(evidence, login);
    if (end === null) {
      return [`the login ${name} is still there, and no window is open for it`];
    }
    if (!isOpen) {
      return [`the login ${name} is closed, and its window is open`];
    }
    return until === end + EXPIRY_GRACE_MS
      ? []
      : [`the login ${name} is valid until ${until - end} ms after its window`];
  });
}

/** The log's line is written a moment after the change itself: a try within it is not judged. */
const UNSURE_MS = 1_000;

export function secretsWork(evidence: Evidence): string[] {
  return evidence.secrets.flatMap((secret) => {
    const what = `the password of ${whomText(secret)} that was shown to ${secret.to}`;
    if (secret.goodFrom === null || secret.goodFrom > secret.shownAt + UNSURE_MS) {
      return [`${what} was never set before it was shown`];
    }
    const wrong = secret.tries.flatMap((attempt) => wrongIn(secret, attempt));
    const last = secret.tries.at(-1);
    return [
      ...wrong.map((each) => `${what} ${each}`),
      ...(last?.outcome === 'works' && lastEnd(evidence, secret) === null
        ? [`${what} still works, and no window is open for it`]
        : []),
    ];
  });
}

function wrongIn({ goodFrom, goodUntil }: ShownSecret, { from, to, outcome }: LoginTry): string[] {
  const wasGood = goodFrom !== null && goodFrom <= from && to + UNSURE_MS < goodUntil;
  const wasOver = goodFrom === null || to + UNSURE_MS < goodFrom || from > goodUntil;
  if (outcome === 'refused') {
    return wasGood ? ['was refused while it was good'] : [];
  }
  if (outcome === 'works' || outcome === 'too many') {
    return wasOver ? ['logged in after it was over'] : [];
  }
  // Cut off in its midst, by the end.
  return wasGood ? [outcome] : [];
}

export function secretsStayHidden({ secrets, grants, holds }: Evidence): string[] {
  return secrets.flatMap((secret) => {
    const isTheirs = grants.some(
      ({ id, beneficiary }) =>
        beneficiary === secret.to && holds.some((hold) => hold.grantId === id && isSame(hold, secret)),
    );
    const what = `the password of ${whomText(secret)}`;
    return [
      ...(isTheirs ? [] : [`${what} was shown to ${secret.to}, who does not hold it`]),
      ...secret.foundIn.map((place) => `${what} stands in ${place}`),
    ];
  });
}

/** A session lasts as long as its window, and is over before anybody says that the access is. */
export function sessionsEnd({ sessions, changes, audit }: Evidence): string[] {
  return sessions.flatMap((session) => {
    const { openedAt, endedAt } = session;
    const what = `a session of ${whomText(session)}`;
    const end = changes.find(
      (change) => change.verb === 'REVOKE' && isSame(change, session) && change.at + UNSURE_MS > openedAt,
    );
    if (end === undefined) {
      return endedAt === null ? [] : [`${what} was cut while its window was open`];
    }
    const said = audit.find(
      ({ kind, facts, before }) =>
        kind === 'entitlement.revoked' &&
        facts['role'] === session.role &&
        facts['account'] === session.account &&
        before >= end.at,
    );
    return said !== undefined && (endedAt ?? Infinity) > said.before + UNSURE_MS
      ? [`${what} goes on, and event ${said.seq} says revoked`]
      : [];
  });
}

/** Two calls to the target one after another, each to its time limit, and the answer to Slack. */
const REVEAL_TAKES_MS = 25_000;

export function revealsAreAnswered({ reveals, blackouts }: Evidence): string[] {
  const isCutShort = ({ at }: Reveal): boolean =>
    blackouts.some(({ from, to }) => from <= at + REVEAL_TAKES_MS && to >= at);
  return reveals
    .filter(({ acknowledged, answered, slackFailed }) => acknowledged && !answered && !slackFailed)
    .filter((each) => !isCutShort(each))
    .map(({ by, tag }) => `${by} asked for the login of ${tag}, and saw neither that nor why not`);
}
