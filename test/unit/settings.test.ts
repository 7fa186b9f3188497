import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { readSettings, VARIABLE_NAMES, type Settings } from '../../src/settings.js';

const SOCKET = { SLACK_BOT_TOKEN: 'xoxb-canary-1', SLACK_APP_TOKEN: 'xapp-canary-2' };
const HTTP = { SLACK_BOT_TOKEN: 'xoxb-canary-1', SLACK_SIGNING_SECRET: 'canary-3-signing' };

const directory = mkdtempSync(join(tmpdir(), 'hallpass-settings-'));
afterAll(() => rmSync(directory, { recursive: true }));

function fileWith(content: string): string {
  const file = join(directory, `${Math.random()}`);
  writeFileSync(file, content);
  return file;
}

function accepted(env: Record<string, string | undefined>): Settings {
  const outcome = readSettings(env);
  if (!outcome.ok) {
    throw new Error(outcome.problems.join('\n'));
  }
  return outcome.settings;
}

function problems(env: Record<string, string | undefined>): string[] {
  const outcome = readSettings(env);
  return outcome.ok ? [] : outcome.problems;
}

test('two tokens are enough; everything else has a default', () => {
  const settings = accepted(SOCKET);

  expect(settings).toMatchObject({
    slackMode: { kind: 'socket' },
    slackApiUrl: 'https://slack.com/api/',
    slackCommand: '/access',
    port: 3000,
    catalogFile: './access.yaml',
    databaseFile: './data/hallpass.db',
    redisUrl: null,
    heartbeatUrl: null,
    logLevel: 'info',
  });
  expect(settings.botToken.reveal()).toBe('xoxb-canary-1');
});

test('a signing secret chooses HTTP mode', () => {
  const { slackMode } = accepted(HTTP);

  expect(slackMode.kind === 'http' && slackMode.signingSecret.reveal()).toBe('canary-3-signing');
});

test('every setting can be changed', () => {
  expect(
    accepted({
      ...HTTP,
      SLACK_API_URL: 'http://127.0.0.1:4010/api',
      SLACK_COMMAND: '/jit-access',
      PORT: '8080',
      CATALOG: '/etc/hallpass/access.yaml',
      DATABASE_URL: 'file:///var/lib/hallpass.db',
      LOG_LEVEL: 'debug',
    }),
  ).toMatchObject({
    slackApiUrl: 'http://127.0.0.1:4010/api/',
    slackCommand: '/jit-access',
    port: 8080,
    catalogFile: '/etc/hallpass/access.yaml',
    databaseFile: '/var/lib/hallpass.db',
    logLevel: 'debug',
  });
});

test.each([
  ['file:./data/a.db', './data/a.db'],
  ['file:/data/a.db', '/data/a.db'],
  ['file:///data/a.db', '/data/a.db'],
  ['data/a.db', 'data/a.db'],
])('the database %s is the file %s', (url, file) => {
  expect(accepted({ ...SOCKET, DATABASE_URL: url }).databaseFile).toBe(file);
});

test('an empty string counts as unset', () => {
  expect(accepted({ ...SOCKET, PORT: '', SLACK_SIGNING_SECRET: ' ', REDIS_URL_FILE: '' })).toMatchObject({
    port: 3000,
    slackMode: { kind: 'socket' },
    redisUrl: null,
  });
});

test('everything that is wrong is said at once, each with what was expected and what to do', () => {
  expect(
    problems({
      SLACK_BOT_TOKEN: 'xapp-canary-9',
      SLACK_API_URL: 'http://slack.example.com/api/',
      SLACK_COMMAND: '/Access me',
      PORT: '70000',
      DATABASE_URL: 'postgres://hallpass:canary@db/hallpass',
      REDIS_URL: 'canary:6379',
      LOG_LEVEL: 'loud',
    }),
  ).toEqual([
    'SLACK_APP_TOKEN, SLACK_SIGNING_SECRET: neither is set; expected one of the two; set SLACK_APP_TOKEN for Socket Mode, which needs no public address, or SLACK_SIGNING_SECRET for HTTP mode',
    'SLACK_BOT_TOKEN: does not fit; expected the bot token, which begins with xoxb-; copy it from "OAuth & Permissions" of your Slack app',
    'SLACK_API_URL: does not fit; expected an https:// address, or http:// on this machine; unset it for Slack itself, or set https://slack-gov.com/api/ for GovSlack',
    'SLACK_COMMAND: does not fit; expected a slash and a word in lower case, at most 32 characters together; write it as in your Slack app, such as /access',
    'PORT: does not fit; expected a number from 0 to 65535; choose a free port, such as 3000',
    "DATABASE_URL: does not fit; PostgreSQL is not supported as Hallpass's own database yet; expected a file, such as file:./data/hallpass.db; set one, or unset it for that default",
    'REDIS_URL: does not fit; expected redis://HOST:PORT or rediss://HOST:PORT; correct it, or unset it to run without Redis',
    'LOG_LEVEL: does not fit; expected one of debug, info, warn, error, silent; choose one of them',
  ]);
});

