import { expect, test } from 'vitest';
import { startForTest } from '../support/running-hallpass.js';
import { NO_TARGET } from '../support/test-catalog.js';

const TWO_APPROVERS = {
  ...NO_TARGET,
  policies: { standard: { approve: [{ from: ['dba-leads'], count: 2 }] } },
};

test('an approver gives less than was asked for, and the shortest of several counts', async () => {
  const { ask, choose, click, read, seeDm, seeText } = await startForTest({ catalog: TWO_APPROVERS });
  const { card } = await ask('dana', 'prod-db 2h stuck on 4711');
  expect(read(card)).toContain('2 h from approval');

  const said = read(await choose('mia', card, 'request.approve-for-less', '30 min'), 'mia');
  expect(said).toContain('1 approval is still missing');
  expect(await seeText(card, /30 min instead of 2 h from approval/)).toContain('Approve for less');

  expect(read(await click('sam', card, 'request.approve'), 'sam')).toContain('Approved: prod-db:readonly');
  expect(await seeText(card, /Access until/)).toContain('30 min instead of 2 h');
  await seeDm('dana', /30 min instead of the 2 h that were asked for/);
});
