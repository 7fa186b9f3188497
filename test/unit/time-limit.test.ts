import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TimeLimitError, withTimeLimit } from '../../src/time-limit.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function limited(work: Promise<string>) {
  const late: unknown[] = [];
  const result = withTimeLimit(work, { ms: 1_000, what: 'Adding', onLate: (error) => late.push(error) });
  return { result, late };
}

test('work in time gives its value, and no timer is left', async () => {
  await expect(limited(Promise.resolve('done')).result).resolves.toBe('done');
  expect(vi.getTimerCount()).toBe(0);
});

test('work that fails in time fails with its own error, and is not late', async () => {
  const { result, late } = limited(Promise.reject(new Error('refused')));
  await expect(result).rejects.toThrow('refused');
  expect(late).toEqual([]);
});

test('work that takes too long fails with what took how long, and its later failure is heard of', async () => {
  let fail: (error: Error) => void = () => undefined;
  const { result, late } = limited(new Promise((_resolve, reject) => (fail = reject)));
  const outcome = result.catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await outcome).toEqual(new TimeLimitError('Adding', 1_000));
  fail(new Error('connection lost'));
  await vi.advanceTimersByTimeAsync(0);
  expect(late).toEqual([new Error('connection lost')]);
});
