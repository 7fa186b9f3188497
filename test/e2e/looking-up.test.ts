import { afterAll, expect, test } from 'vitest';
import { startForTest, type RunningHallpass } from '../support/running-hallpass.js';
import { startTargetDatabase } from '../support/target-database.js';
import { NO_TARGET } from '../support/test-catalog.js';

const target = await startTargetDatabase();
afterAll(async () => await target.stop());

const catalog = NO_TARGET;

/** Slack takes about one card a second in a channel; so that many need not be waited for, they go to five. */
function fiveChannels() {
  const numbers = [0, 1, 2, 3, 4];
  const policyOf = (index: number) => ({
    request: ['engineers'],
    approve: [{ from: ['dba-leads'], count: 1 }],
    duration: { default: '30m', max: '4h' },
    channel: `C0CHANNEL${index}`,
  });
  const roles = Object.fromEntries(
    numbers.map((index) => [
      `role${index}`,
      { policy: `policy${index}`, entitlements: [{ connector: 'playground', role: 'viewer' }] },
    ]),
  );
  const policies = Object.fromEntries(numbers.map((index) => [`policy${index}`, policyOf(index)]));
  return {
    channels: numbers.map((index) => ({ id: `C0CHANNEL${index}`, name: `channel${index}` })),
    spread: { policies, resources: { playground: { default_role: 'role0', roles } } },
  };
}

async function give(hallpass: RunningHallpass, user: string, typed: string, approver = 'mia'): Promise<void> {
  const { card } = await hallpass.ask(user, typed);
  await hallpass.click(approver, card, 'request.approve');
  await hallpass.seeText(card, /Access until/);
}

test('holders are shown to those who may ask for or approve the role, reasons to approvers, admins and auditors alone', async () => {
  const hallpass = await startForTest({
    catalog: {
      ...catalog,
      groups: { security: { users: ['U09MAX'] }, admins: { users: ['U0ADA'] } },
      admins: ['admins'],
      auditors: ['security'],
    },
    people: [
      { id: 'U0ADA', name: 'ada', email: 'ada@example.com' },
      { id: 'U0NED', name: 'ned', email: 'ned@example.com' },
    ],
  });
  const { hear } = hallpass;
  await give(hallpass, 'dana', 'prod-db 30m stuck on 4711');

  const line = /@dana · prod-db:readonly · until \w+ \d\d:\d\d\nas `dana`, approved by @mia · `G-\w+`/;
  for (const user of ['mia', 'sam', 'ada', 'max', 'lee']) {
    for (const text of [
      'who-has',
      'who-has prod-db',
      'who-has prod-db:readonly',
      'who-has @dana',
      'WHO HAS Prod-DB?',
    ]) {
      expect(await hear(user, text)).toMatch(line);
    }
    const seesReason = user !== 'lee';
    expect((await hear(user, 'who-has prod-db')).includes('stuck on 4711')).toBe(seesReason);
  }
  expect(await hear('ned', 'who-has')).toBe('Nobody holds anything that you may see.');
  expect(await hear('ned', 'who-has @dana')).toBe('@dana holds nothing that you may see.');
  const refused = await hear('ned', 'who-has prod-db');
  expect(refused).toContain('`prod-db`');
  expect(refused).not.toMatch(/dana|4711/);
});

test('"nobody" is said plainly, and an unknown name is met with the nearest one', async () => {
  const { hear } = await startForTest({ catalog });
  expect(await hear('mia', 'who-has')).toBe('Nobody holds anything that you may see.');
  expect(await hear('mia', 'who-has prod-db')).toBe('Nobody holds `prod-db` through Hallpass.');
  expect(await hear('mia', 'who-has prod-db:admin')).toBe('Nobody holds `prod-db:admin` through Hallpass.');
  expect(await hear('mia', 'who-has @dana')).toBe('@dana holds nothing that you may see.');
  expect(await hear('mia', 'who-has prdo-db')).toContain('There is no `prdo-db`. Did you mean `prod-db`?');
  expect(await hear('mia', 'who-has prod-db:root')).toContain('It has `readonly` and `admin`.');
});

