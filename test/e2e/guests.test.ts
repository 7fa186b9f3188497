import { afterAll, expect, test } from 'vitest';
import { startForTest } from '../support/running-hallpass.js';
import { startTargetDatabase } from '../support/target-database.js';

const target = await startTargetDatabase();
afterAll(async () => await target.stop());

/** More than are looked at one by one. */
const CROWD = Array.from({ length: 31 }, (_, index) => ({ id: `U0CROWD${index}`, name: `crowd${index}` }));

test('a guest in groups of any size sees nothing of others, and revokes nothing', async () => {
  const others = CROWD.map(({ id }) => id);
  const { ask, click, hear, seeText } = await startForTest({
    target,
    people: CROWD,
    catalog: {
      groups: {
        engineers: { users: ['U03DANA', 'U08GUS', ...others] },
        'dba-leads': { users: ['U01MIA', 'U08GUS', ...others] },
      },
    },
  });
  const { card } = await ask('dana', 'prod-db 30m stuck');
  await click('mia', card, 'request.approve');
  await seeText(card, /Access until/);

  expect(await hear('gus', 'who-has prod-db')).toBe(
    'You may not request `prod-db`. `/access list` shows what you may request; the groups are in the catalog.',
  );
  expect(await hear('gus', 'who-has')).toBe('Nobody holds anything that you may see.');
  expect(await hear('gus', 'list')).toContain('You may request nothing now.');
  expect(await hear('gus', 'revoke prod-db because')).toContain('Only the approvers of `prod-db`');
  expect(await hear('crowd7', 'who-has prod-db')).toContain('Reason: stuck');
  expect(await target.membersOf('app_readonly')).toEqual(['dana']);
});
