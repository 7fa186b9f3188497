import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asUserId } from '../../../src/domain/ids.js';
import { DAY_MS, MINUTE_MS } from '../../../src/domain/time.js';
import {
  NOTHING_TYPED,
  parseCommand,
  type ParsedCommand,
  type Prefill,
  type Unclear,
} from '../../../src/slack/parse-command.js';
import { readTyped } from '../../../src/slack/typed-text.js';

const MIA = asUserId('U01MIA');

function request(parts: Partial<Extract<ParsedCommand, { kind: 'request' }>>): ParsedCommand {
  return {
    kind: 'request',
    resource: 'prod-db',
    role: null,
    durationMs: 30 * MINUTE_MS,
    start: null,
    reason: 'stuck migration 4711',
    beneficiary: null,
    ...parts,
  };
}

function form(prefill: Partial<Prefill>, unclear: Unclear | null = null): ParsedCommand {
  return {
    kind: 'form',
    unclear,
    prefill: { ...NOTHING_TYPED, ...prefill },
  };
}

describe('a request is understood', () => {
  test.each<[typed: string, understood: ParsedCommand]>([
    ['request prod-db 30m stuck migration 4711', request({})],
    ['prod-db 30m stuck migration 4711', request({})],
    ['  REQUEST   Prod-DB  30 M  stuck   migration 4711 ', request({})],
    ['request prod-db:admin 30m stuck migration 4711', request({ role: 'admin' })],
    ['prod-db : Admin 30m stuck migration 4711', request({ role: 'admin' })],
    ['prod-db: admin 30m stuck migration 4711', request({ role: 'admin' })],
    ['prod-db :admin 30m stuck migration 4711', request({ role: 'admin' })],
    ['prod-db admin 30m stuck migration 4711', request({ role: 'admin' })],
    ['prod-db for 30 min stuck migration 4711', request({})],
    ['prod-db 1h30m stuck migration 4711', request({ durationMs: 90 * MINUTE_MS })],
    ['prod-db 1 h 30 m stuck migration 4711', request({ durationMs: 90 * MINUTE_MS })],
    ['prod-db 2h stuck migration 4711', request({ durationMs: 120 * MINUTE_MS })],
    ['prod-db 1d stuck migration 4711', request({ durationMs: 24 * 60 * MINUTE_MS })],
    ['prod-db stuck migration 4711', request({ durationMs: null })],
    ['request “prod-db” 30m “stuck migration 4711”', request({})],
    ["'prod-db' 30m stuck migration 4711", request({})],
    ['prod-db 30m\nstuck\tmigration\r\n4711', request({})],
    ['prod\u200B-db 30m stuck \u202Emigration\u202C 4711', request({})],
  ])('%s', (typed, understood) => {
    expect(parseCommand(typed)).toEqual(understood);
  });
});

describe('a start is read where it is clear', () => {
  const hours = 120 * MINUTE_MS;
  test.each<[typed: string, understood: ParsedCommand]>([
    ['prod-db 2h at 18:00 stuck migration 4711', request({ durationMs: hours, start: 'at 18:00' })],
    [
      'prod-db 2h tomorrow 09:00 stuck migration 4711',
      request({ durationMs: hours, start: 'tomorrow 09:00' }),
    ],
    ['prod-db 2h Tomorrow at 9 stuck migration 4711', request({ durationMs: hours, start: 'tomorrow at 9' })],
    [
      'prod-db 2h on Friday 9:00 stuck migration 4711',
      request({ durationMs: hours, start: 'on friday 9:00' }),
    ],
    [
      'prod-db 2h at 2026-11-27 09:00 stuck migration 4711',
      request({ durationMs: hours, start: 'at 2026-11-27 09:00' }),
    ],
    [
      'prod-db 2h at tomorrow 09:00 stuck migration 4711',
      request({ durationMs: hours, start: 'at tomorrow 09:00' }),
    ],
    ['prod-db at 18:00 for 2h stuck migration 4711', request({ durationMs: hours, start: 'at 18:00' })],
    ['prod-db at 18:00 stuck migration 4711', request({ durationMs: null, start: 'at 18:00' })],
    [
      'prod-db admin at 18:00 2h stuck migration 4711',
      request({ role: 'admin', durationMs: hours, start: 'at 18:00' }),
    ],
    [
      'prod-db:admin 2h for <@U01MIA> at 18:00 stuck migration 4711',
      request({ role: 'admin', durationMs: hours, beneficiary: MIA, start: 'at 18:00' }),
    ],
    [
      'prod-db 2h at 18:00 for <@U01MIA> stuck migration 4711',
      request({ durationMs: hours, beneficiary: MIA, start: 'at 18:00' }),
    ],
  ])('%s', (typed, understood) => {
    expect(parseCommand(typed)).toEqual(understood);
  });

  test.each([
    'at the request of 4711',
    'on call for orders',
    'this is the nightly job',
    'in review since Monday',
    'sun certificates are renewed',
    'deploy at 18:00 failed',
  ])('a reason stays one: %s', (reason) => {
    expect(parseCommand(`prod-db 30m ${reason}`)).toEqual(request({ reason }));
  });

  test.each([
    'tomorrow we migrate',
    'today only',
    'monday maintenance',
    'on friday evening',
    'next monday 09:00 deploy',
    'at 9 servers fail',
    'at 25:00 deploy',
    'at 18h deploy',
    'tomorrow 9 deploy',
    '18:00 deploy',
    '2026-11-27 deploy',
    'in 2 hours deploy',
    'from 18:00 to 19:00 deploy',
    'until 18:00 deploy',
    'until friday deploy',
  ])('a reason that may be a start is asked about: %s', (typed) => {
    expect(parseCommand(`prod-db 30m ${typed}`)).toEqual(
      form({ resource: 'prod-db', duration: '30m', reason: typed }, 'start'),
    );
  });

  test('a start without a resource, and one without a reason, open the form', () => {
    expect(parseCommand('at 18:00 2h deploy')).toEqual(
      form({ duration: '2h', start: 'at 18:00', reason: 'deploy' }),
    );
    expect(parseCommand('prod-db 30m at 18:00 tomorrow')).toEqual(
      form({ resource: 'prod-db', duration: '30m', start: 'at 18:00 tomorrow' }),
    );
    expect(parseCommand('prod-db 2h at 18:00')).toEqual(
      form({ resource: 'prod-db', duration: '2h', start: 'at 18:00' }),
    );
  });
});

