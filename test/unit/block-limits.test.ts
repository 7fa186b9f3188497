import { describe, expect, test } from 'vitest';
import { blockProblems } from '../../src/emulated-slack/block-limits.js';

const long = (length: number): string => 'x'.repeat(length);
const plain = (text: string) => ({ type: 'plain_text', text });
const mrkdwn = (text: string) => ({ type: 'mrkdwn', text });
const section = (text: string) => ({ type: 'section', text: mrkdwn(text) });
const button = (change: object = {}) => ({ type: 'button', action_id: 'go', text: plain('Go'), ...change });
const actions = (...elements: object[]) => ({ type: 'actions', elements });
const option = (change: object = {}) => ({ text: plain('One'), value: '1', ...change });
const select = (change: object = {}) => ({
  type: 'static_select',
  action_id: 'pick',
  options: [option()],
  ...change,
});
const input = (element: object, change: object = {}) => ({
  type: 'input',
  label: plain('Label'),
  element,
  ...change,
});
const modal = (change: object = {}) => ({
  type: 'modal',
  title: plain('Title'),
  submit: plain('Send'),
  blocks: [section('x')],
  ...change,
});
const message = (...blocks: object[]) => ({ text: 'fallback', blocks });
const times = <Item>(count: number, make: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, index) => make(index));

describe('at the limit, a payload passes', () => {
  test.each<[string, unknown]>([
    ['text alone', { text: 'hello' }],
    ['50 blocks in a message', message(...times(50, () => ({ type: 'divider' })))],
    ['100 blocks in a modal', modal({ blocks: times(100, () => ({ type: 'divider' })) })],
    ['3000 characters in a section', message(section(long(3000)))],
    ['150 characters in a header', message({ type: 'header', text: plain(long(150)) })],
    ['75 characters on a button', message(actions(button({ text: plain(long(75)), value: long(2000) })))],
    ['255 characters of ids', message({ ...actions(button({ action_id: long(255) })), block_id: long(255) })],
    ['100 options', message(actions(select({ options: times(100, (n) => option({ value: `${n}` })) })))],
    ['the same action_id in two blocks', message(actions(button()), actions(button()))],
    ['24 characters in a title', modal({ title: plain(long(24)), close: plain(long(24)) })],
    ['3000 characters of private metadata', modal({ private_metadata: long(3000) })],
    ['4000 characters in an update', { ts: '1.1', text: long(4000) }],
    ['40 000 characters in a new message', { text: long(40_000) }],
    ['a modal without an input needs no submit button', modal({ submit: undefined })],
    ['an alert in a modal', modal({ blocks: [{ type: 'alert', text: plain('Careful') }] })],
  ])('%s', (_name, payload) => {
    expect(blockProblems(payload)).toEqual([]);
  });
});

