import { afterAll, expect, test } from 'vitest';
import type { SeenMessage } from '../../src/emulated-slack/ledger.js';
import { startForTest, type HallpassOptions, type RunningHallpass } from '../support/running-hallpass.js';
import { startTargetDatabase } from '../support/target-database.js';
import { waitFor } from '../support/wait-for.js';

const target = await startTargetDatabase();
afterAll(async () => await target.stop());

type Held = RunningHallpass & { card: SeenMessage; ready: SeenMessage; grantId: string };

/** Access that dana holds for half an hour. */
async function heldByDana(options: HallpassOptions = {}, typed = 'prod-db 30m stuck'): Promise<Held> {
  const hallpass = await startForTest({ target, ...options });
  const { card } = await hallpass.ask('dana', typed);
  await hallpass.click('mia', card, 'request.approve');
  await hallpass.seeText(card, /Access until/);
  const ready = await hallpass.seeDm('dana', /How to use/);
  const [grantId = ''] = /G-\w+/.exec(ready.text) ?? [];
  return { ...hallpass, card, ready, grantId };
}

test('"I\'m done" ends the access now, and its sessions with it', async () => {
  const { buttonsOf, card, click, hear, read, ready, seeText } = await heldByDana();
  const session = await target.openSession('dana');
  await session.query('set role app_readonly');

  expect(read(await click('dana', ready, 'grant.done'), 'dana')).toBe(
    'prod-db:readonly of @dana is being taken away. The card says when it is gone.',
  );
  expect(await seeText(card, /The access ended/)).toContain('@dana was done');
  expect(await target.holdsRole('dana', 'app_readonly')).toBe(false);
  await waitFor('the end of the open session', session.hasEnded);
  await seeText(ready, /The access ended/, 'dana');
  expect(buttonsOf(ready)).toEqual([]);

  expect(read(await click('dana', ready, 'grant.done'), 'dana')).toContain('That access is over already.');
  expect(await hear('dana', 'done')).toContain('You hold nothing now.');
});

test('nobody is done for somebody else', async () => {
  const { click, grantId, hear, read, ready } = await heldByDana();
  expect(read(await click('lee', ready, 'grant.done'), 'lee')).toContain(
    'That access belongs to somebody else.',
  );
  expect(await hear('lee', `done ${grantId}`)).toContain('That access belongs to somebody else.');
  expect(await hear('lee', 'done')).toContain('You hold nothing now.');
  expect(await target.holdsRole('dana', 'app_readonly')).toBe(true);
});

test('`/access done` needs no name where one thing fits, and asks where several do', async () => {
  const { ask, card, click, grantId, hear, seeText } = await heldByDana();
  const second = await ask('dana', 'prod-db:admin 30m stuck');
  await click('sam', second.card, 'request.approve');
  await seeText(second.card, /Access until/);

  const which = await hear('dana', 'done');
  expect(which).toContain(`\`${grantId}\` (prod-db:readonly, @dana, until`);
  expect(which).toContain('(prod-db:admin, @dana, until');
  expect(await hear('dana', 'done prod-db:admin')).toContain('prod-db:admin of @dana is being taken away.');
  await seeText(second.card, /The access ended/);
  expect(await target.membersOf('app_admin')).toEqual([]);
  expect(await target.membersOf('app_readonly')).toEqual(['dana']);

  expect(await hear('dana', 'done')).toContain('prod-db:readonly of @dana is being taken away.');
  await seeText(card, /The access ended/);
  expect(await target.membersOf('app_readonly')).toEqual([]);
  expect(await hear('dana', 'done G-NOBODY')).toContain('There is no access `G-NOBODY`.');
});

test('a mistaken approval is undone on its card, with a reason that the holder reads', async () => {
  const { buttonsOf, card, clickToForm, read, ready, seeDm, seeText, submit } = await heldByDana();
  const form = await clickToForm('mia', card, 'grant.revoke');
  expect(read(form, 'mia')).toContain(
    '@dana loses prod-db:readonly (Orders database, production (readonly)) now.',
  );
  expect(await submit('mia', form, { reason: 'wrong button, sorry' })).toContain(
    'prod-db:readonly of @dana is being taken away.',
  );
  const over = await seeText(card, /The access ended/);
  expect(over).toContain('@mia revoked it');
  expect(over).toContain('Ended because: wrong button, sorry');
  expect(buttonsOf(card)).toEqual([]);
  expect(await target.holdsRole('dana', 'app_readonly')).toBe(false);
  expect(read(await seeDm('dana', /Your access is taken away/), 'dana')).toContain(
    'Ended because: wrong button, sorry',
  );
  await seeText(ready, /The access ended/, 'dana');
});

