import { expect, test } from 'vitest';
import { wakeUpsOf } from '../../src/usecases/commit-fresh.js';
import { anEntitlement, start } from '../support/rows.js';

test('a row is armed for its moment, but not while somebody holds its lease and will arm it anew', () => {
  const free = anEntitlement();
  const leased = anEntitlement({ lease: { by: 'worker-1', until: start + 1 } });
  const armed = (entitlement: typeof free) =>
    wakeUpsOf({ at: start, entitlements: [entitlement], audit: [] }).map(({ at }) => at);

  expect(armed(free)).toEqual([free.nextAt]);
  expect(armed(leased)).toEqual([]);
});
