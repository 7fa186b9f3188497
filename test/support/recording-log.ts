import type { Log } from '../../src/ports.js';

export type LogLine = {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly facts: Readonly<Record<string, unknown>>;
  readonly message: string;
};

/** Keeps what was logged, for tests that ask whether something was said. */
export function recordingLog(): Log & { readonly lines: readonly LogLine[] } {
  const lines: LogLine[] = [];
  function record(level: LogLine['level']) {
    return (facts: LogLine['facts'], message: string) => void lines.push({ level, facts, message });
  }
  return {
    lines,
    debug: record('debug'),
    info: record('info'),
    warn: record('warn'),
    error: record('error'),
  };
}