describe('somebody else is named only before the reason begins', () => {
  test.each<[typed: string, understood: ParsedCommand]>([
    ['prod-db for <@U01MIA|mia> 30m stuck migration 4711', request({ beneficiary: MIA })],
    ['prod-db 30m for <@U01MIA> stuck migration 4711', request({ beneficiary: MIA })],
    ['prod-db for <@U01MIA> for 30m stuck migration 4711', request({ beneficiary: MIA })],
    ['prod-db 30m debugging for <@U01MIA|mia>', request({ reason: 'debugging for @mia' })],
    ['prod-db 30m for <@U01MIA> for <@U02SAM|sam>', request({ beneficiary: MIA, reason: 'for @sam' })],
  ])('%s', (typed, understood) => {
    expect(parseCommand(typed)).toEqual(understood);
  });

  test.each(['@mia', 'mia@example.com'])('%s is nobody to Slack, and no reason: the form asks', (who) => {
    expect(parseCommand(`prod-db 30m for ${who} stuck`)).toEqual(
      form({ resource: 'prod-db', duration: '30m', reason: `for ${who} stuck` }, 'person'),
    );
  });
});

describe('what Slack makes of links and signs is undone', () => {
  test.each<[typed: string, reason: string]>([
    ['see <https://jira.example.com/T-1>', 'see https://jira.example.com/T-1'],
    ['see <https://jira.example.com/T-1|https://jira.example.com/T-1>', 'see https://jira.example.com/T-1'],
    ['see <http://example.com|example.com>', 'see example.com'],
    ['see <https://jira.example.com/T-1|the ticket>', 'see the ticket (https://jira.example.com/T-1)'],
    ['see <#C0TEAM|team>', 'see #team'],
    ['mail <mailto:a@example.com|a@example.com>', 'mail a@example.com'],
    ['if a &lt; b &amp;&amp; b &gt; c', 'if a < b && b > c'],
    ['a &amp;lt; b', 'a &lt; b'],
    ['tell <!channel> &lt;@U01MIA&gt;', 'tell @channel <@U01MIA>'],
    ['tell <!subteam^S0DBA|@dba>', 'tell @dba'],
    ['it’s “broken”', 'it’s “broken”'],
  ])('%s', (typed, reason) => {
    expect(parseCommand(`prod-db 30m ${typed}`)).toEqual(request({ reason }));
  });
});

test.each(['approve R-1', 'Deny', 'reject R-1'])('%s is told where that is done', (typed) => {
  expect(parseCommand(typed)).toEqual({ kind: 'decide' });
});

