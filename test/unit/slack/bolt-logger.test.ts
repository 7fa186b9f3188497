import { LogLevel } from '@slack/bolt';
import { expect, test } from 'vitest';
import { createBoltLogger } from '../../../src/slack/bolt-logger.js';

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
