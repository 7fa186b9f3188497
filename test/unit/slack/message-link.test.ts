import type { MessageShortcut } from '@slack/bolt';
import { expect, test } from 'vitest';
import { requestCard } from '../../../src/slack/blocks/request-card.js';
import { linkToMessage, messageLinkIn } from '../../../src/slack/message-link.js';
import { pendingRequest, requestCardView } from '../../../src/examples/views.js';

function shortcut(change: {
  domain?: string;
  channel?: string;
  ts?: string;
  thread?: string;
}): MessageShortcut {
  const { domain = 'acme', channel = 'C0TEAM', ts = '1795424400.000100', thread } = change;
  return {
    type: 'message_action',
    callback_id: 'request_access_for_thread',
    trigger_id: '1.2',
    message_ts: ts,
    response_url: 'https://hooks.slack.com/x',
    message: {
      type: 'message',
      user: 'U03DANA',
      ts,
      text: 'hm',
      ...(thread === undefined ? {} : { thread_ts: thread }),
    },
    user: { id: 'U03DANA', name: 'dana', team_id: 'T0' },
    channel: { id: channel, name: 'team' },
    team: { id: 'T0', domain },
    token: 'unused',
    action_ts: '1.1',
  };
}

test('a message is linked as Slack links it, and a reply within its thread', () => {
  expect(linkToMessage(shortcut({}))).toBe('https://acme.slack.com/archives/C0TEAM/p1795424400000100');
  expect(linkToMessage(shortcut({ thread: '1795424400.000100' }))).toBe(
    'https://acme.slack.com/archives/C0TEAM/p1795424400000100',
  );
  expect(linkToMessage(shortcut({ thread: '1795424300.000200' }))).toBe(
    'https://acme.slack.com/archives/C0TEAM/p1795424400000100?thread_ts=1795424300.000200&cid=C0TEAM',
  );
});

test.each([
  ['no domain', { domain: '' }],
  ['a domain that is none', { domain: 'evil.example/' }],
  ['a channel that is none', { channel: '../x' }],
  ['a moment that is none', { ts: 'soon' }],
])('a payload with %s is linked to nothing', (_what, change) => {
  expect(linkToMessage(shortcut(change))).toBeNull();
});

test('what a shortcut put into the reason is found in it again', () => {
  for (const change of [{}, { thread: '1795424300.000200' }]) {
    const link = linkToMessage(shortcut(change)) ?? '';
    expect(messageLinkIn(`stuck, see ${link} (4711)`)).toBe(link);
    expect(messageLinkIn(`See ${link}.`)).toBe(link);
  }
});

test.each([
  'https://evil.example/archives/C0TEAM/p1795424400000100',
  'https://acme.slack.com.evil.example/archives/C0TEAM/p1795424400000100',
  'https://acme.slack.com@evil.example/archives/C0TEAM/p1',
  'https://acme.slack.com/archives/C0TEAM/p1795424400000100|open>',
  'https://acme.slack.com/archives/../p1',
  'http://acme.slack.com/archives/C0TEAM/p1795424400000100',
])('%s is no link to a message', (text) => {
  expect(messageLinkIn(text)).toBeNull();
});

test('the card leads to the message that the reason names, beside the reason as it was typed', () => {
  const link = linkToMessage(shortcut({ thread: '1795424300.000200' })) ?? '';
  const { blocks } = requestCard(
    requestCardView({ request: pendingRequest({ reason: `Help with ${link}` }) }),
  );
  const shown = JSON.stringify(blocks);

  expect(shown).toContain(`*Message*\\n<${link.replace('&', '&amp;')}|Open the message>`);
  expect(shown).toContain(`Reason: Help with ${link}`);
  expect(JSON.stringify(requestCard(requestCardView()).blocks)).not.toContain('Open the message');
});
