import { afterEach, describe, expect, test } from 'vitest';
import type { UserId } from '../../src/domain/ids.js';
import type { ExplainView } from '../../src/domain/views.js';
import { besideRole, explainBody } from '../../src/slack/blocks/explain.js';
import { explainRole } from '../../src/usecases/explain-role.js';
import { dana, lee, mia, sam } from '../support/rows.js';
import { accepted, makeSmallWorld, type SmallWorld } from '../support/small-world.js';
import type { CatalogChange } from '../support/test-catalog.js';

const worlds: SmallWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) {
    await world.close();
  }
});

async function worldWith(change: CatalogChange = {}): Promise<SmallWorld> {
  const world = await makeSmallWorld(change);
  worlds.push(world);
  return world;
}

async function explain(world: SmallWorld, viewer: UserId = dana, role: string | null = null) {
  return await explainRole(world.deps, { viewer, resource: 'prod-db', role });
}

async function view(world: SmallWorld, viewer?: UserId, role?: string): Promise<ExplainView> {
  return accepted(await explain(world, viewer, role));
}

describe('what asking for a role would come to', () => {
  test('whoever may ask sees who decides and how many are pinged, and nothing is written', async () => {
    const world = await worldWith();
    const before = await world.deps.store.auditHead();
    expect(await view(world)).toMatchObject({
      roleKey: 'prod-db:readonly',
      problem: null,
      pinged: 2,
      steps: [{ from: ['dba-leads'], count: 1, people: 2, unreadable: [] }],
    });
    expect(await world.deps.store.auditHead()).toBe(before);
    expect(world.calls).toEqual([]);
  });

  test('whoever approves it is not counted for themselves', async () => {
    const world = await worldWith({ groups: { engineers: { users: [dana, mia] } } });
    expect(await view(world, mia)).toMatchObject({ problem: null, pinged: 1, steps: [{ people: 1 }] });
  });

  test('where nobody is pinged, nobody is counted as pinged', async () => {
    const world = await worldWith({ policies: { standard: { notify: 'none' } } });
    expect(await view(world)).toMatchObject({ pinged: 0, steps: [{ people: 2 }] });
  });

  test('whoever may not ask is told so, and sees who decides all the same', async () => {
    const world = await worldWith();
    expect(await view(world, sam)).toMatchObject({
      problem: { code: 'not-eligible' },
      steps: [{ people: 1 }],
    });
  });

  test('where nobody is their manager, that is known and nothing is unread', async () => {
    const world = await worldWith({
      groups: { boss: { manager_of: 'requester' } },
      managers: { [lee]: sam },
      policies: { standard: { approve: [{ from: ['boss'] }] } },
    });
    expect(await view(world)).toMatchObject({
      problem: { code: 'no-manager' },
      steps: [{ people: 0, unreadable: [] }],
    });
  });

  test('what waits already, and what a limit leaves no room for, is told', async () => {
    const world = await worldWith({ limits: { pending: 1 } });
    await world.ask();
    expect((await view(world)).problem).toMatchObject({ code: 'already-pending' });
    expect((await view(world, dana, 'admin')).problem).toMatchObject({ code: 'too-many-pending' });
    expect((await view(world, lee)).problem).toBeNull();
  });

  test('a group that cannot be read counts nobody, and is named', async () => {
    const world = await worldWith();
    world.members = async (group) =>
      group.name === 'dba-leads'
        ? { readable: false, why: 'Slack did not answer' }
        : { readable: true, userIds: new Set([dana]) };
    expect(await view(world)).toMatchObject({
      problem: { code: 'groups-unreadable' },
      pinged: 0,
      steps: [{ people: 0, unreadable: ['dba-leads'] }],
    });
  });

  test('without an account in the target it would be refused', async () => {
    const world = await worldWith();
    const before = world.person;
    world.person = (userId) => ({ ...before(userId), email: null });
    expect((await view(world)).problem).toMatchObject({ code: 'no-account', connector: 'orders-db' });
  });

  test('rules that approve at once are told with what they lack now', async () => {
    const rules = [
      { name: 'Leads', for: ['dba-leads'], up_to: '1h' },
      { name: 'Short reads', for: ['engineers'], up_to: '30m', per_day: 1 },
    ];
    const world = await worldWith({ policies: { standard: { auto_approve: rules } } });
    expect(await view(world)).toMatchObject({
      problem: null,
      rules: [
        { rule: { name: 'Leads' }, why: { kind: 'not-in-groups', groups: ['dba-leads'], who: dana } },
        { rule: { name: 'Short reads' }, why: null },
      ],
    });
    expect(explainBody(await view(world), { viewer: dana, command: '/access' }).text).toContain(
      [
        '*Approved at once*',
        '• Leads, up to 1 h: only for `dba-leads`, and you are in none of them',
        '• Short reads, up to 30 min: it holds now',
        '*Who decides*',
        '• 1 of the 2 people in `dba-leads`',
      ].join('\n'),
    );
  });

  test('a step that has too few people without whoever asks says how many there are', async () => {
    const world = await worldWith();
    const shown = await view(world);
    const [step] = shown.steps;
    const steps = [1, 0].flatMap((people) => (step === undefined ? [] : [{ ...step, count: 2, people }]));

    expect(explainBody({ ...shown, steps }, { viewer: dana, command: '/access' }).text).toContain(
      [
        '• 2 from `dba-leads`, where 1 person can approve it for you',
        '• 2 from `dba-leads`, where nobody can approve it for you',
      ].join('\n'),
    );
  });

  test('where only rules approve and none holds, it would be refused', async () => {
    const rule = { name: 'Leads', for: ['dba-leads'], up_to: '1h' };
    const world = await worldWith({
      policies: { standard: { approve: null, auto_approve: [rule], announce: 'C0LOG' } },
    });
    const explained = await view(world);
    expect(explained).toMatchObject({ problem: { code: 'not-automatic', misses: [{ rule: 'Leads' }] } });
    expect(explainBody(explained, { viewer: dana, command: '/access' }).text).toContain(
      '*Who decides*\nNobody: only the rules above approve.\n*Then*\nThe card appears in <#C0LOG>, and nobody is pinged.',
    );
  });

  test('where a rule holds, it does not matter that nobody could approve', async () => {
    const rule = { name: 'Reads', for: ['engineers'], up_to: '1h' };
    const world = await worldWith({ policies: { standard: { auto_approve: [rule] } } });
    const readable = async (group: { name: string }) =>
      group.name === 'engineers'
        ? { readable: true as const, userIds: new Set([dana]) }
        : { readable: false as const, why: 'Slack did not answer' };
    world.members = readable;
    expect((await view(world)).problem).toBeNull();
  });

  test('a guest, and a name that is none, are refused', async () => {
    const world = await worldWith();
    expect(await explain(world, dana, 'admn')).toMatchObject({ refusal: { code: 'unknown-role' } });
    const before = world.person;
    world.person = (userId) => ({ ...before(userId), outsider: 'guest' });
    expect(await explain(world)).toMatchObject({ refusal: { code: 'no-part' } });
  });
});