test('more than ten holders come in pages, by buttons', async () => {
  const people = Array.from({ length: 23 }, (_, index) => ({
    id: `U2HOLDER${String(index).padStart(2, '0')}`,
    name: `holder${String(index).padStart(2, '0')}`,
    email: `holder${index}@example.com`,
  }));
  const engineers = { users: ['U04LEE', ...people.map(({ id }) => id)] };
  const { channels, spread } = fiveChannels();
  const { buttonsOf, clickAway, hear, read, see, type, world } = await startForTest({
    catalog: { ...catalog, groups: { engineers }, ...spread },
    channels,
    people,
  });
  for (const [index, { id }] of people.entries()) {
    expect(await hear(id, `playground:role${index % channels.length} 30m to look around`)).toContain(
      'Asked:',
    );
  }
  const cards = await see('all cards', () => {
    const found = channels.flatMap(({ id }) => world.messagesIn(id));
    return found.length === people.length && found;
  });
  await Promise.all(
    cards.map((message) => world.click({ user: 'mia', message, actionId: 'request.approve' })),
  );
  await see('all approvals', () => world.ephemeralsTo('mia').length === people.length);

  const list = await type('lee', 'who-has playground');
  const names = (): string[] =>
    [...read(list, 'lee').matchAll(/@(holder\d\d)/g)].map(([, name = '']) => name);
  expect(read(list, 'lee')).toContain('23 grants of `playground` (1 to 10)');
  const first = names();
  expect(buttonsOf(list)).toEqual(['Later']);
  await clickAway('lee', list, 'who-has.later');
  expect(read(list, 'lee')).toContain('23 grants of `playground` (11 to 20)');
  const second = names();
  expect(buttonsOf(list)).toEqual(['Earlier', 'Later']);
  await clickAway('lee', list, 'who-has.later');
  expect(read(list, 'lee')).toContain('23 grants of `playground` (21 to 23)');
  const third = names();
  expect(buttonsOf(list)).toEqual(['Earlier']);
  expect([...first, ...second, ...third].toSorted()).toEqual(people.map(({ name }) => name));
  await clickAway('lee', list, 'who-has.earlier');
  expect(names()).toEqual(second);
});

test('members whom Hallpass did not put into the target are shown as such, and left alone', async () => {
  await target.sql('superuser', 'grant app_readonly to sam');
  const hallpass = await startForTest({ target });
  await give(hallpass, 'dana', 'prod-db 30m stuck');
  const list = await hallpass.hear('lee', 'who-has prod-db');
  expect(list).toContain('1 grant of `prod-db`\n@dana · prod-db:readonly');
  expect(list).toMatch(
    /Standing access, not given by Hallpass and not taken away by it:\n`sam` in `orders-db` · prod-db:readonly$/,
  );
  expect(list).not.toContain('`dana` in `orders-db`');
  await hallpass.hear('dana', 'done');
  await hallpass.seeDm('dana', /The access ended/);
  expect(await target.membersOf('app_readonly')).toEqual(['sam']);
});

test('`/access history` shows what was asked for and what became of it, in pages', async () => {
  const { ask, clickAway, hear, read, type } = await startForTest({ catalog });
  for (const [nth, role] of ['prod-db', 'prod-db:admin', 'playground'].entries()) {
    for (let again = 0; again < 3; again += 1) {
      await ask('dana', `${role} 30m number ${nth * 3 + again}`);
      await hear('dana', `cancel ${role}`);
    }
  }

  expect(await hear('lee', 'history')).toBe('Nothing was asked for in the last 30 d, as far as you may see.');
  const first = await type('dana', 'history');
  expect(read(first, 'dana')).toContain('9 requests in the last 30 d (1 to 8)');
  expect(read(first, 'dana')).toMatch(/@dana · playground:viewer for 30 min .*\ncancelled/);
  expect(read(first, 'dana')).toContain('Reason: number 8');
  const second = await clickAway('dana', first, 'history.older');
  expect(read(second, 'dana')).toContain('(9 to 9)');
  expect(await hear('sam', 'history @dana 7d')).toContain('9 requests for @dana in the last 7 d');
});

