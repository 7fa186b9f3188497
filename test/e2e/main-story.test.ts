import { afterAll, expect, test } from 'vitest';
import { APPROVALS } from '../support/person-shortcuts.js';
import { startHallpass, type HallpassOptions } from '../support/running-hallpass.js';
import { startRedis } from '../support/servers/redis.js';
import { startTargetDatabase, type TargetDatabase } from '../support/target-database.js';
import { waitFor } from '../support/wait-for.js';

const fifteen = await startTargetDatabase('15');
const eighteen = await startTargetDatabase('18');
const redis = await startRedis();
afterAll(async () => {
  await Promise.all([fifteen.stop(), eighteen.stop(), redis.stop()]);
});

test.concurrent.for<readonly [where: string, target: TargetDatabase, more: HallpassOptions]>([
  ['PostgreSQL 15', fifteen, {}],
  ['PostgreSQL 18, woken by Redis', eighteen, { redisUrl: redis.url }],
])(
  'access on %s is asked for, approved, given, reminded of and gone again',
  async ([, target, more], { onTestFinished }) => {
    const hallpass = await startHallpass({ target, ...more });
    onTestFinished(hallpass.stop);
    const { ask, buttonsOf, click, dms, hear, read, seeDm, seeText, world } = hallpass;

    // Nobody asked yet, and nobody may.
    expect(await hear('lee', 'who-has prod-db')).toBe('Nobody holds `prod-db` through Hallpass.');
    await expect(target.sql('dana', 'select item from orders')).rejects.toThrow(/permission denied/);

    const { answer, card } = await ask('dana', 'request prod-db 8s stuck migration 4711');
    const understood = read(answer, 'dana');
    expect(understood).toContain(
      'Asked: prod-db:readonly (Orders database, production (readonly)) for 8 s, for you as `dana` in `orders-db`.',
    );
    expect(understood).toContain(
      '2 people are pinged in #approvals. Approvals so far: 0 of 1 from dba-leads.',
    );
    expect(buttonsOf(answer)).toEqual(['Nudge', 'Cancel']);
    expect(world.messagesIn(APPROVALS)).toEqual([card]);

    // The phone's push shows the beginning of the text alone.
    expect(card.text).toMatch(/^<@U03DANA> asks for \*prod-db:readonly\* for 8 s/);
    const asked = read(card, 'mia');
    expect(asked).toContain('@dana asks for prod-db:readonly for 8 s');
    expect(asked).toContain('Reason: stuck migration 4711');
    expect(asked).toContain('Orders database, production');
    expect(asked).toContain('8 s from approval');
    expect(asked).toContain('`dana` in `orders-db`, role `app_readonly`');
    expect(asked).toMatch(/Policy\nstandard/);
    expect(asked).toContain('At the end all their sessions on `orders-db` are cut.');
    expect(asked).toContain('To decide: @mia @sam');
    expect(buttonsOf(card)).toEqual(['Approve', 'Deny', 'Claim']);
    expect(await target.holdsRole('dana', 'app_readonly')).toBe(false);

    expect(read(await click('mia', card, 'request.approve'), 'mia')).toMatch(
      /^Approved: prod-db:readonly for @dana, until \w+ \d\d:\d\d\. The card says when it is open\.$/,
    );
    const approved = await seeText(card, /Access until/);
    expect(approved).toContain('@dana · prod-db:readonly · 8 s\nApproved by @mia. Access until ');
    expect(await target.holdsRole('dana', 'app_readonly')).toBe(true);
    expect(buttonsOf(card)).toEqual(['Revoke']);

    // Each reader sees the end in their own time zone.
    const until = endOf(world.current(card)?.text ?? '');
    expect(read(card, 'dana')).toContain(clockIn('Europe/Berlin', until));
    expect(read(card, 'mia')).toContain(clockIn('America/New_York', until));

    const ready = await seeDm('dana', /How to use/);
    expect(read(ready, 'dana')).toContain('approved by @mia');
    expect(read(ready, 'dana')).toContain(
      'How to use orders-db: Connect to the database as dana, as usual: what app_readonly may do, you may do now.',
    );
    expect(read(ready, 'dana')).toContain('At the end all your sessions on `orders-db` are cut.');
    expect(buttonsOf(ready)).toEqual(["I'm done", 'Extend']);

    // What the message promises, dana now does.
    const session = await target.openSession('dana');
    await session.query('set role app_readonly');
    expect(await session.query('select item from orders')).toEqual([{ item: 'a stuck migration' }]);

    expect(await hear('lee', 'who-has prod-db')).toMatch(
      /^1 grant of `prod-db`\n@dana · prod-db:readonly · until \w+ \d\d:\d\d\nas `dana`, approved by @mia · `G-\w+`$/,
    );

    const reminder = await seeDm('dana', /This access ends/);
    expect(buttonsOf(reminder)).toEqual(["I'm done", 'Extend']);
    expect(await target.holdsRole('dana', 'app_readonly')).toBe(true);

    const over = await seeText(card, /The access ended/);
    expect(over).toContain('Approved by @mia. The access ended ');
    expect(over).toContain('its time was over');
    expect(buttonsOf(card)).toEqual([]);
    expect(await target.holdsRole('dana', 'app_readonly')).toBe(false);
    await waitFor('the end of the open session', session.hasEnded);
    await expect(target.sql('dana', 'select item from orders')).rejects.toThrow(/permission denied/);

    await seeText(ready, /The access ended/, 'dana');
    expect(buttonsOf(ready)).toEqual([]);
    expect(dms('dana')).toHaveLength(2);
    expect(await hear('lee', 'who-has prod-db')).toBe('Nobody holds `prod-db` through Hallpass.');
    expect(await target.changesByHallpass()).toEqual([
      expect.stringMatching(/^GRANT app_readonly TO dana/),
      expect.stringMatching(/^REVOKE app_readonly FROM dana/),
    ]);

    // One message through its whole life: Slack pings for a post and never for an edit.
    const posts = world.calls('chat.postMessage').filter(({ body }) => body['channel'] === APPROVALS);
    expect(posts).toHaveLength(1);
    expect(JSON.stringify(posts[0]?.body).match(/<@U0[12](?:MIA|SAM)>/g)).toEqual(['<@U01MIA>', '<@U02SAM>']);
    expect(world.messagesIn(APPROVALS)).toHaveLength(1);
  },
);

/** The moment after "Access until" in a card's text. */
function endOf(text: string): Date {
  const [, seconds] = /Access until <!date\^(\d+)\^/.exec(text) ?? [];
  return new Date(Number(seconds) * 1000);
}

function clockIn(timeZone: string, moment: Date): string {
  return moment.toLocaleTimeString('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' });
}
