import { LogLevel, type Logger } from '@slack/bolt';
import type { Log } from '../ports.js';

const LONGEST = 300;
/** The call fails or the line ends, too, and whoever made it logs that, once, with the host and the cause. */
const TOLD_BY_CALLER = /^(http request failed|Failed to retrieve a new WSS URL|WebSocket error)/;

/**
 * What Bolt and Slack's SDK have to say, in our log. Their debug lines hold whole payloads (reasons,
 * response_urls), so they are never written, whatever our own level is. Of an error only the message is.
 */
export function createBoltLogger(log: Log): Logger {
  const write = (level: 'warn' | 'error', said: readonly unknown[]): void => {
    const slack = shortened(said);
    log[TOLD_BY_CALLER.test(slack) ? 'debug' : level]({ slack }, 'Slack SDK');
  };
  return {
    debug() {},
    info: (...said: unknown[]) => log.debug({ slack: shortened(said) }, 'Slack SDK'),
    warn: (...said: unknown[]) => write('warn', said),
    error: (...said: unknown[]) => write('error', said),
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
