import { describe, expect, test } from 'vitest';
import type { IdentityRules } from '../../src/domain/catalog.js';
import { accountNameOf } from '../../src/domain/identity.js';
import { asUserId } from '../../src/domain/ids.js';
import type { Person } from '../../src/domain/person.js';

const dana: Person = {
  userId: asUserId('U03DANA'),
  email: 'Dana@Example.com',
  emailConfirmed: true,
  deactivated: false,
  outsider: null,
  timeZone: null,
};
const byMail: IdentityRules = {
  map: new Map(),
  fromEmail: { part: 'local', domains: ['example.com'] },
};

describe('the account of a person in a target', () => {
  test('the explicit map comes before the e-mail rule', () => {
    const rules = { ...byMail, map: new Map([[dana.userId, 'dana_admin']]) };

    expect(accountNameOf(rules, dana)).toEqual({ found: true, name: 'dana_admin' });
  });

  test('the part before the @ of an address in an allowed domain, in lower case', () => {
    expect(accountNameOf(byMail, dana)).toEqual({ found: true, name: 'dana' });
  });

  test('the whole address where the catalog says so', () => {
    const whole: IdentityRules = { ...byMail, fromEmail: { part: 'whole', domains: ['example.com'] } };

    expect(accountNameOf(whole, dana)).toEqual({ found: true, name: 'dana@example.com' });
  });

  test('a letter that only turns into a plain one when it is made small is another letter', () => {
    const kelvin = { ...dana, email: 'mi\u212Ae@example.com' };

    expect(accountNameOf(byMail, kelvin)).not.toEqual({ found: true, name: 'mike' });
  });

  test.each([
    ['no rule at all', { ...byMail, fromEmail: null }, dana, 'no-rule'],
    ['no address', byMail, { ...dana, email: null }, 'no-email'],
    ['an address that was never confirmed', byMail, { ...dana, emailConfirmed: false }, 'email-unconfirmed'],
    ['another domain', byMail, { ...dana, email: 'dana@example.org' }, 'email-domain'],
    ['a domain that only ends alike', byMail, { ...dana, email: 'dana@notexample.com' }, 'email-domain'],
    [
      'a second @ before an allowed domain',
      byMail,
      { ...dana, email: 'x@evil.com@example.org' },
      'email-domain',
    ],
    ['nothing before the @', byMail, { ...dana, email: '@example.com' }, 'email-domain'],
  ])('%s means no account', (_, rules, person, why) => {
    expect(accountNameOf(rules, person)).toMatchObject({ found: false, detail: { why } });
  });
});
