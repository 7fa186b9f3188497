/** What the invariants look at: the target's own catalogue and log, the rows, and what reached Slack. */
import type { PostgresMode } from '../support/postgres-setup.js';
import type { Rows, SeenEvent } from './observer.js';

export type Membership = {
  readonly role: string;
  readonly account: string;
  readonly by: 'hallpass' | 'hand';
};

/** A GRANT or REVOKE by Hallpass, or a call that makes one, that was committed, from the server's own log. */
export type Change = {
  readonly at: number;
  readonly verb: 'GRANT' | 'REVOKE';
  readonly role: string;
  readonly account: string;
};

/** What the functions have written down in the target. */
export type LedgerRow = {
  readonly role: string;
  readonly account: string;
  readonly until: number;
  readonly ended: boolean;
  /** Its sessions are over. */
  readonly cleaned: boolean;
};

/** A temporary login, as it stands in the target's catalogue. */
export type Login = Whom & { readonly name: string; readonly isOpen: boolean; readonly until: number };

export type LoginTry = {
  readonly from: number;
  readonly to: number;
  /** Anything else is an error that nobody foresaw. */
  readonly outcome: 'works' | 'refused' | 'too many' | `fails: ${string}`;
};

/** Somebody logged in with what was shown, took the role on, and stayed. */
export type KeptSession = Whom & { openedAt: number; endedAt: number | null };

/** A password that Hallpass has sent to Slack for somebody to see. */
export type ShownSecret = Whom & {
  readonly shownAt: number;
  /** Whose window it was sent to. */
  readonly to: string;
  /** By the target's own log; null when it never took this password. */
  readonly goodFrom: number | null;
  readonly goodUntil: number;
  readonly tries: readonly LoginTry[];
  /** Besides that window. */
  readonly foundIn: readonly string[];
};

/** A click on Reveal login. */
export type Reveal = {
  readonly tag: string;
  readonly by: string;
  readonly at: number;
  readonly acknowledged: boolean;
  readonly answered: boolean;
  /** Slack opened no window, so there was nothing to answer in. */
  readonly slackFailed: boolean;
};

/** What Slack took from Hallpass. */
export type Said = {
  readonly at: number;
  readonly channel: string;
  /** The message under which it stands. */
  readonly thread: string | null;
  readonly text: string;
  /** A new message, or an edit of one. */
  readonly isNew: boolean;
  /** Hallpass never got Slack's answer, so it may say the same once more. */
  readonly answerLost: boolean;
};

/** A request that somebody typed and Slack got an acknowledgement for. */
export type Asked = { readonly tag: string; readonly at: number; readonly answered: boolean };

export type Evidence = Rows & {
  readonly mode: PostgresMode;
  /** By Hallpass's clock, which may have been set; everything else is by the clock of the test. */
  readonly appNow: number;
  readonly memberships: readonly Membership[];
  /** What was given by hand and not taken by hand. */
  readonly byHand: readonly { readonly role: string; readonly account: string }[];
  readonly changes: readonly Change[];
  /** Empty in mode group, which has none. */
  readonly ledger: readonly LedgerRow[];
  /** Of mode ephemeral, as are the next three. */
  readonly logins: readonly Login[];
  readonly secrets: readonly ShownSecret[];
  readonly sessions: readonly Readonly<KeptSession>[];
  readonly reveals: readonly Reveal[];
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
  /** When the target hung or was slow: what has to ask it first is held up for so long. */
  readonly stalls: readonly { readonly from: number; readonly to: number }[];
  readonly approvers: readonly string[];
  readonly approvalsNeeded: ReadonlyMap<string, number>;
};

export type Invariant = (evidence: Evidence) => string[];

export type Grant = Rows['grants'][number];

export type Whom = { readonly role: string; readonly account: string };

export function isSame(one: Whom, other: Whom): boolean {
  return one.role === other.role && one.account === other.account;
}

export function whomText({ role, account }: Whom): string {
  return `${role} of ${account}`;
}

export function isOpen({ appNow }: Pick<Evidence, 'appNow'>, { state, startsAt, endsAt }: Grant): boolean {
  const hasBegun = state === 'scheduled' && startsAt <= appNow;
  return (hasBegun || state === 'opening' || state === 'active') && endsAt > appNow;
}

/** The end of the last window that is open for it; null when none is. */
export function lastEnd(evidence: Evidence, whom: Whom): number | null {
  const ends = evidence.grants
    .filter((grant) => isOpen(evidence, grant))
    .filter((grant) => entitlementsOf(evidence, grant).some((each) => isSame(each, whom)))
    .map(({ endsAt }) => endsAt);
  return ends.length === 0 ? null : Math.max(...ends);
}

export function entitlementsOf({ holds }: Rows, grant: Grant): Rows['holds'] {
  return holds.filter(({ grantId }) => grantId === grant.id);
}

/** How long after its acknowledgement a request may still be on its way to the database. */
export const ON_ITS_WAY_MS = 3_000;

/** When Hallpass's membership stood in the target, from the changes alone. */
export function heldTimes(
  { changes }: Pick<Evidence, 'changes'>,
  whom: Whom,
): { from: number; to: number }[] {
  const held: { from: number; to: number }[] = [];
  for (const change of changes.filter((each) => isSame(each, whom))) {
    const last = held.at(-1);
    if (change.verb === 'GRANT' && (last === undefined || last.to < Infinity)) {
      held.push({ from: change.at, to: Infinity });
    } else if (change.verb === 'REVOKE' && last !== undefined && last.to === Infinity) {
      last.to = change.at;
    }
  }
  return held;
}
