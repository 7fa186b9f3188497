import { LogLevel, type Logger } from '@slack/bolt';
import type { Log } from '../ports.js';

const LONGEST = 300;

/**
 * What Bolt and Slack's SDK have to say, in our log. Their debug lines hold whole payloads (reasons,
 * response_urls), so they are never written, whatever our own level is. Of an error only the message is.
 */
export function createBoltLogger(log: Log): Logger {
  return {
    debug() {},
    info: (...said: unknown[]) => log.debug({ slack: shortened(said) }, 'Slack SDK'),
    warn: (...said: unknown[]) => log.warn({ slack: shortened(said) }, 'Slack SDK'),
    error: (...said: unknown[]) => log.error({ slack: shortened(said) }, 'Slack SDK'),
    setLevel() {},
    getLevel: () => LogLevel.INFO,
    setName() {},
  };
}

function shortened(said: readonly unknown[]): string {
  const words = said.map((each) =>
    each instanceof Error ? each.message : typeof each === 'string' ? each : typeof each,
  );
  return words.join(' ').slice(0, LONGEST);
}
