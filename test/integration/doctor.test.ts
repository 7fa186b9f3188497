import { afterEach, beforeEach, expect, test } from 'vitest';
import { startSlackWorld, type SlackWorld } from '../../src/emulated-slack/world.js';
import { examplePayloads } from '../../src/examples/payloads.js';
import { atCommandLine } from '../support/at-command-line.js';

const tokens = { botToken: 'xoxb-test-token', signingSecret: 'signing-secret' };
const count = examplePayloads('/access').length;

let world: SlackWorld;
beforeEach(async () => {
  world = await startSlackWorld({ people: [], channels: [], ...tokens });
});
afterEach(async () => await world.stop());

async function doctor(botToken: string = tokens.botToken) {
  const env = { SLACK_BOT_TOKEN: botToken, SLACK_SIGNING_SECRET: tokens.signingSecret };
  return await atCommandLine({ ...env, SLACK_API_URL: world.apiUrl }, 'doctor');
}

test('`hallpass doctor` has Slack check each card, message, form and tab, and posts none of them', async () => {
  expect(await doctor()).toMatchObject({
    code: 0,
    out: `Slack's schema takes ${count} of ${count} examples of what Hallpass shows.`,
    err: '',
  });
  expect(world.calls().map(({ method }) => method)).toEqual(
    Array.from({ length: count }, () => 'blocks.validate'),
  );
});

test('what Slack refuses is named, with where and why, and all the others are asked about', async () => {
  const errors = [{ pointer: '/blocks/0/text', code: 'failed_constraint', message: 'is too long' }];
  const body = JSON.stringify({ ok: false, error: 'invalid_message', errors });
  world.fail('blocks.validate', { with: 'answer', status: 200, body, times: 1 });

  const { code, out } = await doctor();
  expect(code).toBe(1);
  expect(out).toBe(
    `refused  request card, waiting: /blocks/0/text is too long\nSlack's schema takes ${count - 1} of ${count} examples of what Hallpass shows.`,
  );
});

test('what is refused without a reason is named as well', async () => {
  world.fail('blocks.validate', { error: 'invalid_view', times: 1 });

  expect((await doctor()).out).toContain('refused  request card, waiting: invalid_view');
});

test('Slack that limits the rate is waited for', async () => {
  world.fail('blocks.validate', { with: 'rate_limited', retryAfter: 1, times: 1 });

  expect((await doctor()).code).toBe(0);
});

test.each<[what: string, order: Parameters<SlackWorld['fail']>[1], says: string]>([
  ['knows no such call', { error: 'unknown_method' }, 'unknown_method; SLACK_API_URL names no Slack'],
  ['breaks', { with: 'http_500' }, 'http_500; try again'],
])('nothing is concluded from a Slack that %s', async (_, order, says) => {
  world.fail('blocks.validate', order);

  const { code, err, out } = await doctor();
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toContain(says);
});

test('a token that is none is told, with what helps', async () => {
  const { code, err } = await doctor('xoxb-another-token');

  expect(code).toBe(1);
  expect(err).toContain('invalid_auth; set SLACK_BOT_TOKEN');
});

test('settings that are not there are told', async () => {
  const { code, err } = await atCommandLine({}, 'doctor');

  expect(code).toBe(2);
  expect(err).toContain('SLACK_BOT_TOKEN: is not set');
});
