import { expect, test } from 'vitest';
import { startForTest } from '../support/running-hallpass.js';
import { NO_TARGET } from '../support/test-catalog.js';

const databases = Array.from({ length: 120 }, (_, nth) => `db-${nth}`);
const LONG = 'r'.repeat(63);

/** More roles than one list of Slack's holds, and one whose name is longer than it takes. */
const MANY = {
  ...NO_TARGET,
  resources: {
    ...Object.fromEntries(
      databases.map((name) => [
        name,
        {
          title: `Database ${name}`,
          policy: 'standard',
          roles: { reader: { entitlements: [{ connector: 'playground', role: 'viewer' }] } },
        },
      ]),
    ),
    [LONG]: {
      title: 'The long one',
      policy: 'standard',
      roles: { [LONG]: { entitlements: [{ connector: 'playground', role: 'viewer' }] } },
    },
  },
};

test('of more roles than a list of Slack’s holds one is searched by its name, and asked for', async () => {
  const { cards, hear, openForm, read, see, submit, world } = await startForTest({ catalog: MANY });
  const form = await openForm('dana', '');
  const search = async (text: string) =>
    await world.searchList({ user: 'dana', view: form, actionId: 'request.choose-role', text });

  expect(await search('')).toHaveLength(100);
  expect(await search('db-119')).toEqual(['db-119:reader · Database db-119']);
  await world.click({ user: 'dana', view: form, actionId: 'request.choose-role', value: 'db-119:reader' });
  await see('what it would come to', () => {
    const modal = world.modalOf('dana');
    return modal !== undefined && /Decided by 1 of the 2 people/.test(read(modal, 'dana'));
  });
  expect(await submit('dana', form, { role: 'db-119:reader', reason: 'stuck' })).toContain(
    'Asked: db-119:reader',
  );
  await see('the card', () => cards()[0]);

  const second = await openForm('dana', '');
  const [option = ''] = await world.searchList({
    user: 'dana',
    view: second,
    actionId: 'request.choose-role',
    text: 'long one',
  });
  expect(option).toMatch(/^r{63}:r+…$/);
  expect(await hear('dana', `explain ${LONG}`)).toContain('You may ask for it now');
});

test('somebody of another workspace finds nothing in the list', async () => {
  const outsider = { id: 'U0OUTSIDER', name: 'outsider', email: 'o@other.example', teamId: 'T0ELSEWHERE' };
  const { openForm, world } = await startForTest({ catalog: MANY, people: [outsider] });
  const form = await openForm('dana', '');

  expect(
    await world.searchList({ user: 'outsider', view: form, actionId: 'request.choose-role', text: 'db' }),
  ).toEqual([]);
});
