import { afterAll, describe, expect, test } from 'vitest';
import { readRecords } from '../support/records.js';
import { startHallpass, type RunningHallpass } from '../support/running-hallpass.js';
import { startTargetDatabase } from '../support/target-database.js';
import { waitFor } from '../support/wait-for.js';

/** Slack is where people see and say things; what was agreed happens without it. */

const timeout = 120_000;
const target = await startTargetDatabase('18');
const started: RunningHallpass[] = [];
let people = 0;

afterAll(async () => {
  for (const { stop } of started) {
    await stop();
  }
  await target.stop();
});

async function startScene() {
  people += 1;
  const holder = `apart${people}`;
  const id = `U4APART${people}`;
  await target.addAccount(holder);
  const hallpass = await startHallpass({
    target,
    people: [{ id, name: holder, email: `${holder}@example.com` }],
    catalog: { groups: { engineers: { users: [id] } } },
  });
  started.push(hallpass);
  const holds = async (): Promise<boolean> => await target.holdsRole(holder, 'app_readonly');
  return { hallpass, holder, holds };
}

describe.concurrent('without Slack', { timeout }, () => {
  test('a start is a start, and a window ends on time; the card follows when Slack is back', async () => {
    const { hallpass, holder, holds } = await startScene();
    const { read, seeDm, seeText, world } = hallpass;
    const { card } = await hallpass.ask(holder, 'request prod-db 8s without a network');
    await hallpass.click('mia', card, 'request.approve');
    await seeText(card, /Access until/);

    world.fail('*', { with: 'drop_before' });
    await hallpass.restart();
    expect(await holds()).toBe(true);
    await waitFor('the role to be gone from the target', async () => !(await holds()));
    const { grants } = await waitFor('the end to be on record', async () => {
      const records = await readRecords(hallpass.databaseFile);
      return records.grants[0]?.state === 'ended' && records;
    });
    expect(grants[0]?.closedAt).toBeGreaterThanOrEqual(grants[0]?.endsAt ?? Infinity);
    expect(read(card)).toContain('Access until');
    expect(hallpass.log.lines.some(({ message }) => /Slack does not say who this app is/.test(message))).toBe(
      true,
    );

    world.heal();
    await seeText(card, /The access ended .*its time was over/);
    await seeDm(holder, /The access ended/);
    expect(await hallpass.hear('mia', 'who-has prod-db')).toBe('Nobody holds `prod-db` through Hallpass.');
  });

  test('an answer to a posted card that is lost makes one more card, and both stand for one request', async () => {
    const { hallpass, holder, holds } = await startScene();
    const { cards, click, read, see, seeText, world } = hallpass;
    world.fail('chat.postMessage', { with: 'drop_after', times: 1 });

    const { card: lost } = await hallpass.ask(holder, 'request prod-db 8s said twice');
    const known = await see('a second card', () => cards()[1]);
    expect(cards()).toHaveLength(2);

    // The copy that Hallpass does not know of is as good as the other.
    expect(read(await click('mia', lost, 'request.approve'), 'mia')).toMatch(/^Approved/);
    await seeText(known, /Approved by @mia. Access until/);
    expect(read(await click('sam', lost, 'request.approve'), 'sam')).toMatch(/already|approved/i);
    expect(await holds()).toBe(true);
    expect((await readRecords(hallpass.databaseFile)).grants).toHaveLength(1);

    await seeText(known, /The access ended/);
    expect(await holds()).toBe(false);
    expect(read(await click('sam', lost, 'request.approve'), 'sam')).toMatch(/approved/i);
    expect(await holds()).toBe(false);
    expect(cards()).toHaveLength(2);
  });
});
