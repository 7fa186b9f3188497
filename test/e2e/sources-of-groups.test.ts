import { expect, test } from 'vitest';
import { json, startAnsweringServer } from '../support/answering-server.js';
import { PATIENCE_MS } from '../support/person-shortcuts.js';
import { startForTest } from '../support/running-hallpass.js';
import { merged, NO_TARGET, type CatalogChange } from '../support/test-catalog.js';

const timeout = 2 * PATIENCE_MS;
const TOO_FEW = /Too few people can approve/;
const CANARY = 'Token token=canary-of-on-call';

function withTarget(change: CatalogChange): CatalogChange {
  return Object(merged(NO_TARGET, change));
}

const onCallNow = (...emails: string[]) => json({ oncalls: emails.map((email) => ({ user: { email } })) });

test('whoever is on call approves; while nobody can tell who is, nobody does', { timeout }, async () => {
  const pager = await startAnsweringServer();
  pager.answer(onCallNow('max@example.com', 'nobody@example.com'));
  const onCall = {
    url: `${pager.origin}/oncalls?team=hidden`,
    headers: { Authorization: 'env:PAGER_AUTHORIZATION' },
    people: '$.oncalls[*].user.email',
    cache: '1s',
    allow_private: 'the server of a test',
  };
  const hallpass = await startForTest({
    env: { PAGER_AUTHORIZATION: CANARY },
    catalog: withTarget({
      groups: { 'on-call-db': { on_call: onCall } },
      policies: { standard: { approve: [{ from: ['on-call-db'] }] } },
    }),
  });
  const { card } = await hallpass.ask('dana', 'request prod-db 30m the one on call looks at it');
  const refused = await hallpass.click('mia', card, 'request.approve');
  expect(hallpass.read(refused, 'mia')).toMatch(/approve/);
  await hallpass.click('max', card, 'request.approve');
  await hallpass.seeText(card, /Access until/);

  pager.answer(json({ error: 'canary' }, 500));
  // Until the answer before is a second old.
  await expect
    .poll(async () => await hallpass.hear('lee', 'request prod-db 30m and now nobody can tell'), {
      timeout: PATIENCE_MS,
    })
    .toMatch(/Who is in `on-call-db` could not be read \(it answered with status 500\)/);

  pager.answer(onCallNow());
  expect(await hallpass.hear('dana', 'request playground 30m and now nobody is')).toMatch(TOO_FEW);
  expect(JSON.stringify(hallpass.log.lines)).not.toMatch(/canary|hidden/);
});

test('the manager whom a Slack profile names approves', { timeout }, async () => {
  const hallpass = await startForTest({
    catalog: withTarget({
      managers_from: { slack_profile_field: 'Xf0BOSS' },
      groups: { manager: { manager_of: 'requester' } },
      policies: { standard: { approve: [{ from: ['manager'] }] } },
    }),
  });
  hallpass.world.changePerson('dana', { profileFields: { Xf0BOSS: 'U09MAX' } });
  expect(await hallpass.hear('lee', 'request prod-db 30m nobody manages me')).toMatch(/manager/);

  const { card } = await hallpass.ask('dana', 'request prod-db 30m my manager knows');
  await hallpass.click('max', card, 'request.approve');

  await hallpass.seeText(card, /Access until/);
});
