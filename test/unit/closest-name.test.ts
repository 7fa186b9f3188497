import { expect, test } from 'vitest';
import { closestName } from '../../src/domain/closest-name.js';

const NAMES = ['request', 'approve', 'duration', 'prod-db', 'staging-db'];

test.each([
  ['aprove', 'approve'],
  ['Duration', 'duration'],
  ['dutation', 'duration'],
  ['rpod-db', 'prod-db'],
  ['prod_db', 'prod-db'],
])('%s most likely means %s', (typed, meant) => {
  expect(closestName(typed, NAMES)).toBe(meant);
});

test('nothing is suggested when nothing is near', () => {
  expect(closestName('kubernetes', NAMES)).toBeNull();
  expect(closestName('x', [])).toBeNull();
});

test('a very long word is answered as quickly as a short one', () => {
  expect(closestName('x'.repeat(1_000_000), NAMES)).toBeNull();
});
