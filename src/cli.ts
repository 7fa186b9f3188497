/** The `hallpass` command. Each sub-command answers its exit code. */
import { catalogJsonSchema } from './catalog/schema.js';
import { audit } from './commands/audit.js';
import { check } from './commands/check.js';
import { clock } from './commands/clock.js';
import type { Command } from './commands/command.js';
import { demo } from './commands/demo.js';
import { doctor } from './commands/doctor.js';
import { orphans } from './commands/orphans.js';
import { policy } from './commands/policy.js';
import { reconcile } from './commands/reconcile.js';
import { reload } from './commands/reload.js';
import { sql } from './commands/sql.js';
import { start } from './commands/start.js';
import { stuck } from './commands/stuck.js';
import { removed, retry } from './commands/unstick.js';
import { isCommandName, usageOf, usageOfAll, wrongUsage, type CommandName } from './commands/usage.js';
import { connectorKinds } from './connectors/registry.js';
import { ownVersion } from './version.js';

const HELP: readonly (string | undefined)[] = ['help', '--help', '-h'];
const VERSION: readonly (string | undefined)[] = ['--version', '-V'];

/** These take no arguments; one that is typed all the same was meant to do something. */
const ALONE: readonly CommandName[] = [
  'start',
  'reload',
  'schema',
  'audit',
  'reconcile',
  'stuck',
  'doctor',
  'demo',
];

export async function runCommand(name: string | undefined, command: Command): Promise<number> {
  const { args } = command;
  if (HELP.includes(name)) {
    return help(args[0], command);
  }
  if (VERSION.includes(name)) {
    command.out(ownVersion());
    return 0;
  }
  if (!isCommandName(name)) {
    return unknown(name, command);
  }
  // Whoever asks for help gets it, and nothing else is done.
  if (args.includes('--help') || args.includes('-h')) {
    command.out(usageOf(name));
    return 0;
  }
  if (ALONE.includes(name) && args.length > 0) {
    return wrongUsage(command, name, `${name} takes no ${JSON.stringify(args[0])}`);
  }
  return await run(name, command);
}

function help(about: string | undefined, command: Command): number {
  if (about === undefined || HELP.includes(about)) {
    command.out(usageOfAll());
    return 0;
  }
  if (!isCommandName(about)) {
    return unknown(about, command);
  }
  command.out(usageOf(about));
  return 0;
}

function unknown(name: string | undefined, command: Command): number {
  const problem = name === undefined ? '' : `hallpass: there is no command ${JSON.stringify(name)}\n\n`;
  command.err(`${problem}${usageOfAll()}`);
  return 2;
}

async function run(name: CommandName, command: Command): Promise<number> {
  switch (name) {
    case 'start':
      return await start(command);
    case 'check':
      return check(command);
    case 'policy':
      return await policy(command);
    case 'reload':
      return await reload(command);
    case 'schema':
      command.out(JSON.stringify(catalogJsonSchema(connectorKinds), null, 2));
      return 0;
    case 'sql':
      return sql(command);
    case 'audit':
      return await audit(command);
    case 'reconcile':
      return await reconcile(command);
    case 'orphans':
      return await orphans(command);
    case 'stuck':
      return await stuck(command);
    case 'retry':
      return await retry(command);
    case 'removed':
      return await removed(command);
    case 'clock':
      return await clock(command);
    case 'doctor':
      return await doctor(command);
    case 'demo':
      return await demo(command);
    default:
      return name satisfies never;
  }
}
