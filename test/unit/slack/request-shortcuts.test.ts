import type { MessageShortcut } from '@slack/bolt';
import { expect, test } from 'vitest';
import { linkTo } from '../../../src/slack/request-shortcuts.js';

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
  expect(linkTo(shortcut({}))).toBe('https://acme.slack.com/archives/C0TEAM/p1795424400000100');
  expect(linkTo(shortcut({ thread: '1795424400.000100' }))).toBe(
    'https://acme.slack.com/archives/C0TEAM/p1795424400000100',
  );
  expect(linkTo(shortcut({ thread: '1795424300.000200' }))).toBe(
    'https://acme.slack.com/archives/C0TEAM/p1795424400000100?thread_ts=1795424300.000200&cid=C0TEAM',
  );
});

test.each([
  ['no domain', { domain: '' }],
  ['a domain that is none', { domain: 'evil.example/' }],
  ['a channel that is none', { channel: '../x' }],
  ['a moment that is none', { ts: 'soon' }],
])('a payload with %s is linked to nothing', (_what, change) => {
  expect(linkTo(shortcut(change))).toBeNull();
});