test('`/access revoke` takes an id or a role, and a reason', async () => {
  const { card, grantId, hear, seeDm, seeText } = await heldByDana();
  expect(await hear('mia', `revoke ${grantId}`)).toContain('Say why:');
  expect(await hear('mia', 'revoke G-NOBODY left')).toContain('There is no access `G-NOBODY`.');
  expect(await hear('mia', 'revoke G-NOBODY left')).toContain('Your text was: /access revoke G-NOBODY left');
  expect(await target.holdsRole('dana', 'app_readonly')).toBe(true);

  expect(await hear('mia', 'revoke prod-db:readonly the incident is over')).toContain(
    'prod-db:readonly of @dana is being taken away.',
  );
  expect(await seeText(card, /The access ended/)).toContain('Ended because: the incident is over');
  expect(await target.holdsRole('dana', 'app_readonly')).toBe(false);
  await seeDm('dana', /@mia revoked it/);
  expect(await hear('mia', `revoke ${grantId} again`)).toContain('That access is over already.');
});

test('an admin revokes, and decides nothing by that alone', async () => {
  const { ask, card, click, grantId, hear, read, seeText } = await heldByDana({
    catalog: { groups: { security: { users: ['U09MAX'] } }, admins: ['security'] },
  });
  const { card: pending } = await ask('lee', 'prod-db 30m stuck too');
  expect(read(await click('max', pending, 'request.approve'), 'max')).toContain(
    'You are not among the approvers of `prod-db:readonly`.',
  );
  expect(await hear('max', `revoke ${grantId} an incident`)).toContain('is being taken away');
  expect(await seeText(card, /The access ended/)).toContain('@max revoked it');
  expect(await target.membersOf('app_readonly')).toEqual([]);
});

test.for(['lee', 'dana', 'max'])(
  '%s may not revoke, neither by command nor by the button, nor with the form of somebody else',
  async (user) => {
    const { card, clickToForm, clickToModal, grantId, hear, read, see, world } = await heldByDana();
    const no = 'Only the approvers of `prod-db:readonly` and admins can revoke it.';
    expect(await hear(user, `revoke ${grantId} because`)).toContain(no);
    expect(await clickToModal(user, card, 'grant.revoke')).toContain(no);

    const form = await clickToForm('mia', card, 'grant.revoke');
    await world.submitView({ user, view: form, values: { reason: 'because' } });
    await see('the refusal', () => {
      const modal = world.modalOf('mia');
      return modal !== undefined && read(modal, user).includes(`Not sent. ${no}`);
    });
    expect(await target.holdsRole('dana', 'app_readonly')).toBe(true);
  },
);

test('whoever may not revoke a role is not told who holds it, nor whether anybody does', async () => {
  const { ask, card, click, hear, seeText } = await heldByDana({
    catalog: {
      groups: { security: { users: ['U09MAX'] } },
      policies: { critical: { approve: [{ from: ['security'], count: 1 }] } },
    },
  });
  const second = await ask('lee', 'prod-db:admin 30m stuck');
  await click('max', second.card, 'request.approve');
  await seeText(second.card, /Access until/);

  const refused = 'Only the approvers of `prod-db` and admins can revoke it.';
  expect(await hear('dana', 'revoke prod-db because')).toContain(refused);
  expect(await hear('gus', 'revoke prod-db because')).toContain(refused);
  expect(await hear('dana', 'revoke playground because')).toContain('Only the approvers of `playground`');
  expect(await hear('mia', 'revoke prod-db because')).toContain('Which one?');
  expect(await hear('max', 'revoke prod-db because')).toContain('prod-db:admin of @lee is being taken away.');
  await seeText(second.card, /The access ended/);
  expect(await hear('max', 'revoke prod-db because')).toContain('There is nothing under `prod-db`');
  expect(await seeText(card, /Access until/)).not.toContain('revoked');
});
