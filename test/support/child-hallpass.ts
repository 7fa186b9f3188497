import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { CrashPoint } from './crash-points.js';
import { letTimePass, readAudit, readRecords, type AuditRead, type Records } from './records.js';
import { personShortcuts, type PersonShortcuts } from './person-shortcuts.js';
import { prepareHallpass, type HallpassOptions, type HallpassPlace } from './running-hallpass.js';
import { waitFor } from './wait-for.js';

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };
export type Line = Readonly<Record<string, unknown>>;

export type HallpassProcess = {
  readonly pid: number;
  /** What it logged so far. */
  readonly log: readonly Line[];
  /** What it wrote to standard error so far: what `start` tells the person who runs it. */
  errors(): string;
  /** The port, once Hallpass runs. Rejects when the process ends before. */
  ready(): Promise<number>;
  exit(): Promise<Exit>;
  signal(name: NodeJS.Signals): void;
};

type Clock = { readonly aheadMs: number };
type Loaded = HallpassProcess & {
  begin(order: Clock & { folder: string; dieAt: CrashPoint | null }): void;
  setClock(clock: Clock): void;
};

/** More at once make each other slow on a small machine, and a restart is no longer a matter of moments. */
const LOADS_AT_ONCE = 2;
const LOAD_WITHIN_MS = 60_000;
const loading = new Set<Promise<unknown>>();

async function loadInTurn(): Promise<Loaded> {
  while (loading.size >= LOADS_AT_ONCE) {
    await Promise.race(loading);
  }
  const load = loadProcess();
  const settled: Promise<boolean> = load.then(
    () => loading.delete(settled),
    () => loading.delete(settled),
  );
  loading.add(settled);
  return await load;
}

async function loadProcess(): Promise<Loaded> {
  const script = fileURLToPath(new URL('hallpass-with-crash-points.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), script], {
    // Nothing from the developer's shell: a REDIS_URL there would change what is tested.
    env: { PATH: '/usr/bin:/bin', TZ: 'UTC' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const log: Line[] = [];
  const errors: string[] = [];
  let exit: Exit | null = null;
  let isLoaded = false;
  child.stderr.setEncoding('utf8').on('data', (text: string) => void errors.push(text));
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('{')) {
      const parsed: Line = JSON.parse(line);
      log.push(parsed);
    } else if (line === 'loaded') {
      isLoaded = true;
    }
  });
  // A process that dies while it is written to.
  child.stdin.on('error', () => undefined);
  child.once('close', (code, signal) => {
    exit = { code, signal };
  });
  await once(child, 'spawn');
  const { pid } = child;
  if (pid === undefined) {
    throw new Error('A process of Hallpass has no pid');
  }
  const told = (): string => `${errors.join('')}\n${log.map((line) => JSON.stringify(line)).join('\n')}`;
  await waitFor('a process of Hallpass to load', () => isLoaded || exit !== null, {
    withinMs: LOAD_WITHIN_MS,
  });
  if (!isLoaded) {
    throw new Error(`A process of Hallpass did not load: ${told()}`);
  }
  return {
    pid,
    log,
    errors: () => errors.join(''),
    begin: (order) => void child.stdin.write(`${JSON.stringify(order)}\n`),
    setClock: (clock) => void child.stdin.write(`${JSON.stringify(clock)}\n`),
    signal: (name) => void child.kill(name),
    async exit() {
      return await waitFor(`a process of Hallpass to end`, () => exit);
    },
    async ready() {
      const port = await waitFor('Hallpass to run', () => {
        const running = log.find(({ msg }) => msg === 'Hallpass is running');
        return running !== undefined ? { at: Number(running['port']) } : exit !== null && { at: null };
      });
      if (port.at === null) {
        throw new Error(`Hallpass ended before it ran: ${told()}`);
      }
      return port.at;
    },
  };
}

export type KillableHallpass = HallpassPlace &
  PersonShortcuts & {
    /** Starts a process on the same database, waits until it runs, and lets Slack deliver to it. */
    start(this: void, dieAt?: CrashPoint): Promise<HallpassProcess>;
    /** Starts a process and waits for nothing. */
    begin(this: void, dieAt?: CrashPoint): Promise<HallpassProcess>;
    /** What the database holds, read beside whoever runs on it. */
    records(this: void): Promise<Records>;
    audit(this: void): Promise<AuditRead>;
    /** The clock of its machine stands so much further ahead: now, and for every later start. */
    setAhead(this: void, ms: number): void;
    /** While nobody runs on it: its rows look as if they had been written so much earlier. */
    letTimePass(this: void, ms: number): Promise<void>;
    /** Changes the text of the catalog's file, for the next start to read. */
    spoilCatalog(this: void, change: (text: string) => string): void;
    stop(this: void): Promise<void>;
  };

/**
 * Everything around Hallpass, and Hallpass as a process that can be killed and started again, up to
 * `starts` times. They are all loaded beforehand, so that a restart is as quick as that of one built file.
 */
export async function prepareKillable({
  starts,
  ...options
}: HallpassOptions & { starts: number }): Promise<KillableHallpass> {
  const waiting = await Promise.all(Array.from({ length: starts }, loadInTurn));
  const all = [...waiting];
  let running: Loaded | null = null;
  let aheadMs = 0;
  const place = await prepareHallpass(options);
  const env = Object.entries(place.env).map(([name, value]) => `${name}="${value}"`);
  writeFileSync(join(place.folder, '.env'), env.join('\n'));
  async function begin(dieAt?: CrashPoint): Promise<HallpassProcess> {
    const next = waiting.shift();
    if (next === undefined) {
      throw new Error(`Only ${starts} starts were prepared`);
    }
    next.begin({ folder: place.folder, dieAt: dieAt ?? null, aheadMs });
    running = next;
    return next;
  }
  return {
    ...place,
    ...personShortcuts(place.world),
    begin,
    async start(dieAt) {
      const one = await begin(dieAt);
      await place.deliverTo(await one.ready());
      return one;
    },
    records: async () => await readRecords(place.databaseFile),
    audit: async () => await readAudit(place.databaseFile),
    setAhead(ms) {
      aheadMs += ms;
      running?.setClock({ aheadMs });
    },
    letTimePass: async (ms) => await letTimePass(place.databaseFile, ms),
    spoilCatalog(change) {
      writeFileSync(place.catalogFile, change(readFileSync(place.catalogFile, 'utf8')));
    },
    async stop() {
      for (const one of all) {
        one.signal('SIGKILL');
        await one.exit();
      }
      await place.remove();
    },
  };
}
