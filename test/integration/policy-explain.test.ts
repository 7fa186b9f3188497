import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { createStore } from '../../src/store/create-store.js';
import { openDatabase } from '../../src/store/open-database.js';
import { atCommandLine } from '../support/at-command-line.js';
import { prepareHallpass, type HallpassPlace } from '../support/running-hallpass.js';
import { NO_TARGET } from '../support/test-catalog.js';

let place: HallpassPlace | null = null;
afterEach(async () => {
  await place?.remove();
  place = null;
});

async function placed(): Promise<HallpassPlace> {
  place = await prepareHallpass({ catalog: NO_TARGET });
  (await openDatabase({ path: place.databaseFile, role: 'start' })).close();
  return place;
}

async function explain(...args: string[]) {
  return await atCommandLine((place ?? (await placed())).env, 'policy', 'explain', ...args);
}

test('`hallpass policy explain` says what somebody would read of `/access explain`, without markup', async () => {
  const { code, out, err } = await explain('dana@example.com', 'prod-db');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toBe(
    [
      'What U03DANA would read:',
      '',
      'prod-db:readonly · Orders database, production (readonly)',
      'You may ask for it now: /access request prod-db:readonly <time> <reason>.',
      'For how long',
      '30 min, if you name none; 1 s to 4 h. It can begin later, at most 7 d ahead.',
      'Reason',
      'Needed.',
      'Who decides',
      '• 1 of the 2 people in dba-leads',
      'One person counts once, and you never do.',
      'Any of them can deny it.',
      'Then',
      'The request appears in C0APPROVALS. 2 people are pinged. Unanswered, it expires after 1 h.',
    ].join('\n'),
  );
});

test('whoever may not ask, nobody of that name, and a role that there is none of', async () => {
  const { code, out } = await explain('U09MAX', 'prod-db:admin', '--at', '2026-11-27T09:00:00+01:00');
  expect(code).toBe(0);
  expect(out).toContain('Asked for now, it would be refused. You may not request prod-db:admin');
  expect(await explain('no@example.com', 'prod-db')).toMatchObject({
    code: 1,
    err: 'hallpass: Slack knows nobody by no@example.com; give the member id',
  });
  expect(await explain('U09MAX', 'prod-bd')).toMatchObject({ code: 1, out: '' });
});

test('on a broken file it goes by the last good one, by which the bot gives nothing new', async () => {
  const { env, databaseFile } = await placed();
  const file = env['CATALOG'] ?? '';
  const source = readFileSync(file, 'utf8');
  const database = await openDatabase({ path: databaseFile, role: 'start' });
  const sha256 = createHash('sha256').update(source).digest('hex');
  await createStore({ database }).keepCatalog({ sha256, source }, Date.now());
  database.close();
  writeFileSync(file, `${source}\nnonsense: [`);

  const { code, out, err } = await explain('dana@example.com', 'prod-db');
  expect(code).toBe(0);
  expect(err).toContain('so this goes by the last good one, as the bot does');
  expect(out).toContain('Asked for now, it would be refused.');
});

test('while Slack does not answer, it says so', async () => {
  const { world } = await placed();
  world.fail('users.info', { with: 'answer', status: 500, body: '' });
  const { code, err } = await explain('U03DANA', 'prod-db');
  expect(code).toBe(1);
  expect(err).toContain('Slack');
});