test('admins and auditors get the history as a file, and nobody else does', async () => {
  const { ask, buttonsOf, hear, read, see, type, world } = await startForTest({ catalog });
  await ask('dana', 'prod-db 30m =1+1');
  expect(buttonsOf(await type('dana', 'history'))).toEqual([]);
  const list = await type('sam', 'history');
  expect(buttonsOf(list)).toEqual(['Send as CSV']);

  const before = world.ephemeralsTo('sam').length;
  await world.click({ user: 'sam', message: list, actionId: 'history.file' });
  const answer = await see('the answer', () => world.ephemeralsTo('sam')[before]);
  expect(read(answer, 'sam')).toBe('The file is in your direct messages with this app.');
  expect(world.dmsTo('sam').map((message) => read(message, 'sam'))).toContainEqual(
    expect.stringMatching(/^1 request of the last 30 d, as of today/),
  );
  const [sent] = world.calls('files.completeUploadExternal');
  expect(sent?.answer).toMatchObject({ ok: true });
  expect(sent?.body).toMatchObject({ channel_id: world.dmsTo('sam')[0]?.channel });

  const heard = world.ephemeralsTo('dana').length;
  await world.click({ user: 'dana', message: list, actionId: 'history.file' });
  const refused = await see('a no for dana', () => world.ephemeralsTo('dana')[heard]);
  expect(read(refused, 'dana')).toMatch(/admin/);
  expect(world.calls('files.completeUploadExternal')).toHaveLength(1);

  world.fail('files.getUploadURLExternal', { error: 'missing_scope' });
  const again = world.ephemeralsTo('sam').length;
  await world.click({ user: 'sam', message: list, actionId: 'history.file' });
  const problem = await see('the problem', () => world.ephemeralsTo('sam')[again]);
  expect(read(problem, 'sam')).toContain('This app may not send files');
  expect(await hear('sam', 'history')).toContain('1 request in the last 30 d');
});

test('admins and auditors get who has what as a file, and nobody else does', async () => {
  const hallpass = await startForTest({ catalog });
  const { buttonsOf, read, see, type, world } = hallpass;
  await give(hallpass, 'dana', 'prod-db 30m stuck, "on" 4711');
  expect(buttonsOf(await type('lee', 'who-has'))).toEqual([]);
  const list = await type('sam', 'who-has');
  expect(buttonsOf(list)).toEqual(['Send as CSV']);

  await world.click({ user: 'sam', message: list, actionId: 'who-has.file' });
  await see('the file', () => world.calls('files.completeUploadExternal')[0]);
  expect(world.dmsTo('sam').map((message) => read(message, 'sam'))).toContainEqual(
    expect.stringMatching(/^1 grant, as of today/),
  );
  const heard = world.ephemeralsTo('lee').length;
  await world.click({ user: 'lee', message: list, actionId: 'who-has.file' });
  const refused = await see('a no for lee', () => world.ephemeralsTo('lee')[heard]);
  expect(read(refused, 'lee')).toMatch(/admin/);
  expect(world.calls('files.completeUploadExternal')).toHaveLength(1);
});

