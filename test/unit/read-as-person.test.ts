import { describe, expect, test } from 'vitest';
import { asText, type Reader } from '../../src/emulated-slack/read-as-person.js';

const reader: Reader = {
  nameOf: (id) =>
    new Map([
      ['U03DANA', 'dana'],
      ['C0APPROVALS', 'approvals'],
    ]).get(id),
  groupHandle: (id) => (id === 'S0DBA' ? 'dba' : undefined),
  timeZone: 'Europe/Berlin',
  now: new Date('2027-01-15T12:00:00Z'),
};
const seconds = Date.parse('2027-01-15T08:00:00Z') / 1000;

describe('text', () => {
  test.each([
    ['<@U03DANA> in <#C0APPROVALS> with <!subteam^S0DBA>', '@dana in #approvals with @dba'],
    ['<@U0NOBODY> <!here>', '@U0NOBODY @here'],
    [
      '*bold*, _slanted_ and ~gone~, but snake_case_name and 2 * 3 * 4',
      'bold, slanted and gone, but snake_case_name and 2 * 3 * 4',
    ],
    ['`code` &amp; &lt;tag&gt; &amp;lt;', '`code` & <tag> &lt;'],
    ['<https://example.com|the run book> <https://example.com>', 'the run book https://example.com'],
    [`<!date^${seconds}^{date_short_pretty} at {time}|later>`, 'today at 09:00'],
    [`<!date^${seconds + 86_400}^{date_pretty}|later>`, 'tomorrow'],
    [`<!date^${seconds + 864_000}^{date_short_pretty}|later>`, 'Jan 25, 2027'],
    [`<!date^${seconds}^{ago}|later>`, '4 hours ago'],
    [`<!date^${seconds}^{unheard_of}|later>`, 'later'],
  ])('%s', (text, read) => {
    expect(asText({ text }, reader)).toBe(read);
  });
});

test('blocks are read instead of the text, buttons in brackets', () => {
  const blocks = [
    { type: 'header', text: { type: 'plain_text', text: 'Access *request*' } },
    {
      type: 'section',
      fields: [
        { type: 'mrkdwn', text: '*Who*\n<@U03DANA>' },
        { type: 'plain_text', text: '<not a mention> &amp; more' },
      ],
    },
    { type: 'divider' },
    { type: 'context', elements: [{ type: 'mrkdwn', text: 'req_1' }] },
    {
      type: 'actions',
      elements: [
        { type: 'button', text: { type: 'plain_text', text: 'Approve' } },
        { type: 'static_select', placeholder: { type: 'plain_text', text: 'How long?' } },
      ],
    },
  ];
  expect(asText({ text: 'fallback', blocks }, reader)).toBe(
    'Access *request*\nWho\n@dana\n<not a mention> & more\n────\nreq_1\n[Approve] [How long?]',
  );
});
