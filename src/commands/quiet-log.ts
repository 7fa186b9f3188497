import type { Log } from '../ports.js';
import type { Command } from './command.js';

/** What a target says is printed with what was found; only what breaks in Hallpass itself is told at once. */
export function quietLog(command: Command): Log {
  return {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: (_facts, message) => command.err(`hallpass: ${message}`),
  };
}
