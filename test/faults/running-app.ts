/** Hallpass, started again whenever it has died. */
import { setTimeout as pause } from 'node:timers/promises';
import type { CrashPoint } from '../support/crash-points.js';
import type { AppProcess, AppProcesses } from './app-process.js';
import type { Timeline } from './timeline.js';

export type RunningApp = {
  /** When it was dead, or could not write. */
  blackouts(this: void): { from: number; to: number }[];
  kill(this: void, downMs: number): void;
  dieAt(this: void, point: CrashPoint | null, downMs: number): void;
  setClock(this: void, byMs: number): void;
  setDiskFull(this: void, full: boolean): Promise<void>;
  now(this: void): Promise<number | null>;
  /** Resolves when it runs, or runs again. */
  up(this: void): Promise<void>;
  complaints(this: void): readonly string[];
  /** All that any of its processes wrote. */
  output(this: void): string;
  stop(this: void): Promise<void>;
};

/** After an end that nobody had ordered. */
const USUAL_DOWN_MS = 500;

export function keepRunning({
  processes,
  folder,
  timeline,
  deliverTo,
}: {
  processes: AppProcesses;
  folder: string;
  timeline: Timeline;
  deliverTo: (port: number) => Promise<void>;
}): RunningApp {
  const blackouts: { from: number; to: number }[] = [];
  const complaints: string[][] = [];
  const outputs: (readonly string[])[] = [];
  let current: AppProcess | null = null;
  const state = { isUp: false, stopped: false };
  let downMs = USUAL_DOWN_MS;
  let clockBy = 0;
  let diskFull = false;
  let dieAt: CrashPoint | null = null;

  async function runOnce(): Promise<void> {
    const process = await processes.take();
    if (state.stopped) {
      process.signal('SIGKILL');
      return;
    }
    current = process;
    if (diskFull) {
      await process.setDiskFull(true);
    }
    process.dieAt(dieAt);
    outputs.push(process.output);
    process.run(folder, clockBy);
    timeline.note('app', `starts as process ${process.pid}`);
    const port = await process.ready;
    if (port !== null) {
      await deliverTo(port);
      state.isUp = true;
      timeline.note('app', 'runs');
    }
    const { code, signal } = await process.exit;
    state.isUp = false;
    current = null;
    blackouts.push({ from: Date.now(), to: Date.now() });
    complaints.push([...process.complaints]);
    const point = dieAt === null ? '' : `, to die at "${dieAt}"`;
    timeline.note('app', `ends (${signal ?? `exit code ${code}`}${point})`);
    dieAt = null;
  }

  const running = (async () => {
    while (!state.stopped) {
      await runOnce();
      if (!state.stopped) {
        await pause(downMs);
        downMs = USUAL_DOWN_MS;
      }
    }
  })();

  return {
    blackouts: () => [...blackouts],
    kill(nextDownMs) {
      downMs = nextDownMs;
      current?.signal('SIGKILL');
    },
    dieAt(point, nextDownMs) {
      dieAt = point;
      downMs = nextDownMs;
      current?.dieAt(point);
    },
    setClock(byMs) {
      clockBy = byMs;
      current?.setClock(byMs);
    },
    async setDiskFull(full) {
      diskFull = full;
      if (full) {
        blackouts.push({ from: Date.now(), to: Infinity });
      } else {
        blackouts.splice(
          0,
          blackouts.length,
          ...blackouts.map(({ from, to }) => ({ from, to: Math.min(to, Date.now()) })),
        );
      }
      await current?.setDiskFull(full);
    },
    now: async () => (current === null ? null : await current.now()),
    async up() {
      while (!state.isUp && !state.stopped) {
        await pause(50);
      }
    },
    output: () => outputs.flat().join('\n'),
    complaints: () => [...complaints.flat(), ...(current?.complaints ?? [])],
    async stop() {
      state.stopped = true;
      current?.signal('SIGKILL');
      await running;
    },
  };
}