test('what one holds and what one may ask for come in pages', async () => {
  const numbers = Array.from({ length: 17 }, (_each, index) => index);
  const roles = Object.fromEntries(
    numbers.map((index) => [`role${index}`, { entitlements: [{ connector: 'playground', role: 'viewer' }] }]),
  );
  const { ask, clickAway, read, type } = await startForTest({
    catalog: {
      ...catalog,
      resources: { many: { title: 'Many', policy: 'standard', default_role: 'role0', roles } },
    },
  });
  const list = await type('dana', 'list');
  expect(read(list, 'dana')).toMatch(/^You may request \(1 to 15 of \d+\)/);
  const later = await clickAway('dana', list, 'list.later');
  expect(read(later, 'dana')).toMatch(/^You may request \(16 to /);
  expect(read(await clickAway('dana', later, 'list.earlier'), 'dana')).toBe(read(list, 'dana'));

  for (const index of numbers.slice(0, 9)) {
    await ask('dana', `many:role${index} 30m to look around`);
  }
  const mine = await type('dana', 'mine');
  expect(read(mine, 'dana')).toContain('Waiting for a decision (1 to 8 of 9)');
  const rest = await clickAway('dana', mine, 'mine.later');
  expect(read(rest, 'dana')).toContain('Waiting for a decision (9 to 9 of 9)');
});

test('`/access mine` shows what one holds and waits for, with a button for each', async () => {
  const hallpass = await startForTest({ catalog });
  const { ask, click, hear, read, seeDm, seeText, type } = hallpass;
  expect(await hear('dana', 'mine')).toBe('You hold nothing now.\nNo request of yours waits.');
  await give(hallpass, 'dana', 'prod-db 30m stuck on 4711');
  const { card } = await ask('dana', 'prod-db:admin 45m stuck on 4711');

  const mine = await type('dana', 'mine');
  const text = read(mine, 'dana');
  expect(text).toMatch(
    /You hold\n@dana · prod-db:readonly · until .*\nas `dana`, approved by @mia · `G-\w+`\n\[I'm done\]/,
  );
  expect(text).toMatch(
    /Waiting for a decision\nprod-db:admin for 45 min, for @dana · asked .* · `R-\w+`\n\[Nudge\] \[Cancel\]/,
  );
  expect(await hear('lee', 'mine')).toBe('You hold nothing now.\nNo request of yours waits.');

  expect(read(await click('dana', mine, 'grant.done'), 'dana')).toContain('is being taken away');
  await seeDm('dana', /The access ended/);
  await hallpass.clickAway('dana', mine, 'request.cancel');
  await seeText(card, /Cancelled/);
  expect(await hear('dana', 'mine')).toBe('You hold nothing now.\nNo request of yours waits.');
});

test('`/access list` shows what one may request, for how long and who approves', async () => {
  const { hear } = await startForTest({ catalog });
  const list = await hear('dana', 'list');
  expect(list).toContain(
    'prod-db:readonly · Orders database, production (readonly), the default role\n30 min, at most 4 h · needs 1 from dba-leads',
  );
  expect(list).toContain(
    'prod-db:admin · Orders database, production (admin)\n15 min, at most 2 d · needs 1 from dba-leads',
  );
  expect(list).toContain('playground:viewer');
  expect(await hear('max', 'list')).toBe(
    'You may request nothing now. Who may is said in the catalog; ask your admin.',
  );
});

test('`/access whoami` gives the ids that a catalog needs, and what to tell the admin where an account is missing', async () => {
  const { read, type } = await startForTest({
    target,
    people: [
      { id: 'U0PAT', name: 'pat', email: 'pat@example.net' },
      { id: 'U0UNA', name: 'una' },
    ],
    catalog: {
      groups: { engineers: { users: ['U03DANA', 'U04LEE', 'U0PAT', 'U0UNA'] } },
    },
  });
  const whoami = async (user: string): Promise<string> =>
    read(await type(user, 'whoami', { channel: 'approvals' }), user);

  const dana = await whoami('dana');
  expect(dana).toContain('You are `U03DANA`, `dana@example.com`');
  expect(dana).toContain('This channel is `C0APPROVALS`');
  expect(dana).toContain('The workspace is `T0EMULATED`');
  expect(dana).toContain('Groups: engineers');
  expect(dana).toContain('`dana` in `orders-db`');
  expect(dana).toContain('`dana` in `playground`');

  expect(await whoami('pat')).toContain(
    'Your admin can add `U0PAT: <account>` under `connectors.orders-db.identity.map` in the catalog.',
  );
  expect(await whoami('una')).toContain('You have no account in `orders-db`: Slack shows no e-mail address.');
});

test('a request without an account names the missing line of the catalog', async () => {
  const { cards, hear } = await startForTest({
    target,
    people: [
      { id: 'U0PAT', name: 'pat', email: 'pat@example.net' },
      { id: 'U0NED', name: 'ned', email: 'ned@example.com' },
    ],
    catalog: { groups: { engineers: { users: ['U0PAT', 'U0NED'] } } },
  });
  expect(await hear('pat', 'prod-db 30m stuck')).toContain(
    'You have no account in `orders-db`: only addresses at `example.com` count. Your admin can add `U0PAT: <account>` under `connectors.orders-db.identity.map` in the catalog.',
  );
  expect(await hear('ned', 'prod-db 30m stuck')).toContain(
    'There is no account `ned` in `orders-db`. Have it made there, or your admin can add `U0NED: <account>`',
  );
  expect(cards()).toEqual([]);
});

test('`/access help` names every command', async () => {
  const { hear } = await startForTest({ catalog });
  const help = await hear('max', 'help');
  for (const verb of [
    'request',
    'mine',
    'done',
    'cancel',
    'who-has',
    'revoke',
    'list',
    'explain',
    'whoami',
  ]) {
    expect(help).toContain(`\`/access ${verb}`);
  }
});

test('the command may have another name', async () => {
  const { world, see, read } = await startForTest({ catalog, env: { SLACK_COMMAND: '/jit' } });
  await world.command({ user: 'dana', text: 'help', command: '/jit' });
  const answer = await see('an answer', () => world.ephemeralsTo('dana')[0]);
  expect(read(answer, 'dana')).toContain('`/jit request prod-db');
});
