import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { percentile } from './figures.js';

export type MachineFacts = {
  readonly node: string;
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGB: number;
  /** Of the minute before: what else the machine had to do. */
  readonly loadBefore: number;
  readonly fsyncMs: { readonly p50: number; readonly p99: number };
};

export function machineFacts(folder: string): MachineFacts {
  return {
    node: process.version,
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGB: Math.round(totalmem() / 2 ** 30),
    loadBefore: loadavg()[0] ?? 0,
    fsyncMs: measureFsync(folder),
  };
}

/** One page appended and synced, as SQLite does at each commit. */
function measureFsync(folder: string): MachineFacts['fsyncMs'] {
  const path = join(folder, 'fsync');
  const file = openSync(path, 'w');
  const page = Buffer.alloc(4_096, 1);
  const times = Array.from({ length: 200 }, () => {
    writeSync(file, page);
    const before = performance.now();
    fdatasyncSync(file);
    return performance.now() - before;
  });
  closeSync(file);
  rmSync(path);
  return { p50: percentile(times, 50), p99: percentile(times, 99) };
}

export function factsText({ node, cores, cpu, memoryGB, loadBefore, fsyncMs }: MachineFacts): string {
  const sync = `fsync p50 ${fsyncMs.p50.toFixed(2)} ms, p99 ${fsyncMs.p99.toFixed(2)} ms`;
  return `Node ${node} · ${cores} cores, ${cpu} · ${memoryGB} GB · ${sync} · load before ${loadBefore.toFixed(1)}`;
}