describe('past the limit, the problem names its place', () => {
  test.each<[string, unknown, string]>([
    ['51 blocks', message(...times(51, () => ({ type: 'divider' }))), '/blocks'],
    ['101 blocks in a modal', modal({ blocks: times(101, () => ({ type: 'divider' })) }), '/view/blocks'],
    ['a block type Slack does not have', message({ type: 'sectoin', text: plain('x') }), '/blocks/0/type'],
    ['an alert in a message', message({ type: 'alert', text: plain('x') }), '/blocks/0/type'],
    ['a section with 3001 characters', message(section(long(3001))), '/blocks/0/text/text'],
    ['an empty section', message(section('')), '/blocks/0/text/text'],
    ['a section with nothing', message({ type: 'section' }), '/blocks/0'],
    ['11 fields', message({ type: 'section', fields: times(11, () => plain('x')) }), '/blocks/0/fields'],
    ['a field of 2001', message({ type: 'section', fields: [plain(long(2001))] }), '/blocks/0/fields/0/text'],
    ['a header of 151', message({ type: 'header', text: plain(long(151)) }), '/blocks/0/text/text'],
    ['a header in mrkdwn', message({ type: 'header', text: mrkdwn('x') }), '/blocks/0/text/type'],
    [
      'emoji on mrkdwn',
      message({ type: 'section', text: { ...mrkdwn('x'), emoji: false } }),
      '/blocks/0/text/emoji',
    ],
    [
      '11 context elements',
      message({ type: 'context', elements: times(11, () => plain('x')) }),
      '/blocks/0/elements',
    ],
    ['no elements', message(actions()), '/blocks/0/elements'],
    [
      '26 buttons',
      message(actions(...times(26, (n) => button({ action_id: `${n}` })))),
      '/blocks/0/elements',
    ],
    ['a label of 76', message(actions(button({ text: plain(long(76)) }))), '/blocks/0/elements/0/text/text'],
    ['a value of 2001', message(actions(button({ value: long(2001) }))), '/blocks/0/elements/0/value'],
    ['a value that is a number', message(actions(button({ value: 1 }))), '/blocks/0/elements/0/value'],
    [
      'a style Slack does not have',
      message(actions(button({ style: 'default' }))),
      '/blocks/0/elements/0/style',
    ],
    [
      'an action_id of 256',
      message(actions(button({ action_id: long(256) }))),
      '/blocks/0/elements/0/action_id',
    ],
    ['the same action_id twice', message(actions(button(), button())), '/blocks/0/elements/1/action_id'],
    ['a block_id of 256', message({ ...section('x'), block_id: long(256) }), '/blocks/0/block_id'],
    [
      'the same block_id twice',
      message({ ...section('x'), block_id: 'a' }, { ...section('y'), block_id: 'a' }),
      '/blocks/1/block_id',
    ],
    ['no options', message(actions(select({ options: [] }))), '/blocks/0/elements/0/options'],
    [
      '101 options',
      message(actions(select({ options: times(101, () => option()) }))),
      '/blocks/0/elements/0/options',
    ],
    [
      '11 radio buttons',
      message(actions(select({ type: 'radio_buttons', options: times(11, () => option()) }))),
      '/blocks/0/elements/0/options',
    ],
    [
      'an option of 76',
      message({ ...section('x'), accessory: select({ options: [option({ text: plain(long(76)) })] }) }),
      '/blocks/0/accessory/options/0/text/text',
    ],
    [
      'a confirm button of 31',
      message(
        actions(
          button({
            confirm: { title: plain('Sure?'), text: plain('x'), confirm: plain(long(31)), deny: plain('No') },
          }),
        ),
      ),
      '/blocks/0/elements/0/confirm/confirm/text',
    ],
    ['a modal without a title', modal({ title: undefined }), '/view/title'],
    ['a title of 25', modal({ title: plain(long(25)) }), '/view/title/text'],
    ['a submit of 25', modal({ submit: plain(long(25)) }), '/view/submit/text'],
    ['a close of 25', modal({ close: plain(long(25)) }), '/view/close/text'],
    [
      '3001 characters of private metadata',
      modal({ private_metadata: long(3001) }),
      '/view/private_metadata',
    ],
    ['a callback_id of 256', modal({ callback_id: long(256) }), '/view/callback_id'],
    [
      'an input without a submit button',
      modal({ submit: undefined, blocks: [input({ type: 'plain_text_input' })] }),
      '/view/submit',
    ],
    ['a button as an input', modal({ blocks: [input(button())] }), '/view/blocks/0/element'],
    [
      'a placeholder of 151',
      modal({ blocks: [input({ type: 'plain_text_input', placeholder: plain(long(151)) })] }),
      '/view/blocks/0/element/placeholder/text',
    ],
    [
      'an initial value past max_length',
      modal({ blocks: [input({ type: 'plain_text_input', max_length: 3, initial_value: 'four' })] }),
      '/view/blocks/0/element/initial_value',
    ],
    ['4001 characters in an update', { ts: '1.1', text: long(4001) }, '/text'],
    ['nothing at all', { text: '' }, '/text'],
    ['blocks that are not a list', { text: 'x', blocks: 'blocks' }, '/blocks'],
    ['more than 12 000 characters in all blocks', message(...times(5, () => section(long(2500)))), '/blocks'],
  ])('%s', (_name, payload, place) => {
    expect(blockProblems(payload)).toEqual([expect.stringContaining(`[json-pointer:${place}]`)]);
  });
});

test('every problem is told, not only the first', () => {
  expect(blockProblems(message(section(''), actions(button({ text: plain(long(76)) }))))).toEqual([
    'must be more than 0 characters [json-pointer:/blocks/0/text/text]',
    'must be less than 76 characters [json-pointer:/blocks/1/elements/0/text/text]',
  ]);
});
