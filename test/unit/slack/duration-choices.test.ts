import type { ViewOutput } from '@slack/bolt';
import type { StaticSelect } from '@slack/web-api';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDuration } from '../../../src/domain/duration.js';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../src/domain/time.js';
import { durationSelect, type Times } from '../../../src/slack/blocks/duration-choices.js';
import { requestFormView } from '../../../src/slack/blocks/forms.js';
import { plain } from '../../../src/slack/blocks/text.js';
import { NOTHING_TYPED } from '../../../src/slack/parse-command.js';
import { formAbout } from '../../../src/slack/submitted-form.js';

const HALF_HOUR: Times = { minMs: MINUTE_MS, defaultMs: 30 * MINUTE_MS, maxMs: 4 * HOUR_MS };
const DAYS: Times = { minMs: HOUR_MS, defaultMs: 36 * HOUR_MS, maxMs: 5 * DAY_MS };

const shown = ({ options = [] }: StaticSelect): string[] => options.map(({ text }) => text.text);

describe('the times to choose from', () => {
  test.each<[string, Times, string[]]>([
    [
      'minutes and hours',
      HALF_HOUR,
      ['5 min', '15 min', '30 min, the usual time', '1 h', '2 h', '4 h, the longest'],
    ],
    [
      'days, with a usual time between the steps',
      DAYS,
      [
        '1 h',
        '2 h',
        '4 h',
        '8 h',
        '12 h',
        '1 d',
        '1 d 12 h, the usual time',
        '2 d',
        '3 d',
        '5 d, the longest',
      ],
    ],
    [
      'less than any step',
      { minMs: MINUTE_MS, defaultMs: 2 * MINUTE_MS, maxMs: 3 * MINUTE_MS },
      ['2 min, the usual time', '3 min, the longest'],
    ],
    ['one time only', { minMs: HOUR_MS, defaultMs: HOUR_MS, maxMs: HOUR_MS }, ['1 h, the usual time']],
    ['of several roles', { minMs: HOUR_MS, defaultMs: null, maxMs: 4 * HOUR_MS }, ['1 h', '2 h', '4 h']],
  ])('%s', (_name, times, expected) => {
    expect(shown(durationSelect(times, null))).toEqual(expected);
  });

  test('leave the usual time to the role', () => {
    const select = durationSelect(HALF_HOUR, null);
    expect(select).not.toHaveProperty('initial_option');
    expect(select.placeholder?.text).toBe('The usual time');
  });

  test('hold a time that was typed, also one that the role does not allow', () => {
    const select = durationSelect(HALF_HOUR, 45 * MINUTE_MS);
    expect(shown(select)).toContain('45 min');
    expect(select.initial_option?.value).toBe('45 min');

    expect(durationSelect(HALF_HOUR, 6 * HOUR_MS).initial_option?.text.text).toBe('6 h');
  });

  test('are each once, in order, within the limits, and read back as what they say', () => {
    const seconds = fc.integer({ min: 1, max: 400 * 86_400 }).map((count) => count * SECOND_MS);
    fc.assert(
      fc.property(fc.tuple(seconds, seconds, seconds), fc.option(seconds), (three, wantedMs) => {
        const [minMs = 0, defaultMs = 0, maxMs = 0] = three.toSorted((left, right) => left - right);
        const { options = [], initial_option: chosen } = durationSelect(
          { minMs, defaultMs, maxMs },
          wantedMs,
        );
        const read = options.map(({ value }) => parseDuration(value ?? '') ?? 0);

        expect(read).toEqual([...new Set(read)].toSorted((left, right) => left - right));
        expect(read.filter((ms) => ms < minMs || ms > maxMs)).toEqual(
          wantedMs !== null && (wantedMs < minMs || wantedMs > maxMs) ? [wantedMs] : [],
        );
        expect(read).toEqual(expect.arrayContaining([defaultMs, maxMs]));
        expect(chosen === undefined ? null : parseDuration(chosen.value ?? '')).toBe(wantedMs);
      }),
    );
  });
});

describe('another role in the form', () => {
  const form = (duration: string | null) =>
    requestFormView({
      unclear: null,
      command: '/access',
      offers: [
        {
          ...HALF_HOUR,
          defaultMs: 30 * MINUTE_MS,
          roleKey: 'prod-db:admin',
          resource: 'prod-db',
          role: 'admin',
          isDefault: true,
          title: 'Orders',
          parts: [],
          approvals: [],
          forOthers: false,
        },
      ],
      unreadable: [],
      prefill: { ...NOTHING_TYPED, resource: 'prod-db', duration },
      start: { at: null, problem: null },
      about: null,
    });
  const after = (duration: string, times: Times | null) => {
    const select = durationSelect(HALF_HOUR, parseDuration(duration));
    const { action_id: actionId = '', initial_option: chosen } = select;
    const value = chosen?.value ?? '';
    const filled = { type: 'static_select', selected_option: { text: plain(value), value } };
    const view: ViewOutput = {
      id: 'V1',
      callback_id: 'form.request',
      team_id: 'T01ACME',
      app_id: null,
      bot_id: 'B1',
      type: 'modal',
      title: plain('Request access'),
      submit: null,
      close: null,
      blocks: form(duration).blocks,
      state: { values: { duration: { [actionId]: filled } } },
      hash: 'h0',
      private_metadata: '',
      root_view_id: null,
      previous_view_id: null,
      clear_on_close: false,
      notify_on_close: false,
    };
    const redrawn = formAbout(view, 'About.', times);
    const block = redrawn.blocks.find(({ block_id: id }) => id === 'duration');
    return block !== undefined && 'element' in block && block.element.type === 'static_select'
      ? block.element
      : null;
  };

  test('has its own times, under a name of their own, so that Slack shows them', () => {
    const select = after('30m', DAYS);
    expect(shown(select ?? durationSelect(HALF_HOUR, null))).toEqual(shown(durationSelect(DAYS, null)));
    expect(select?.action_id).not.toBe(durationSelect(HALF_HOUR, null).action_id);
  });

  test.each<[chosen: string, times: Times | null, kept: string | undefined]>([
    ['2h', DAYS, '2 h'],
    ['90m', DAYS, '1 h 30 min'],
    // None chosen is the usual time of that role.
    ['30m', DAYS, undefined],
    ['2h', null, '2 h'],
  ])('a time of %s is kept where it may be had', (chosen, times, kept) => {
    expect(after(chosen, times)?.initial_option?.value).toBe(kept);
  });
});
