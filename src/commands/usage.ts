/** What each sub-command says about itself. */
import type { Command } from './command.js';

/** `what`: one line for the list of commands. `text`: what follows "Usage: ". */
type Usage = { readonly what: string; readonly text: string };

const DATABASE = 'Reads DATABASE_URL (default: file:./data/hallpass.db); the bot may be running.';
const CATALOG = 'The catalog is the file that CATALOG names (default: ./access.yaml).';
const ENTITLEMENT =
  '`hallpass stuck` lists the entitlements. Of an id its beginning is enough, at least 6 letters of it.';
const SETTINGS_CODE = '2 wrong usage, or the database cannot be used';

const USAGES = {
  start: {
    what: 'run the bot',
    text: `hallpass start

Runs until it is asked to end, by SIGTERM or Ctrl-C. Settings come from the environment, and from .env in the
working folder; .env.example lists them. SIGHUP has it read its catalog anew, as \`hallpass reload\` does.

Exit codes: 0 ended as asked, 1 it broke, 2 wrong usage, settings, catalog or database.`,
  },
  check: {
    what: 'check a catalog, without a network',
    text: `hallpass check [FILE]

Says everything that is wrong with the catalog FILE, by line and column. Without FILE: the file that CATALOG names,
or ./access.yaml. Asks neither Slack nor a target. A secret that is not set here is a warning: where the check runs,
in CI say, secrets are often not there.

Exit codes: 0 valid, also with warnings; 1 not valid, or not readable; 2 wrong usage.`,
  },
  policy: {
    what: 'try what policies decide, on people and clicks that a file describes',
    text: `hallpass policy test FILE
       hallpass policy explain USER ROLE [--at TIME]

\`test\` plays the tests of FILE against the catalog that it names, or that CATALOG names (default: ./access.yaml), and says
what came out differently. Asks neither Slack nor a target, and keeps nothing. docs/policies.md shows such a file;
access.example.test.yaml is one.

\`explain\` says what USER, a Slack member id or an e-mail address, would read of \`/access explain ROLE\`: may they
ask, who decides, for how long; with --at as if it were that moment, such as 2026-11-27T09:00:00+01:00. It asks Slack who
is in which group and reads what is held, so it takes the settings of \`hallpass start\` and a database of an earlier start.

Exit codes: 0 all as expected, or explained; 1 something is not as expected, or nobody is called so, or Slack does not
answer; 2 wrong usage or settings, or a file that can't be used.`,
  },
  reload: {
    what: 'have the running bot read its catalog anew',
    text: `hallpass reload

The bot reads the file that its own CATALOG names, as a whole or not at all, and this says which; so does SIGHUP,
without an answer. One that is broken, or that drops what live access needs, is refused: all stays as it was.
${DATABASE}

Exit codes: 0 taken, or the one in force already; 1 refused, no bot runs, or it does not answer; ${SETTINGS_CODE}.`,
  },
  schema: {
    what: "print the catalog's JSON Schema, for editors",
    text: 'hallpass schema\n\nExit codes: 0 done, 2 wrong usage.',
  },
  sql: {
    what: 'print what an administrator runs in a target, such as postgres',
    text: `hallpass sql KIND

KIND is a kind of connector, as the catalog has it after \`use:\`. Prints the SQL that a DBA reads and runs.

Exit codes: 0 done, 2 wrong usage, or a kind without SQL.`,
  },
  audit: {
    what: 'print the audit trail as JSON lines, and verify its chain',
    text: `hallpass audit

Prints one event a line; what the chain shows follows on the error stream. ${DATABASE}

Exit codes: 0 the chain is whole, 1 it is broken, ${SETTINGS_CODE}.`,
  },
  reconcile: {
    what: 'hold every target against the database, and print what differs',
    text: `hallpass reconcile

Reads back what people hold through Hallpass in each target, but for what is being given or taken just then, and
looks for access that nothing explains. ${CATALOG}
Where that file is broken: the last good catalog, on which the bot runs then.
${DATABASE}

Exit codes: 0 all was read, and nothing needs a look (standing access is listed, and does not count);
1 something differs, can't be taken away, or could not be read; 2 wrong usage or catalog, or the database cannot be used.`,
  },
  orphans: {
    what: 'list access that nothing explains; have it taken away',
    text: `hallpass orphans
       hallpass orphans remove ID --reason "WHY"

Lists access that bears Hallpass's mark and that no row explains. \`remove\` has one taken away by the running bot.
To give one a person and an end, adopt it: \`/access reconcile\` in Slack.
${DATABASE}

Exit codes: 0 done, 1 refused, ${SETTINGS_CODE}.`,
  },
  stuck: {
    what: 'list the revocations that fail: since when, why, what to do',
    text: `hallpass stuck

${DATABASE}

Exit codes: 0 listed, however many there are; ${SETTINGS_CODE}.`,
  },
  retry: {
    what: 'have a stuck revocation tried at once by the running bot',
    text: `hallpass retry ENTITLEMENT

${ENTITLEMENT}
${DATABASE}

Exit codes: 0 done, 1 not stuck, or not known; ${SETTINGS_CODE}.`,
  },
  removed: {
    what: 'say that access was removed by hand; the bot reads it back first',
    text: `hallpass removed ENTITLEMENT --reason "WHO REMOVED IT, AND HOW YOU KNOW"

Who marks it again takes the place of the mark before; the audit trail keeps both.
${ENTITLEMENT}
${DATABASE}

Exit codes: 0 done, 1 not stuck, or not known; ${SETTINGS_CODE}.`,
  },
  clock: {
    what: "compare the machine's clock with what is on record",
    text: `hallpass clock [accept]

Says how the clock stands to the newest event on record. \`accept\` goes on by a clock that stands before it, because
it stood ahead when that event was written: only while Hallpass is stopped and nothing is open.

Exit codes: 0 all is well, or accepted; 1 the clock stands before the record, or not accepted; ${SETTINGS_CODE}.`,
  },
  doctor: {
    what: 'ask Slack whether it takes what Hallpass shows',
    text: `hallpass doctor

Sends an example of each card, message, form and tab, also as long as they can be, to Slack's blocks.validate, which posts
nothing, and says what it would refuse. Takes the settings of \`hallpass start\`; the bot may be running.

Exit codes: 0 Slack takes all of it; 1 it refuses some, or does not answer; 2 wrong usage or settings.`,
  },
  demo: {
    what: 'play the whole story here: a pretend Slack, a real PostgreSQL',
    text: `hallpass demo

Needs development packages: run it from a clone, after npm ci.

Exit codes: 0 all went as told, 1 it did not, 2 wrong usage.`,
  },
} as const satisfies Record<string, Usage>;

export type CommandName = keyof typeof USAGES;

export function isCommandName(name: string | undefined): name is CommandName {
  return name !== undefined && Object.hasOwn(USAGES, name);
}

export function usageOf(name: CommandName): string {
  return `Usage: ${USAGES[name].text}`;
}

export function usageOfAll(): string {
  const lines = Object.entries(USAGES).map(([name, { what }]) => `  ${name.padEnd(10)} ${what}`);
  return `Usage: hallpass COMMAND

${lines.join('\n')}
  help       this text; \`hallpass COMMAND --help\` says more about one
  --version  the version

Exit codes: 0 done, 1 failed, 2 wrong usage or settings.`;
}

/** Says what is wrong, where there is something to say, and how it is used. Answers the exit code. */
export function wrongUsage(command: Command, name: CommandName, problem?: string): number {
  command.err(`${problem === undefined ? '' : `hallpass: ${problem}\n\n`}${usageOf(name)}`);
  return 2;
}
