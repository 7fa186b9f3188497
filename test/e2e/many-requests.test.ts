import { expect, test } from 'vitest';
import { startForTest } from '../support/running-hallpass.js';
import { NO_TARGET } from '../support/test-catalog.js';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, nth) => nth);
const PEOPLE = numbers(200).map((nth) => ({
  id: `U2ASKER${String(nth).padStart(3, '0')}`,
  name: `asker${nth}`,
  email: `asker${nth}@example.com`,
}));
const CHANNELS = numbers(20).map((nth) => `C0BUSY${String(nth).padStart(2, '0')}`);

/** Each policy has a channel of its own, so that it need not be waited for two hundred seconds. */
const policyIn = (channel: string) => ({
  request: ['engineers'],
  approve: [{ from: ['dba-leads'] }],
  duration: { default: '30m', max: '4h' },
  channel,
});
const CATALOG = {
  ...NO_TARGET,
  groups: { engineers: { users: PEOPLE.map(({ id }) => id) } },
  policies: Object.fromEntries(CHANNELS.map((channel, nth) => [`policy${nth}`, policyIn(channel)])),
  resources: {
    playground: {
      default_role: 'role0',
      roles: Object.fromEntries(
        CHANNELS.map((_, nth) => [
          `role${nth}`,
          { policy: `policy${nth}`, entitlements: [{ connector: 'playground', role: 'viewer' }] },
        ]),
      ),
    },
  },
};

/** 429 for every third message in each channel: how fast this machine posts does not matter. */
function everyThird(): (body: Readonly<Record<string, unknown>>) => boolean {
  const counts = new Map<unknown, number>();
  return ({ channel }) => {
    const count = (counts.get(channel) ?? 0) + 1;
    counts.set(channel, count);
    return count % 3 === 0;
  };
}

test('of two hundred requests at once each gets one card, however often Slack says "later", and clicks are answered meanwhile', async () => {
  const { click, hear, log, read, see, world } = await startForTest({
    catalog: CATALOG,
    people: PEOPLE,
    channels: CHANNELS.map((id) => ({ id, name: id.toLowerCase() })),
  });
  world.fail('chat.postMessage', { with: 'rate_limited', retryAfter: 1, when: everyThird() });

  // Before that nobody can be told from an outsider.
  await see('the app to know its workspace', () =>
    log.lines.some(({ message }) => message === 'Slack knows this app'),
  );
  const answers = await Promise.all(
    PEOPLE.map(async ({ id }, nth) => await hear(id, `playground:role${nth % CHANNELS.length} 30m burst`)),
  );
  expect(answers.filter((answer) => !answer.startsWith('Asked:'))).toEqual([]);

  const [busiest = ''] = CHANNELS;
  const first = await see('the first card', () => world.messagesIn(busiest)[0]);
  expect(read(await click('mia', first, 'request.approve'), 'mia')).toMatch(/^Approved: playground:role0/);

  const cards = () => CHANNELS.flatMap((channel) => world.messagesIn(channel));
  await see('all the cards', () => cards().length >= PEOPLE.length);
  const ids = cards().map((card) => /R-\w+/.exec(JSON.stringify(card.blocks))?.[0]);
  expect(new Set(ids).size).toBe(PEOPLE.length);
  expect(cards()).toHaveLength(PEOPLE.length);
  expect(world.calls('chat.postMessage').some(({ trouble }) => trouble !== undefined)).toBe(true);
});
