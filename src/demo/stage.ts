import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startApp } from '../app.js';
import type { Command } from '../commands/command.js';
import { startSlackWorld, type SlackWorld } from '../emulated-slack/world.js';
import { createLog } from '../ops/log.js';
import type { Log } from '../ports.js';
import { readSettings, type Settings } from '../settings.js';
import { createSystemClock } from '../wakeups/system-clock.js';
import { readVariable } from '../variables.js';
import type { Belongings } from './belongings.js';
import { APPROVALS, CAST, CATALOG } from './cast.js';
import type { Expectations } from './expectations.js';
import type { Screen } from './screen.js';
import type { Target } from './target.js';
import { findWakeUpSource, type WakeUpSource } from './wake-up-source.js';

/** What the story is played on: the real app, a pretend Slack, a real database. */
export type Stage = {
  readonly world: SlackWorld;
  readonly target: Target;
  readonly databaseFile: string;
  readonly screen: Screen;
  readonly expectations: Expectations;
};

export type Parts = {
  readonly command: Command;
  readonly belongings: Belongings;
  readonly screen: Screen;
  readonly expectations: Expectations;
  readonly startTarget: (belongings: Belongings) => Promise<Target>;
};

/** Something that whoever runs the demo can mend. */
export class WrongSettings extends Error {
  override name = 'WrongSettings';
}

/** Throws when the demo is asked to end meanwhile. */
export async function setStage({ command, belongings, startTarget, ...rest }: Parts): Promise<Stage> {
  const { stopping } = command;
  const target = await startTarget(belongings);
  stopping.throwIfAborted();
  const wakeUps = await findWakeUpSource(command.env, belongings);
  stopping.throwIfAborted();
  const secrets = { signing: randomBytes(16).toString('hex'), bot: `xoxb-${randomBytes(8).toString('hex')}` };
  const world = await startSlackWorld({
    people: CAST,
    channels: [APPROVALS],
    signingSecret: secrets.signing,
    botToken: secrets.bot,
  });
  belongings.add('The pretend Slack', () => world.stop());

  const catalogFile = join(belongings.folder, 'access.yaml');
  await writeFile(catalogFile, CATALOG);
  const databaseFile = join(belongings.folder, 'hallpass.db');
  const settings = toSettings({
    SLACK_BOT_TOKEN: secrets.bot,
    SLACK_SIGNING_SECRET: secrets.signing,
    SLACK_API_URL: world.apiUrl,
    HOST: '127.0.0.1',
    PORT: '0',
    CATALOG: catalogFile,
    DATABASE_URL: `file:${databaseFile}`,
    LOG_LEVEL: wantedLogLevel(command),
    ...(wakeUps.redis === null ? {} : { REDIS_URL: wakeUps.redis.url }),
  });
  const app = await startApp({
    settings,
    env: { ORDERS_DB_URL: target.url },
    clock: createSystemClock(),
    log: logOf(settings, command),
    ...(wakeUps.redis === null ? {} : { redisKeyPrefix: wakeUps.redis.keyPrefix }),
  });
  belongings.add('The app', () => app.stop());
  stopping.throwIfAborted();
  const port = app.port();
  if (port === null) {
    throw new Error('No port could be had on 127.0.0.1');
  }
  world.deliverTo(`http://127.0.0.1:${port}/slack/events`);
  introduce(rest.screen, { port, target, wakeUps });
  return { world, target, databaseFile, ...rest };
}

/** Of the audience's own settings only this one counts: theirs are for another Hallpass. */
function wantedLogLevel({ env }: Command): string {
  const wanted = readVariable('LOG_LEVEL', env);
  return wanted.kind === 'value' ? wanted.text : 'error';
}

function toSettings(variables: Readonly<Record<string, string>>): Settings {
  const read = readSettings(variables);
  if (!read.ok) {
    throw new WrongSettings(read.problems.join('\n'));
  }
  return read.settings;
}

/** Beside the story, not in it. */
function logOf({ logLevel }: Settings, command: Command): Log {
  return createLog({
    level: logLevel,
    pretty: command.isTerminal,
    destination: { write: (line) => command.err(line.trimEnd()) },
  });
}

function introduce(
  screen: Screen,
  { port, target, wakeUps }: { port: number | null; target: Target; wakeUps: WakeUpSource },
): void {
  screen.facts([
    ['Hallpass', `the real app, taking signed requests on 127.0.0.1:${port}`],
    ['Slack', 'a pretend workspace, in this process'],
    ['Target', target.engine],
    ['Wake-ups', wakeUps.words],
    ['Its database', 'a throw-away SQLite file'],
    ['People', 'dana and max are engineers; mia and sam approve'],
  ]);
}
