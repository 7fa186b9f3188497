import { expect, test } from 'vitest';
import { reconciledBody } from '../../../src/slack/blocks/strays.js';

const nothing = { drifted: [], overdue: [], orphans: [], standing: [], stuck: false, problems: [] };
const view = { connector: 'orders-db', ...nothing };

test('a target that was not read is not told as one where nobody holds anything', () => {
  const away = { ...view, looked: 0, problems: ['The database cannot be reached'] };
  const text = JSON.stringify(reconciledBody([away]));

  expect(text).toContain('not read, so what is held there is not known');
  expect(text).not.toContain('0 accesses');
  expect(JSON.stringify(reconciledBody([{ ...view, looked: 0 }]))).toContain('all as it should be');
});

test('a target that something can’t be taken away from is not as it should be', () => {
  const text = JSON.stringify(reconciledBody([{ ...view, looked: 0, stuck: true }]));

  expect(text).toContain('taking it away fails: the list of what is stuck says what.');
  expect(text).not.toContain('all as it should be');
});
