import { z } from 'zod';
import { Secret } from './secret.js';
import { readVariable, type Environment } from './variables.js';

const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** How Slack reaches Hallpass: through a socket that Hallpass opens, or by signed HTTP requests. */
export type SlackMode =
  | { readonly kind: 'socket'; readonly appToken: Secret }
  | { readonly kind: 'http'; readonly signingSecret: Secret };

export type Settings = {
  readonly botToken: Secret;
  readonly slackMode: SlackMode;
  /** Ends in a slash. */
  readonly slackApiUrl: string;
  /** With its slash: `/access`. */
  readonly slackCommand: string;
  readonly port: number;
  /** The address to listen on; null for every interface. */
  readonly host: string | null;
  readonly catalogFile: string;
  readonly databaseFile: string;
  /** May hold a password; null: the timer of this process. */
  readonly redisUrl: Secret | null;
  /** Pinged while all is well; whoever knows it can say so in our stead. Null: nobody is. */
  readonly heartbeatUrl: Secret | null;
  readonly logLevel: LogLevel;
};

export type SettingsOutcome =
  | { readonly ok: true; readonly settings: Settings }
  | { readonly ok: false; readonly problems: string[] };

/** Every message says what was expected and what to do; none repeats the value. */
const variables = z.object({
  SLACK_BOT_TOKEN: secret({
    pattern: /^xoxb-\S+$/,
    expected:
      'expected the bot token, which begins with xoxb-; copy it from "OAuth & Permissions" of your Slack app',
  }),
  SLACK_APP_TOKEN: secret({
    pattern: /^xapp-\S+$/,
    expected:
      'expected an app-level token, which begins with xapp-; make one with connections:write under "Basic Information" of your Slack app',
  }).optional(),
  SLACK_SIGNING_SECRET: secret({
    pattern: /^\S{8,}$/,
    expected:
      'expected the signing secret, at least 8 characters without spaces; copy it from "Basic Information" of your Slack app',
  }).optional(),
  SLACK_API_URL: z.string().transform(apiUrl).prefault('https://slack.com/api/'),
  SLACK_COMMAND: z
    .string()
    .regex(/^\/[^\s\p{Lu}/]{1,31}$/u, {
      error:
        'expected a slash and a word in lower case, at most 32 characters together; write it as in your Slack app, such as /access',
    })
    .default('/access'),
  PORT: z
    .string()
    .regex(/^\d{1,5}$/, { error: 'expected a number from 0 to 65535; choose a free port, such as 3000' })
    .transform(Number)
    .refine((port) => port <= 65_535, {
      error: 'expected a number from 0 to 65535; choose a free port, such as 3000',
    })
    .default(3000),
  HOST: z
    .string()
    .regex(/^[\w.:-]+$/, {
      error: 'expected an address to listen on, such as 127.0.0.1; or unset it for every interface',
    })
    .optional(),
  CATALOG: z.string().default('./access.yaml'),
  DATABASE_URL: z.string().transform(databaseFile).prefault('file:./data/hallpass.db'),
  REDIS_URL: secret({
    pattern: /^rediss?:\/\/[^\s/?#]+/,
    expected:
      'expected redis://HOST:PORT or rediss://HOST:PORT; correct it, or unset it to run without Redis',
  }).optional(),
  HEARTBEAT_URL: z.string().transform(heartbeatUrl).optional(),
  LOG_LEVEL: z
    .enum(LOG_LEVELS, { error: `expected one of ${LOG_LEVELS.join(', ')}; choose one of them` })
    .default('info'),
});

/** Each may also be given as NAME_FILE, the path of a file that holds the value. */
export const VARIABLE_NAMES: readonly string[] = Object.keys(variables.shape);

/** All settings, or everything that is wrong with them at once. Reads files named by NAME_FILE variables. */
export function readSettings(env: Environment): SettingsOutcome {
  const problems: string[] = [];
  const values: Record<string, string> = {};
  const unread = new Set<string>();
  for (const name of VARIABLE_NAMES) {
    const variable = readVariable(name, env);
    if (variable.kind === 'value') {
      values[name] = variable.text;
    } else if (variable.kind === 'problem') {
      problems.push(variable.problem);
      unread.add(name);
    }
  }
  const given = (name: string): boolean => unread.has(name) || Object.hasOwn(values, name);
  problems.push(...modeProblems(given('SLACK_APP_TOKEN'), given('SLACK_SIGNING_SECRET')));

  const parsed = variables.safeParse(values);
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0]);
    if (!unread.has(name)) {
      problems.push(`${name}: ${given(name) ? 'does not fit' : 'is not set'}; ${issue.message}`);
    }
  }
  if (!parsed.success || problems.length > 0) {
    return { ok: false, problems };
  }
  return { ok: true, settings: toSettings(parsed.data) };
}