test('a missing bot token and two ways to reach Slack are refused', () => {
  expect(problems({ SLACK_APP_TOKEN: 'xapp-1', SLACK_SIGNING_SECRET: 'canary-3-signing' })).toEqual([
    'SLACK_APP_TOKEN, SLACK_SIGNING_SECRET: both are set; expected one of the two; keep SLACK_APP_TOKEN for Socket Mode, which needs no public address, or SLACK_SIGNING_SECRET for HTTP mode, and unset the other',
    'SLACK_BOT_TOKEN: is not set; expected the bot token, which begins with xoxb-; copy it from "OAuth & Permissions" of your Slack app',
  ]);
});

test.each([':memory:', 'file::memory:', 'file:', 'mysql://db/x', 'postgresql://db/x', 'file://host/x'])(
  'the database %s is refused',
  (url) => {
    expect(problems({ ...SOCKET, DATABASE_URL: url })).toEqual([
      expect.stringMatching(
        /^DATABASE_URL: does not fit; .*expected a file, such as file:\.\/data\/hallpass\.db; set one/,
      ),
    ]);
  },
);

test.each(['access', '/', `/${'a'.repeat(32)}`, '/Access', '/a b', '//a'])(
  'the command %s is refused',
  (command) => {
    expect(problems({ ...SOCKET, SLACK_COMMAND: command })).toHaveLength(1);
  },
);

describe('a value in a mounted file', () => {
  test('is read without the line break at its end', () => {
    const { slackMode } = accepted({
      SLACK_BOT_TOKEN: 'xoxb-1',
      SLACK_APP_TOKEN_FILE: fileWith('xapp-from-a-file\n'),
    });

    expect(slackMode.kind === 'socket' && slackMode.appToken.reveal()).toBe('xapp-from-a-file');
  });

  test('is refused beside the value itself', () => {
    expect(problems({ ...SOCKET, SLACK_BOT_TOKEN_FILE: fileWith('xoxb-2') })).toEqual([
      'SLACK_BOT_TOKEN: is set, and so is SLACK_BOT_TOKEN_FILE; expected one of the two; unset the one you do not mean',
    ]);
  });

  test('is named by its variable alone when the file is missing or empty', () => {
    expect(
      problems({
        SLACK_BOT_TOKEN_FILE: join(directory, 'missing'),
        SLACK_SIGNING_SECRET_FILE: fileWith(' \n'),
      }),
    ).toEqual([
      'SLACK_BOT_TOKEN_FILE: its file cannot be read; expected the path of a file that holds SLACK_BOT_TOKEN; check the path and who may read it',
      'SLACK_SIGNING_SECRET_FILE: its file is empty; expected a file that holds SLACK_SIGNING_SECRET; put the value into it',
    ]);
  });
});

test('no secret is shown, in whatever way settings or problems are printed', () => {
  const settings = accepted({ ...SOCKET, REDIS_URL: 'redis://:canary@cache:6379' });
  const wrong = problems({
    SLACK_BOT_TOKEN: 'canary',
    SLACK_APP_TOKEN: 'canary',
    SLACK_SIGNING_SECRET_FILE: fileWith('canary'),
    REDIS_URL: 'http://:canary@cache',
  });

  const printed = [
    inspect(settings, { depth: 9, showHidden: true }),
    JSON.stringify(settings),
    String(settings.botToken),
    ...wrong,
  ].join('\n');
  expect(printed).not.toContain('canary');
  expect(printed).toContain('[secret]');
  expect(settings.redisUrl?.reveal()).toBe('redis://:canary@cache:6379');
});

test('.env.example names every variable, and no other', () => {
  const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
  const named = [...example.matchAll(/^(?:# )?([A-Z_]+)=/gm)].map(([, name]) => name);

  expect(named).toEqual(VARIABLE_NAMES);
});

test.each(['https://hc-ping.example.com/canary?create=1', 'http://127.0.0.1:8000/ping/canary'])(
  'a heartbeat goes to %s',
  (url) => {
    const { heartbeatUrl } = accepted({ ...SOCKET, HEARTBEAT_URL_FILE: fileWith(`${url}\n`) });

    expect(heartbeatUrl?.reveal()).toBe(url);
    expect(inspect(heartbeatUrl)).not.toContain('canary');
  },
);

test.each([
  'http://hc-ping.example.com/canary',
  'https://user:canary@hc-ping.example.com/',
  'canary',
  'ftp://127.0.0.1/canary',
])('no heartbeat goes to %s, and the value is not repeated', (url) => {
  const [problem, ...more] = problems({ ...SOCKET, HEARTBEAT_URL: url });

  expect(more).toEqual([]);
  expect(problem).toMatch(/^HEARTBEAT_URL: does not fit; expected an https:\/\/ address/);
  expect(problem).not.toContain('canary');
});
