import { LogLevel } from '@slack/bolt';
import { expect, test } from 'vitest';
import { createBoltLogger } from '../../../src/slack/bolt-logger.js';

test('a call that failed is left to whoever made it, who knows the host and the cause', () => {
  const lines: string[] = [];
  const note = (level: string) => () => void lines.push(level);
  const logger = createBoltLogger({
    debug: note('debug'),
    info: note('info'),
    warn: note('warn'),
    error: note('error'),
  });

  logger.warn('http request failed', 'fetch failed');
  logger.error('Failed to retrieve a new WSS URL (error: fetch failed)');
  logger.error('Something else');

  expect(lines).toEqual(['debug', 'debug', 'error']);
});

test('what the SDK would write at debug is never written, at any level of ours', () => {
  const lines: unknown[] = [];
  const note = (facts: unknown, message: string): void => void lines.push([facts, message]);
  const logger = createBoltLogger({ debug: note, info: note, warn: note, error: note });

  logger.setLevel(LogLevel.DEBUG);
  logger.debug('http request body: {"reason":"secret"}');
  logger.warn('rate limited', { body: 'secret' }, new Error('because'));

  expect(logger.getLevel()).toBe(LogLevel.INFO);
  expect(lines).toEqual([[{ slack: 'rate limited object because' }, 'Slack SDK']]);
});
