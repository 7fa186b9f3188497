/** `npm run test:faults -- --runs N --seed S`: N runs, with the seeds S, S + 1, …; one line for each. */
import { parseArgs } from 'node:util';
import { POSTGRES_MODES } from '../support/postgres-setup.js';
import { ensureInstalled } from '../support/servers/ensure-installed.js';
import { loadAppProcesses } from './app-process.js';
import { runSeed, type Outcome } from './run.js';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10' },
    seed: { type: 'string' },
    /** The one fault that strikes: 'redis frozen', say. */
    only: { type: 'string' },
    /** The connector's mode: group, function or ephemeral. Each seed has one of its own without it. */
    mode: { type: 'string' },
    /** So many runs beside each other: most of a run is waiting. */
    'at-once': { type: 'string', default: '2' },
    /** The timeline also of a run in which all is well. */
    timeline: { type: 'boolean', default: false },
  },
});
const runs = Number(values.runs);
const firstSeed =
  values.seed === undefined ? Math.floor(Date.now() / 1_000) % 1_000_000 : Number(values.seed);
const mode = POSTGRES_MODES.find((each) => each === values.mode);
if (values.mode !== undefined && mode === undefined) {
  throw new Error(`There is no mode ${values.mode}; there are: ${POSTGRES_MODES.join(', ')}`);
}
const atOnce = Math.min(Number(values['at-once']), runs);

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const servers = await ensureInstalled();
const processes = loadAppProcesses(atOnce * 2);
const failed: number[] = [];
let opened = 0;
let shown = 0;
let slowestMs = 0;
let next = firstSeed;

function report(outcome: Outcome): void {
  const { seed, problems, faults, grants, settledMs, timeline, complaints } = outcome;
  const verdict = problems.length === 0 ? 'held' : 'BROKEN';
  say(
    `seed ${seed}, ${outcome.mode}${outcome.isSwept ? ', swept' : ''}: ${verdict}, ${grants} grants, ${outcome.secrets} secrets, settled in ${settledMs} ms; ${faults.join(' · ')}`,
  );
  opened += grants;
  shown += outcome.secrets;
  slowestMs = Math.max(slowestMs, settledMs);
  if (problems.length > 0 || values.timeline) {
    say(
      [
        timeline,
        ...complaints.map((line) => `  log: ${line.slice(0, 400)}`),
        ...problems.map((each) => `  BROKEN ${each}`),
      ].join('\n'),
    );
  }
  if (problems.length > 0) {
    failed.push(seed);
    const only = values.only === undefined ? '' : ` --only '${values.only}'`;
    say(`  replay: npm run test:faults -- --seed ${seed} --mode ${outcome.mode}${only} --runs 1`);
  }
}

async function worker(): Promise<void> {
  while (next < firstSeed + runs) {
    const seed = next;
    next += 1;
    try {
      report(await runSeed(seed, servers, processes, { only: values.only, mode }));
    } catch (error) {
      failed.push(seed);
      say(`seed ${seed}: the run itself broke: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
}

await Promise.all(Array.from({ length: atOnce }, worker));
await processes.stop();
say(
  `${runs} runs from seed ${firstSeed} on, ${opened} grants, ${shown} secrets, settled within ${slowestMs} ms: ${runs - failed.length} held, ${failed.length} broken${failed.length === 0 ? '' : ` (${failed.join(', ')})`}`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