describe('as it is told', () => {
  const reader = { viewer: dana, command: '/access' };

  test('to whoever may ask', async () => {
    const world = await worldWith({
      policies: {
        standard: {
          in_order: true,
          deny: 2,
          approve: [
            { name: 'Lead', from: ['dba-leads'] },
            { name: 'Second', from: ['dba-leads'] },
          ],
          reason_min_length: 20,
          ticket: { pattern: '[A-Z]+-[0-9]+', say: 'a ticket such as OPS-123' },
          escalate: { after: '45m', channel: 'C0LEADS' },
        },
      },
    });
    expect(explainBody(await view(world), reader).text).toBe(
      [
        '*prod-db:readonly* · Orders database, production (readonly)',
        'You may ask for it now: `/access request prod-db:readonly &lt;time&gt; &lt;reason&gt;`.',
        '*For how long*',
        '30 min, if you name none; 1 s to 4 h. It can begin later, at most 7 d ahead.',
        '*Reason*',
        'Needed, of at least 20 characters, with a ticket such as OPS-123 in it.',
        '*Who decides*',
        '• Lead: 1 of the 2 people in `dba-leads`',
        '• Second: 1 of the 2 people in `dba-leads`',
        'All of these, in this order.',
        'One person counts once, and you never do.',
        '2 denials of different people end it.',
        '*Then*',
        'The request appears in <#C0APPROVALS>. 2 people are pinged. After 45 min without a decision it is escalated. Unanswered, it expires after 1 h.',
      ].join('\n'),
    );
  });

  test('in few words beside the role in a form', async () => {
    const rule = { name: 'Short reads', for: ['engineers'], up_to: '15m' };
    const world = await worldWith({ policies: { standard: { auto_approve: [rule] } } });
    expect(besideRole(await view(world), reader)).toBe(
      'Approved at once: Short reads, up to 15 min. Decided by 1 of the 2 people in `dba-leads`; 2 people are pinged. 30 min, if you name no time; at most 4 h.',
    );
    expect(besideRole(await view(world, sam), { ...reader, viewer: sam })).toContain(
      'Asked for now, it would be refused. You may not request',
    );
  });

  test('to whoever may not', async () => {
    const world = await worldWith();
    const { text } = explainBody(await view(world, sam), { ...reader, viewer: sam });
    expect(text).toContain('Asked for now, it would be refused. You may not request');
  });
});
