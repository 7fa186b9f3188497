import type { IdentityRules } from './catalog.js';
import type { Person } from './person.js';
import type { NoAccount } from './refusal.js';

export type AccountName =
  | { readonly found: true; readonly name: string }
  | { readonly found: false; readonly detail: Exclude<NoAccount, { why: 'not-in-target' }> };

/** The name of a person's account in a target: the explicit map, then the e-mail rule, else no. */
export function accountNameOf(rules: IdentityRules, person: Person): AccountName {
  const mapped = rules.map.get(person.userId);
  if (mapped !== undefined) {
    return { found: true, name: mapped };
  }
  if (rules.fromEmail === null) {
    return { found: false, detail: { why: 'no-rule' } };
  }
  if (person.email === null) {
    return { found: false, detail: { why: 'no-email' } };
  }
  if (!person.emailConfirmed) {
    return { found: false, detail: { why: 'email-unconfirmed' } };
  }
  // Letters beyond ASCII stay what they are: some of them have a plain k or i for their small form.
  const email = person.email.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
  return fromEmail(email, rules.fromEmail);
}

/** Whether the map gives this account to somebody else: then the e-mail rule gives it to nobody. */
export function isMappedToAnother(rules: IdentityRules, person: Person, account: string): boolean {
  return [...rules.map].some(([userId, name]) => name === account && userId !== person.userId);
}

function fromEmail(email: string, rule: NonNullable<IdentityRules['fromEmail']>): AccountName {
  const at = email.lastIndexOf('@');
  const local = email.slice(0, at);
  const domain = email.slice(at + 1);
  if (at < 1 || !rule.domains.some((allowed) => allowed.toLowerCase() === domain)) {
    return { found: false, detail: { why: 'email-domain', domains: rule.domains } };
  }
  return { found: true, name: rule.part === 'local' ? local : email };
}
