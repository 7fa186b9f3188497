#!/usr/bin/env node
/** The only place that knows the process: its arguments, environment, signals and exit. */
import { existsSync } from 'node:fs';
import { runCommand } from './cli.js';

// The database, its backups and its lock hold names and reasons: nobody else on the machine reads them.
process.umask(0o077);

// What the environment sets already is left as it is.
if (existsSync('.env')) {
  process.loadEnvFile('.env');
}

const stopping = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    // A second signal does not wait for what is under way: the database has it.
    if (stopping.signal.aborted) {
      process.exit(1);
    }
    stopping.abort(signal);
  });
}

// Whoever reads along may leave early, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') {
    throw error;
  }
  stopping.abort('EPIPE');
});

const [name, ...args] = process.argv.slice(2);
process.exitCode = await runCommand(name, {
  args,
  env: process.env,
  stopping: stopping.signal,
  onHangUp: (act) => void process.on('SIGHUP', act),
  isTerminal: process.stdout.isTTY,
  out: (text) => void process.stdout.write(`${text}\n`),
  err: (text) => void process.stderr.write(`${text}\n`),
});

// What could not be closed must not hold the process for ever.
setTimeout(() => process.exit(), 5_000).unref();
