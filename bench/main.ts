/** `npm run bench`: the numbers that Hallpass has to hold, each beside its floor, measured in one run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureInstalled } from '../test/support/servers/ensure-installed.js';
import { startRedis, type RedisServer } from '../test/support/servers/redis.js';
import type { Bench, Row } from './bench.js';
import { holds, type Figure } from './figures.js';
import { factsText, machineFacts } from './machine.js';
import { acknowledgement } from './rows/acknowledgement.js';
import { burst } from './rows/burst.js';
import { decision } from './rows/decision.js';
import { memory } from './rows/memory.js';
import { oneEnd } from './rows/one-end.js';
import { restart } from './rows/restart.js';
import { thousandEnds } from './rows/thousand-ends.js';
import { whoHas } from './rows/who-has.js';
import { build } from './support/build.js';
import { table } from './table.js';

const ROWS: readonly Row[] = [
  acknowledgement,
  burst,
  oneEnd,
  thousandEnds,
  decision,
  restart,
  memory,
  whoHas,
];

const USAGE = `Usage: npm run bench -- [--only NAME]… [--quick] [--json] [--no-fail]

  --only NAME   one row: ${ROWS.map(({ name }) => name).join(', ')}
  --quick       smaller numbers, to see that it runs
  --json        the figures as JSON instead of tables
  --no-fail     end with 0 also when a bound is missed
`;

const { values: given } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    'no-fail': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const unknown = (given.only ?? []).filter((name) => ROWS.every((row) => row.name !== name));

if (given.help || unknown.length > 0) {
  process.stderr.write(unknown.length > 0 ? `There is no row ${unknown.join(', ')}.\n\n${USAGE}` : USAGE);
  process.exitCode = unknown.length > 0 ? 2 : 0;
} else {
  process.exitCode = await run(ROWS.filter(({ name }) => given.only?.includes(name) ?? true));
}

async function run(rows: readonly Row[]): Promise<number> {
  const say = (text: string): void => void (given.json || process.stdout.write(`${text}\n`));
  const folder = mkdtempSync(join(tmpdir(), 'hallpass-bench-'));
  const all: { row: string; title: string; seconds: number; figures: Figure[] }[] = [];
  try {
    await build();
    const machine = machineFacts(folder);
    say(factsText(machine));
    if (given.quick) {
      say('Quick: with smaller numbers than the bounds are meant for.');
    }
    for (const row of rows) {
      const before = performance.now();
      const figures = await withRedis(async (redis) => row.run({ quick: given.quick, folder, redis }));
      const seconds = Math.round((performance.now() - before) / 1_000);
      all.push({ row: row.name, title: row.title, seconds, figures });
      say(`\n${row.title}  [${row.name}, ${seconds} s]\n\n${table(figures)}`);
    }
    if (given.json) {
      process.stdout.write(
        `${JSON.stringify({ machine, quick: given.quick, rows: all.map(withVerdicts) }, null, 2)}\n`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const missed = all.flatMap(({ figures }) => figures).filter((figure) => !holds(figure));
  say(
    missed.length === 0 ? '\nEvery bound holds.' : `\nMissed: ${missed.map(({ what }) => what).join('; ')}.`,
  );
  return missed.length === 0 || given['no-fail'] ? 0 : 1;
}

function withVerdicts(row: { row: string; title: string; seconds: number; figures: Figure[] }) {
  return { ...row, figures: row.figures.map((figure) => ({ ...figure, holds: holds(figure) })) };
}

/** Each use has an empty Redis of its own. */
async function withRedis<Value>(use: (redis: Bench['redis']) => Promise<Value>): Promise<Value> {
  const started: RedisServer[] = [];
  try {
    return await use(async () => {
      const server = await startRedis({}, await ensureInstalled());
      started.push(server);
      return server.url;
    });
  } finally {
    await Promise.all(started.map(async (server) => server.stop()));
  }
}