describe('an emergency opens its form with whatever was typed, for whoever types it', () => {
  const typedSo = (prefill: Partial<Prefill>) => ({
    kind: 'emergency',
    prefill: { ...NOTHING_TYPED, ...prefill },
  });

  test.each([
    ['emergency', typedSo({})],
    ['EMERGENCY prod-db:admin', typedSo({ resource: 'prod-db', role: 'admin' })],
    [
      'emergency prod-db:admin 30m orders are stuck',
      typedSo({ resource: 'prod-db', role: 'admin', duration: '30 min', reason: 'orders are stuck' }),
    ],
  ])('%s', (typed, understood) => {
    expect(parseCommand(typed)).toEqual(understood);
  });

  test.each(['emergency prod-db for <@U01MIA> 30m stuck', 'emergency prod-db 30m at 18:00 stuck'])(
    'but not %s',
    (typed) => {
      expect(parseCommand(typed)).toMatchObject({
        kind: 'unknown',
        suggestion: 'emergency <role> <time> <reason>',
      });
    },
  );
});

describe('parts that are missing or unclear open the form with what was typed', () => {
  test.each<[typed: string, understood: ParsedCommand]>([
    ['', form({})],
    ['   ', form({})],
    ['request', form({})],
    ['prod-db', form({ resource: 'prod-db' })],
    ['request prod-db:admin', form({ resource: 'prod-db', role: 'admin' })],
    ['prod-db 30m', form({ resource: 'prod-db', duration: '30m' })],
    ['prod-db 1 h 30 m', form({ resource: 'prod-db', duration: '1 h 30 m' })],
    ['prod-db for <@U01MIA> 30m', form({ resource: 'prod-db', duration: '30m', beneficiary: MIA })],
    ['prod-db 30 stuck', form({ resource: 'prod-db', duration: '30', reason: 'stuck' }, 'duration')],
    ['prod-db -5m stuck', form({ resource: 'prod-db', duration: '-5m', reason: 'stuck' }, 'duration')],
    ['prod-db 30mn stuck', form({ resource: 'prod-db', duration: '30mn', reason: 'stuck' }, 'duration')],
    ['<@U01MIA> 30m stuck', form({ reason: '@U01MIA 30m stuck' })],
  ])('%s', (typed, understood) => {
    expect(parseCommand(typed)).toEqual(understood);
  });
});

