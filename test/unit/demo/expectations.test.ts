import { expect, test } from 'vitest';
import { createExpectations, exitCodeOf, Unmet, type Report } from '../../../src/demo/expectations.js';

function recorded({ signal = new AbortController().signal } = {}) {
  const said: string[] = [];
  const report: Report = {
    met: (what) => said.push(`met: ${what}`),
    unmet: ({ what, withinMs, instead }) => said.push(`unmet within ${withinMs} ms: ${what}; ${instead}`),
  };
  return { said, expectations: createExpectations({ report, signal }) };
}

test('an expectation is looked at again until it is met, and its evidence is shown first', async () => {
  const { said, expectations } = recorded();
  let looks = 0;
  const seen = await expectations.expect({
    what: 'The third look sees it',
    look: () => {
      looks += 1;
      return looks === 3 && `look ${looks}`;
    },
    instead: () => 'nothing',
    show: (evidence) => said.push(`shown: ${evidence}`),
  });
  expect(seen).toBe('look 3');
  expect(said).toEqual(['shown: look 3', 'met: The third look sees it']);
  expect([expectations.met, expectations.unmet]).toEqual([1, 0]);
});

test('a failed expectation is told with what there was instead, stops the story, and makes the exit code 1', async () => {
  const { said, expectations } = recorded();
  const never = expectations.expect({
    what: 'It comes',
    look: () => false,
    instead: () => 'it did not come',
    withinMs: 20,
  });
  await expect(never).rejects.toThrow(Unmet);
  expect(said).toEqual(['unmet within 20 ms: It comes; it did not come']);
  const { met, unmet } = expectations;
  expect(exitCodeOf({ cameToItsEnd: true, met, unmet, leftBehind: 0 })).toBe(1);
});

test('a look that throws, or hangs, has seen nothing', async () => {
  const { said, expectations } = recorded();
  const broken = { look: () => Promise.reject(new Error('no connection')), instead: () => 'nothing' };
  await expect(expectations.expect({ what: 'A', withinMs: 20, ...broken })).rejects.toThrow(Unmet);
  const hanging = { look: () => new Promise<never>(() => undefined), instead: () => 'silence' };
  await expect(expectations.expect({ what: 'B', withinMs: 20, ...hanging })).rejects.toThrow(Unmet);
  expect(said).toEqual([
    'unmet within 20 ms: A; nothing\nThe last look failed: no connection',
    'unmet within 20 ms: B; silence',
  ]);
});

test('a demo that is asked to end waits for nothing more, and nothing counts as unmet', async () => {
  const stopping = new AbortController();
  const { said, expectations } = recorded({ signal: stopping.signal });
  const waiting = expectations.expect({ what: 'It comes', look: () => false, instead: () => 'nothing' });
  stopping.abort('SIGINT');
  await expect(waiting).rejects.toBe('SIGINT');
  expect(said).toEqual([]);
  expect(expectations.unmet).toBe(0);
});

test.each([
  [0, 'everything was met', { cameToItsEnd: true, met: 3, unmet: 0, leftBehind: 0 }],
  [1, 'something was unmet', { cameToItsEnd: true, met: 2, unmet: 1, leftBehind: 0 }],
  [1, 'the story broke off', { cameToItsEnd: false, met: 3, unmet: 0, leftBehind: 0 }],
  [1, 'nothing was expected', { cameToItsEnd: true, met: 0, unmet: 0, leftBehind: 0 }],
  [1, 'something could not be put away', { cameToItsEnd: true, met: 3, unmet: 0, leftBehind: 1 }],
])('exit code %i when %s', (code, _when, outcome) => {
  expect(exitCodeOf(outcome)).toBe(code);
});
