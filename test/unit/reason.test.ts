import { describe, expect, test } from 'vitest';
import type { TicketRule } from '../../src/domain/catalog.js';
import { reasonProblem } from '../../src/domain/eligibility.js';
import { ticketFinder } from '../../src/catalog/ticket-pattern.js';
import { ticketLink } from '../../src/domain/ticket.js';
import { checkTable } from '../support/catalog-text.js';

const ticket: TicketRule = {
  find: ticketFinder('[A-Z]+-[0-9]+'),
  say: 'a ticket such as OPS-123',
  link: 'https://jira.example.com/browse/{ticket}',
};
const anything = { reasonRequired: false, reasonMinLength: 0, ticket: null };

describe('a reason', () => {
  test.each([
    ['may be empty where none is required', anything, '', undefined],
    ['is missing when it is blank', { ...anything, reasonRequired: true }, ' \n ', 'reason-missing'],
    [
      'is too short without its spaces',
      { ...anything, reasonMinLength: 5 },
      '   fix     ',
      'reason-too-short',
    ],
    [
      'may be empty, and not short, where none is required',
      { ...anything, reasonMinLength: 5 },
      '',
      undefined,
    ],
    [
      'is missing, and not too short, where one is required',
      { ...anything, reasonRequired: true, reasonMinLength: 5 },
      '',
      'reason-missing',
    ],
    ['is long enough', { ...anything, reasonMinLength: 3 }, 'fix', undefined],
    ['is too long, before all else', { ...anything, ticket }, 'x'.repeat(501), 'reason-too-long'],
    ['names no ticket', { ...anything, ticket }, 'stuck migration ops-1', 'ticket-missing'],
    ['names a ticket anywhere', { ...anything, ticket }, 'stuck migration, see OPS-123.', undefined],
  ])('%s', (_what, policy, reason, code) => {
    expect(reasonProblem(reason, policy)?.code).toBe(code);
  });
});

test('the first ticket is shown, and stands in the address of its page as one part of it', () => {
  expect(ticket.find('OPS-1 and OPS-2')).toBe('OPS-1');
  expect(ticketLink('OPS-1', ticket)).toBe('https://jira.example.com/browse/OPS-1');
  expect(ticketLink('../$&?x=1', ticket)).toBe('https://jira.example.com/browse/..%2F%24%26%3Fx%3D1');
  expect(ticketLink('a\uD800', ticket)).toBe('https://jira.example.com/browse/a%EF%BF%BD');
  expect(ticketLink('OPS-1', { ...ticket, link: null })).toBeNull();
});

test('a pattern that would keep a backtracking engine busy for years is answered', () => {
  expect(ticketFinder('^(a+)+$')(`${'a'.repeat(499)}!`)).toBeNull();
});

describe('rules for reasons in the catalog', () => {
  const channel = '    channel: C0APPROVALS';
  const at = (line: string): string => `${channel}\n    ${line}`;
  checkTable([
    [
      'a ticket',
      channel,
      at('ticket: { pattern: "[A-Z]+-[0-9]+", link: "https://t.example.com/{ticket}" }'),
      [],
    ],
    [
      'a broken pattern',
      channel,
      at('ticket: { pattern: "([A-Z]+" }'),
      [
        'access.yaml:21:24 not a pattern of RE2 (error parsing regexp: missing closing ): `([A-Z]+`); write one such as [A-Z]+-[0-9]+',
      ],
    ],
    [
      'a pattern that everything matches',
      channel,
      at('ticket: { pattern: "[A-Z]*" }'),
      [
        'access.yaml:21:24 this pattern finds a ticket in nothing at all; write one that needs some characters, such as [A-Z]+-[0-9]+',
      ],
    ],
    [
      'a page without the ticket',
      channel,
      at('ticket: { pattern: "[A-Z]+-[0-9]+", link: "http://t.example.com/" }'),
      [
        'access.yaml:21:47 expected an https address with {ticket} in its path, such as https://jira.example.com/browse/{ticket}',
      ],
    ],
    [
      'a reason longer than any',
      channel,
      at('reason_min_length: 501'),
      ['access.yaml:21:24 a reason has at most 500 characters; lower it'],
    ],
  ]);
});