describe('the other commands', () => {
  test.each(['delegate <@U01MIA>', 'delegate @mia until friday', 'delegate off now'])(
    '%s is answered with how it is typed',
    (typed) => {
      expect(parseCommand(typed)).toMatchObject({
        kind: 'unknown',
        suggestion: 'delegate @stand-in until friday',
      });
    },
  );

  test.each<[typed: string, understood: ParsedCommand]>([
    ['history', { kind: 'history', about: { kind: 'all' }, backMs: 30 * DAY_MS }],
    ['history 7d', { kind: 'history', about: { kind: 'all' }, backMs: 7 * DAY_MS }],
    [
      'history <@U01MIA|mia> 90d',
      { kind: 'history', about: { kind: 'person', userId: MIA }, backMs: 90 * DAY_MS },
    ],
    [
      'history prod-db:admin 12h',
      { kind: 'history', about: { kind: 'role', resource: 'prod-db', role: 'admin' }, backMs: DAY_MS / 2 },
    ],
    ['who-has', { kind: 'who-has', about: { kind: 'all' } }],
    ['Who has prod-db?', { kind: 'who-has', about: { kind: 'resource', resource: 'prod-db' } }],
    ['whohas prod-db', { kind: 'who-has', about: { kind: 'resource', resource: 'prod-db' } }],
    [
      'who-has prod-db:admin',
      { kind: 'who-has', about: { kind: 'role', resource: 'prod-db', role: 'admin' } },
    ],
    [
      'who-has prod-db admin',
      { kind: 'who-has', about: { kind: 'role', resource: 'prod-db', role: 'admin' } },
    ],
    ['who-has <@U01MIA|mia>', { kind: 'who-has', about: { kind: 'person', userId: MIA } }],
    ['mine', { kind: 'mine' }],
    ['stuck', { kind: 'stuck' }],
    ['done', { kind: 'done', which: null }],
    ['done g_7K2', { kind: 'done', which: 'g_7K2' }],
    ['done prod-db admin', { kind: 'done', which: 'prod-db:admin' }],
    ['delegate', { kind: 'delegate', what: 'show' }],
    ['delegate OFF', { kind: 'delegate', what: 'off' }],
    [
      'delegate <@U01MIA|mia> until Friday',
      { kind: 'delegate', what: 'name', standIn: MIA, until: 'until friday' },
    ],
    ['delegate <@U01MIA> for 3d', { kind: 'delegate', what: 'name', standIn: MIA, until: 'for 3d' }],
    ['extend', { kind: 'extend', which: null, durationMs: null, reason: '' }],
    ['extend g_7K2', { kind: 'extend', which: 'g_7k2', durationMs: null, reason: '' }],
    ['extend 30m', { kind: 'extend', which: null, durationMs: 30 * MINUTE_MS, reason: '' }],
    ['extend 30m one more', { kind: 'extend', which: null, durationMs: 30 * MINUTE_MS, reason: 'one more' }],
    [
      'extend prod-db:admin for 1 h one more',
      { kind: 'extend', which: 'prod-db:admin', durationMs: 60 * MINUTE_MS, reason: 'one more' },
    ],
    [
      'extend prod-db admin 30m one more',
      { kind: 'extend', which: 'prod-db:admin', durationMs: 30 * MINUTE_MS, reason: 'one more' },
    ],
    ['extend prod-db admin', { kind: 'extend', which: 'prod-db:admin', durationMs: null, reason: '' }],
    ['extend prod-db one more', { kind: 'extend', which: 'prod-db', durationMs: null, reason: 'one more' }],
    ['cancel r_1', { kind: 'cancel', which: 'r_1' }],
    ['nudge', { kind: 'nudge', which: null }],
    ['nudge prod-db admin', { kind: 'nudge', which: 'prod-db:admin' }],
    ['revoke g_7K2 left the team', { kind: 'revoke', which: 'g_7K2', reason: 'left the team' }],
    ['revoke g_7K2', { kind: 'revoke', which: 'g_7K2', reason: '' }],
    ['explain prod-db', { kind: 'explain', resource: 'prod-db', role: null }],
    ['explain prod-db:admin', { kind: 'explain', resource: 'prod-db', role: 'admin' }],
    ['explain Prod-DB admin', { kind: 'explain', resource: 'prod-db', role: 'admin' }],
    ['list', { kind: 'list' }],
    ['whoami', { kind: 'whoami' }],
    ['who am i', { kind: 'whoami' }],
    ['help', { kind: 'help' }],
    ['HELP me', { kind: 'help' }],
  ])('%s', (typed, understood) => {
    expect(parseCommand(typed)).toEqual(understood);
  });

  test.each<[typed: string, suggestion: string | null]>([
    ['hepl', 'help'],
    ['who-hs prod-db', 'who-has prod-db'],
    ['reqest prod-db because', 'request prod-db because'],
    ['revoke', 'revoke <id or role> <reason>'],
    ['explain', 'explain <resource or role>'],
    ['explain prod-db admin now', 'explain <resource or role>'],
    ['done prod-db admin now', 'done <id or role>'],
    ['who-has prod-db admin and more', 'who-has <resource, role or @user>'],
    ['history prod-db admin and more', 'history <resource, role or @user> 30d'],
    ['history 4000d', 'history <resource, role or @user> 30d'],
  ])('%s is not understood, and the nearest thing is named', (typed, suggestion) => {
    expect(parseCommand(typed)).toEqual({ kind: 'unknown', typed, suggestion });
  });
});

describe('whatever is typed', () => {
  const anything = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(
        fc.oneof(
          fc.constantFrom(
            'request',
            'who-has',
            'for',
            '<@U01MIA|mia>',
            '<',
            '>',
            '|',
            ':',
            '30m',
            '1 h',
            '&lt;',
          ),
          fc.constantFrom(
            '<https://x.example|y>',
            '“',
            '\u202E',
            '\u200B',
            '\uD800',
            '<!channel>',
            'prod-db',
          ),
          fc.string(),
        ),
      )
      .map((words) => words.join(' ')),
  );

  test('it never throws, and shows nothing that cannot be seen', () => {
    fc.assert(
      fc.property(anything, (typed) => {
        const said = JSON.stringify(parseCommand(typed));
        expect(said).not.toMatch(/[\u200B-\u200F\u202A-\u202E\u2066-\u2069]/u);
      }),
    );
  });

  test('every word that was typed is kept somewhere', () => {
    const word = fc.stringMatching(/^[a-z]{4,9}$/).filter((text) => parseCommand(text).kind === 'form');
    fc.assert(
      fc.property(word, fc.array(word, { minLength: 1, maxLength: 8 }), (resource, reason) => {
        const kept = JSON.stringify(parseCommand(`request ${resource} 30m ${reason.join(' ')}`));
        for (const each of [resource, ...reason]) {
          expect(kept).toContain(each);
        }
      }),
    );
  });

  test('a mention is a word of its own, with its person', () => {
    expect(readTyped('(<@U01MIA|mia>)')).toEqual([
      { text: '(', userId: null },
      { text: '@mia', userId: MIA },
      { text: ')', userId: null },
    ]);
  });
});
