import { expect, test } from 'vitest';
import { asUserId } from '../../../src/domain/ids.js';
import type { HoldersExport } from '../../../src/domain/views.js';
import { holdersCsv } from '../../../src/slack/holders-csv.js';
import { holderView, MIA, NOW } from '../../../src/examples/views.js';

const EMPTY: HoldersExport = {
  about: { kind: 'all' },
  at: NOW,
  holders: [],
  total: 0,
  standing: [],
  marked: [],
  unlisted: [],
};

function rowsOf(change: Partial<HoldersExport>): Record<string, string>[] {
  const [names = '', ...lines] = holdersCsv({ ...EMPTY, ...change })
    .split('\r\n')
    .slice(0, -1);
  return lines.map((line) => {
    const cells = line.split(',');
    return Object.fromEntries(names.split(',').map((name, index) => [name, cells[index] ?? '']));
  });
}

test('each grant is a line, with who let it be given and in whose place', () => {
  const grant = holderView({
    inPlaceOf: [{ delegator: asUserId('U02SAM'), standIn: MIA }],
    standing: true,
    reason: 'stuck migration 4711',
  });
  const [row] = rowsOf({ holders: [grant] });

  expect(row).toMatchObject({
    kind: 'grant',
    role: 'prod-db:readonly',
    beneficiary: 'U03DANA',
    accounts: 'dana',
    state: 'active',
    approved_by: MIA,
    in_place_of: 'U02SAM',
    emergency: '',
    was_there_before: 'yes',
    grant: grant.grantId,
    reason: 'stuck migration 4711',
  });
  expect(row?.['window_end']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
});

test('access without a grant is a line of its own kind', () => {
  const found = { roleKey: 'prod-db:admin', connector: 'orders-db', account: 'root' };
  const rows = rowsOf({
    standing: [found],
    marked: [{ ...found, account: 'old', byHand: { by: { kind: 'person', userId: MIA }, at: NOW } }],
  });

  expect(rows).toMatchObject([
    { kind: 'standing', role: 'prod-db:admin', connector: 'orders-db', accounts: 'root', grant: '' },
    { kind: 'removed-by-hand', role: 'prod-db:admin', connector: 'orders-db', accounts: 'old', grant: '' },
  ]);
});
