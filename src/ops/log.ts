import { destination as fileDestination, pino, stdTimeFunctions } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { Log } from '../ports.js';
import { scrubFacts, scrubText } from './scrub.js';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export type LogDestination = { write(line: string): unknown };

/**
 * One JSON object a line, or for people at a terminal `pretty`. Every line is written before the call
 * returns, without a worker thread: the last words before an exit are the ones that matter.
 */
export function createLog({
  level,
  pretty,
  destination = fileDestination({ dest: 1, sync: true }),
}: {
  readonly level: LogLevel;
  readonly pretty: boolean;
  readonly destination?: LogDestination;
}): Log {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      // Errors are described already; pino's own way would copy every property of a driver's error.
      serializers: { err: (described: unknown) => described },
      formatters: { level: (label) => ({ level: label }) },
    },
    pretty ? prettified(destination) : destination,
  );
  function write(at: Exclude<LogLevel, 'silent'>): Log['info'] {
    return (facts, message) => {
      if (logger.isLevelEnabled(at)) {
        logger[at](scrubFacts(facts), scrubText(message));
      }
    };
  }
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

function prettified(destination: LogDestination): LogDestination {
  const format = prettyFactory({ colorize: true, translateTime: 'SYS:HH:MM:ss' });
  return { write: (line) => destination.write(format(line)) };
}