/** The database's file alone, for commands that need no Slack. */
export function readDatabaseFile(
  env: Environment,
): { readonly ok: true; readonly file: string } | { readonly ok: false; readonly problem: string } {
  const variable = readVariable('DATABASE_URL', env);
  if (variable.kind === 'problem') {
    return { ok: false, problem: variable.problem };
  }
  const parsed = variables.shape.DATABASE_URL.safeParse(
    variable.kind === 'value' ? variable.text : undefined,
  );
  return parsed.success
    ? { ok: true, file: parsed.data }
    : { ok: false, problem: `DATABASE_URL: does not fit; ${parsed.error.issues[0]?.message ?? ''}` };
}

function modeProblems(appToken: boolean, signingSecret: boolean): string[] {
  if (appToken && signingSecret) {
    return [
      'SLACK_APP_TOKEN, SLACK_SIGNING_SECRET: both are set; expected one of the two; keep SLACK_APP_TOKEN for Socket Mode, which needs no public address, or SLACK_SIGNING_SECRET for HTTP mode, and unset the other',
    ];
  }
  if (!appToken && !signingSecret) {
    return [
      'SLACK_APP_TOKEN, SLACK_SIGNING_SECRET: neither is set; expected one of the two; set SLACK_APP_TOKEN for Socket Mode, which needs no public address, or SLACK_SIGNING_SECRET for HTTP mode',
    ];
  }
  return [];
}

function toSettings(values: z.infer<typeof variables>): Settings {
  return {
    botToken: values.SLACK_BOT_TOKEN,
    slackMode: slackMode(values),
    slackApiUrl: values.SLACK_API_URL,
    slackCommand: values.SLACK_COMMAND,
    port: values.PORT,
    host: values.HOST ?? null,
    catalogFile: values.CATALOG,
    databaseFile: values.DATABASE_URL,
    redisUrl: values.REDIS_URL ?? null,
    heartbeatUrl: values.HEARTBEAT_URL ?? null,
    logLevel: values.LOG_LEVEL,
  };
}

function slackMode(values: z.infer<typeof variables>): SlackMode {
  if (values.SLACK_APP_TOKEN !== undefined) {
    return { kind: 'socket', appToken: values.SLACK_APP_TOKEN };
  }
  if (values.SLACK_SIGNING_SECRET !== undefined) {
    return { kind: 'http', signingSecret: values.SLACK_SIGNING_SECRET };
  }
  throw new Error('Settings without a way to reach Slack passed their check');
}

function secret({ pattern, expected }: { pattern: RegExp; expected: string }) {
  return z
    .string({ error: expected })
    .regex(pattern, { error: expected })
    .transform((text) => new Secret(text));
}

/** Tokens travel to this address: in the clear only within this machine. */
function apiUrl(text: string, context: z.RefinementCtx<string>): string {
  const url = safeUrl(text);
  if (url !== null) {
    return url.href.endsWith('/') ? url.href : `${url.href}/`;
  }
  context.addIssue({
    code: 'custom',
    message:
      'expected an https:// address, or http:// on this machine; unset it for Slack itself, or set https://slack-gov.com/api/ for GovSlack',
  });
  return z.NEVER;
}

function heartbeatUrl(text: string, context: z.RefinementCtx<string>): Secret {
  const url = safeUrl(text);
  if (url !== null && url.username === '' && url.password === '') {
    return new Secret(url.href);
  }
  context.addIssue({
    code: 'custom',
    message:
      'expected an https:// address without a name or password in it, or http:// on this machine; copy the ping URL of your check, or unset it',
  });
  return z.NEVER;
}

function safeUrl(text: string): URL | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  const loopback = url !== null && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && loopback) ? url : null;
}

function databaseFile(text: string, context: z.RefinementCtx<string>): string {
  const path = text.replace(/^file:(\/\/(?=\/))?/, '');
  const problem = databaseProblem(text, path);
  if (problem === null) {
    return path;
  }
  context.addIssue({ code: 'custom', message: problem });
  return z.NEVER;
}

function databaseProblem(text: string, path: string): string | null {
  const expected = 'expected a file, such as file:./data/hallpass.db';
  if (/^postgres(ql)?:/i.test(text)) {
    return `PostgreSQL is not supported as Hallpass's own database yet; ${expected}; set one, or unset it for that default`;
  }
  if (path.includes(':memory:')) {
    return `a database in memory would forget what has to be revoked; ${expected}; set one, or unset it for that default`;
  }
  if (path === '' || /^[a-z][a-z\d+.-]+:/i.test(path) || path.startsWith('//')) {
    return `${expected}; set one, or unset it for that default`;
  }
  return null;
}
