import type { CallErrorKind } from '../../domain/entitlement.js';

type Failure = { readonly kind: CallErrorKind; readonly text: string };

const install =
  'The functions of Hallpass are not in this database, or not for this account: run as a superuser what `hallpass sql postgres` prints';

/** What the functions in the target answer with an SQLSTATE of their own. Most is said before, and better, by name. */
const texts: Readonly<Record<string, string>> = {
  HP010: 'The role is not in the table hallpass.managed: a DBA has to put it there before it can be given',
  HP011: 'There is no role of this name in this PostgreSQL',
  HP012:
    'The role could outlive its window: it is given only if accept_risk in the table hallpass.managed says why',
  HP013: 'The role leads to an account of Hallpass: whoever held it could give away everything',
  HP021: 'The account is a superuser, and needs no role',
  HP022: 'The account is one of Hallpass itself',
  HP023: 'The account is itself a role that Hallpass manages',
  HP024: 'The account may not log in, so it is no account of a person',
  HP025: 'The account has members, who would get its roles too',
  HP030:
    "The window is over by PostgreSQL's own clock: if it is not, set that clock right, or Hallpass's, and ask again",
  HP031: 'The window ends later than max_window in the table hallpass.settings allows',
  HP040: 'This is no name for a temporary login',
  HP041:
    'A role of the name of this temporary login is there already, and does not bear the mark of Hallpass',
  HP042: 'The temporary login is not there, or its window is over',
  HP043: 'PostgreSQL was sent something else than a password verifier',
  HP044: 'The temporary login is still open, or has sessions',
  HP050:
    "The access is taken away, but its sessions can't be ended: GRANT pg_signal_backend TO hallpass_owner",
  HP060: 'PostgreSQL was asked in a transaction of the wrong kind',
  '3F000': install,
  '42883': install,
};

export function refusalOf(state: string): Failure | null {
  if (state === 'HP020') {
    return { kind: 'unknown-account', text: 'The account is no longer in this PostgreSQL' };
  }
  const text = Object.hasOwn(texts, state) ? texts[state] : undefined;
  return text === undefined ? null : { kind: 'final', text: `${text} (${state})` };
}
