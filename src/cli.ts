/** The `hallpass` command. Each sub-command answers its exit code. */
import { catalogJsonSchema } from './catalog/schema.js';
import { audit } from './commands/audit.js';
import { check } from './commands/check.js';
import { clock } from './commands/clock.js';
import type { Command } from './commands/command.js';
import { demo } from './commands/demo.js';
import { orphans } from './commands/orphans.js';
import { reconcile } from './commands/reconcile.js';
import { sql } from './commands/sql.js';
import { start } from './commands/start.js';
import { stuck } from './commands/stuck.js';
import { removed, retry } from './commands/unstick.js';
import { connectorKinds } from './connectors/registry.js';

const USAGE = `Usage: hallpass COMMAND

  start            run the bot; settings come from the environment (.env.example lists them)
  check [FILE]     check a catalog (default: $CATALOG, or ./access.yaml), without a network
  schema           print the catalog's JSON Schema, for editors
  sql KIND         print what an administrator runs in the target for a kind of connector, such as postgres
  audit            print the audit trail as JSON lines, and verify its chain; reads $DATABASE_URL
  reconcile        hold every target against the database, and print what differs
  orphans          list access that nothing explains
  orphans remove ID --reason "…"
                   have it taken away by the running bot
  stuck            list the revocations that fail: since when, why, and what to do
  retry ENTITLEMENT
                   have one of those tried at once by the running bot
  removed ENTITLEMENT --reason "…"
                   say that it was removed by hand; the running bot reads it back first
  clock [accept]   compare the machine's clock with what is on record; accept it after it stood ahead
  demo             play the whole story on this machine, with a pretend Slack and a real PostgreSQL
  help             this text

Exit codes: 0 done, 1 failed, 2 wrong usage or settings.`;

/** These take no arguments; one that is typed all the same was meant to do something. */
const ALONE: readonly (string | undefined)[] = ['start', 'schema', 'audit', 'demo'];

export async function runCommand(name: string | undefined, command: Command): Promise<number> {
  // Whoever asks for help gets it, and nothing else is done.
  if (command.args.length === 1 && ['--help', '-h'].includes(command.args[0] ?? '')) {
    return await runCommand('help', { ...command, args: [] });
  }
  if (ALONE.includes(name) && command.args.length > 0) {
    command.err(`Usage: hallpass ${name}`);
    return 2;
  }
  switch (name) {
    case 'start':
      return await start(command);
    case 'check':
      return check(command);
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
    case 'demo':
      return await demo(command);
    case 'help':
    case '--help':
    case '-h':
      command.out(USAGE);
      return 0;
    case undefined:
      command.err(USAGE);
      return 2;
    default:
      command.err(`hallpass: there is no command ${JSON.stringify(name)}\n\n${USAGE}`);
      return 2;
  }
}
