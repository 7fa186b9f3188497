import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OfferView } from '../../../src/domain/views.js';
import { blockProblems, optionProblems } from '../../../src/emulated-slack/block-limits.js';
import { requestFormView } from '../../../src/slack/blocks/forms.js';
import {
  isStamp,
  roleChosenIn,
  roleOption,
  roleSuggestions,
} from '../../../src/slack/blocks/role-options.js';
import { NOTHING_TYPED } from '../../../src/slack/parse-command.js';

function offer(roleKey: string, title = 'Orders database', parts: readonly string[] = []): OfferView {
  const [resource = '', role = ''] = roleKey.split(':');
  return {
    roleKey,
    resource,
    role,
    isDefault: false,
    title,
    parts,
    minMs: 60_000,
    defaultMs: 1_800_000,
    maxMs: 14_400_000,
    approvals: [],
    forOthers: false,
  };
}

function many(count: number): OfferView[] {
  return Array.from({ length: count }, (_, nth) => offer(`db-${nth}:reader`, `Database number ${nth}`));
}

function found(offers: readonly OfferView[], typed: string): string[] {
  const answer = roleSuggestions(offers, typed);
  const options =
    'options' in answer ? answer.options : answer.option_groups.flatMap((group) => group.options);
  return options.map(({ value }) => value ?? '');
}

const LONG = `${'a'.repeat(60)}:${'b'.repeat(60)}`;

describe('a list of roles that is searched', () => {
  test('holds each role with all words that were typed, in key, title or parts, those first that begin so', () => {
    const offers = [
      offer('audit-db:reader'),
      offer('prod:admin', 'Billing'),
      offer('db:admin', 'Audit log'),
      offer('support:all', 'Support', ['db:reader']),
    ];

    expect(found(offers, '')).toEqual(['audit-db:reader', 'prod:admin', 'db:admin', 'support:all']);
    expect(found(offers, 'DB')).toEqual(['db:admin', 'audit-db:reader', 'support:all']);
    expect(found(offers, 'audit admin')).toEqual(['db:admin']);
    expect(found(offers, 'nothing')).toEqual([]);
  });

  test('shows a hundred, and says that there are more', () => {
    const answer = roleSuggestions(many(512), 'db');

    expect(found(many(512), 'db')).toHaveLength(100);
    expect(answer).toMatchObject({
      option_groups: [{ label: { text: '100 of 512: type more of the name' } }],
    });
    expect(found(many(512), 'db-511')).toEqual(['db-511:reader']);
  });

  test('names a role whose key is longer than Slack takes by a stamp that leads back to it', () => {
    const offers = [offer('prod-db:admin'), offer(LONG)];
    const { value = '' } = roleOption(offer(LONG));

    expect(isStamp(value)).toBe(true);
    expect(roleChosenIn(value, offers)).toBe(LONG);
    expect(roleChosenIn('prod-db:admin', offers)).toBe('prod-db:admin');
    expect(roleChosenIn(value, [])).toBe(value);
  });

  test('is never refused by Slack, whatever stands in the catalog and is typed', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 200 });
    const key = fc.tuple(fc.stringMatching(/^[a-z0-9-]{1,63}$/), fc.stringMatching(/^[a-z0-9-]{1,63}$/));
    const offers = fc.array(
      fc.tuple(key, text).map(([[resource, role], title]) => offer(`${resource}:${role}`, title)),
      { maxLength: 130 },
    );
    fc.assert(
      fc.property(offers, text, (all, typed) => {
        expect(optionProblems({ ...roleSuggestions(all, typed) })).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the form', () => {
  const form = (offers: readonly OfferView[], resource: string | null = null) =>
    requestFormView({
      unclear: null,
      command: '/access',
      offers,
      unreadable: [],
      prefill: { ...NOTHING_TYPED, resource },
      start: { at: null, problem: null },
      about: null,
    });

  test('has a list of up to a hundred roles, and one to search beyond that', () => {
    expect(JSON.stringify(form(many(100)))).toContain('"static_select"');
    expect(JSON.stringify(form(many(101)))).toContain('"external_select"');
    expect(blockProblems(form(many(101)))).toEqual([]);
    expect(blockProblems(form([offer(LONG)]))).toEqual([]);
  });

  test('keeps what was typed, chosen where it is offered and as text where it is not', () => {
    const roles = [...many(120), { ...offer('prod-db:admin'), isDefault: true }];

    expect(JSON.stringify(form(roles, 'prod-db'))).toContain('"value":"prod-db:admin"');
    expect(JSON.stringify(form(roles, 'elsewhere'))).toContain('"initial_value":"elsewhere"');
  });
});
