import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createStore } from '../../src/store/create-store.js';
import type { Database } from '../../src/store/open-database.js';
import { openDatabase } from '../../src/store/open-database.js';
import { makeFolder } from '../support/open-store.js';

let database: Database;
let statements: string[];
let remove: () => void;

/** The statements are taken as the store prepares them: a plan for known values could be another one. */
beforeEach(async () => {
  const made = makeFolder();
  ({ remove } = made);
  database = await openDatabase({ path: join(made.folder, 'hallpass.db'), role: 'start' });
  const prepare = vi.spyOn(database.connection, 'prepare');
  createStore({ database });
  statements = prepare.mock.calls.map(([sql]) => sql.replaceAll('"', '').replaceAll(/\s+/g, ' '));
  prepare.mockRestore();
});

afterEach(() => {
  database.close();
  remove();
});

/** SQLite plans when it prepares; the nulls are bound only because the driver wants them. */
function planOf(sql: string): string {
  const names = [...sql.matchAll(/@(\w+)/g)].map((match) => [match[1] ?? '', null]);
  const values = [...sql.matchAll(/\?/g)].map(() => null);
  const explain = database.connection.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`);
  const steps = names.length > 0 ? explain.all(Object.fromEntries(names)) : explain.all(...values);
  return steps.map((step) => step.detail).join('\n');
}

function planOfStatement(...parts: readonly string[]): string {
  const found = statements.filter((sql) => parts.every((part) => sql.includes(part)));
  expect(found).toHaveLength(1);
  return planOf(found[0] ?? '');
}

test('no statement of the store walks a table, but along an index that it needs whole', () => {
  const walks = statements.flatMap((sql) =>
    planOf(sql)
      .split('\n')
      .filter((step) => step.startsWith('SCAN') && !step.includes('USING'))
      .map((step) => ({ sql, step })),
  );

  expect(statements.length).toBeGreaterThan(50);
  // A list within a parameter or a row is no table.
  const tables = walks.filter(({ step }) => !step.includes('VIRTUAL TABLE'));
  expect(tables).toEqual([]);
});

describe('what is due is read from its partial index, in order', () => {
  test.each([
    ['requests', 'requests.next_at <= ?', 'requests_due ((next_at,id)>(?,?) AND next_at<?)'],
    ['grants', 'grants.remind_at <= ?', 'grants_due ((remind_at,id)>(?,?) AND remind_at<?)'],
    ['entitlements', 'entitlements.next_at <= ?', 'entitlements_due ((next_at,id)>(?,?) AND next_at<?)'],
    ['messages', 'messages.next_at <= ?', 'messages_due ((next_at,id)>(?,?) AND next_at<?)'],
    ['outbox', 'outbox.next_at <= ?', 'outbox_due ((next_at,id)>(?,?) AND next_at<?)'],
  ])('%s', (table, condition, index) => {
    expect(planOfStatement(`from ${table} where`, condition)).toBe(`SEARCH ${table} USING INDEX ${index}`);
  });

  test.each([
    [
      'requests',
      'order by requests.next_at asc limit',
      'SEARCH requests USING INDEX requests_due (next_at>?)',
    ],
    [
      'grants',
      'order by grants.remind_at asc limit',
      'SEARCH grants USING COVERING INDEX grants_due (remind_at>?)',
    ],
    [
      'entitlements without a lease',
      'order by entitlements.next_at asc limit',
      'SEARCH entitlements USING COVERING INDEX entitlements_due (next_at>?)',
    ],
    [
      'leased entitlements',
      'select min(max(',
      'SEARCH entitlements USING COVERING INDEX entitlements_leased (lease_until>?)',
    ],
    [
      'messages',
      'order by messages.next_at asc limit',
      'SEARCH messages USING COVERING INDEX messages_due (next_at>?)',
    ],
    [
      'notices',
      'order by outbox.next_at asc limit',
      'SEARCH outbox USING COVERING INDEX outbox_due (next_at>?)',
    ],
  ])('the next moment of %s', (_, part, plan) => {
    expect(planOfStatement(part)).toBe(plan);
  });

  test('rows that wait for a connector to return', () => {
    const waits = `error_kind = 'unreachable'`;
    expect(planOfStatement('update entitlements', waits)).toContain(
      'SEARCH entitlements USING INDEX entitlements_unreachable (connector=? AND next_at>?)',
    );
    expect(planOfStatement('select distinct', waits)).toBe(
      'SCAN entitlements USING COVERING INDEX entitlements_unreachable',
    );
  });
});

/** Whether a grant still holds it is asked of each row that fails, and of no other. */
const heldOrNot = [
  'CORRELATED SCALAR SUBQUERY 1',
  'SEARCH h USING INDEX grant_entitlements_holding (entitlement_id=?)',
  'SEARCH g USING INDEX sqlite_autoindex_grants_1 (id=?)',
];

test('what is stuck is found along the rows that fail, and those that are marked are passed by', () => {
  const along =
    'SEARCH entitlements USING INDEX entitlements_failing_since (connector=? AND failing_since>?)';
  expect(planOfStatement('AND connector > @connector')).toBe(
    'SEARCH entitlements USING COVERING INDEX entitlements_failing_since (connector>?)',
  );
  expect(planOfStatement('AND attempts >= @attempts ORDER BY')).toBe([along, ...heldOrNot].join('\n'));
  expect(planOfStatement('entitlements.by_hand_at is not null', 'limit')).toBe(along);
  expect(planOfStatement('order by entitlements.connector asc, entitlements.failing_since asc')).toBe(
    ['SCAN entitlements USING INDEX entitlements_failing_since', ...heldOrNot].join('\n'),
  );
  expect(
    planOfStatement('select id from entitlements where (entitlements.connector', 'by_hand_at is null'),
  ).toContain('SEARCH entitlements USING INDEX entitlements_unreachable (connector=?');
});

describe('who has what is read in the order of the ends, without sorting', () => {
  const live = `from grants where`;
  test.each([
    [
      'everybody',
      `${live} state in ('scheduled', 'opening', 'active', 'ending') order by`,
      'SCAN grants USING INDEX grants_live',
    ],
    [
      'some roles',
      `${live} (state in ('scheduled', 'opening', 'active', 'ending') and grants.resource || ':' || grants.role in (select value from json_each(?))) order by`,
      'SCAN grants USING INDEX grants_live\nLIST SUBQUERY 1\nSCAN json_each VIRTUAL TABLE INDEX 1:\nCREATE BLOOM FILTER',
    ],
    [
      'a person',
      `${live} (state in ('scheduled', 'opening', 'active', 'ending') and grants.beneficiary = ?) order by`,
      'SEARCH grants USING INDEX grants_live_of_beneficiary (beneficiary=?)',
    ],
    [
      'a person in some roles',
      "and grants.beneficiary = ? and grants.resource || ':' || grants.role in (select value from json_each(?))) order by",
      'SEARCH grants USING INDEX grants_live_of_beneficiary (beneficiary=?)\nLIST SUBQUERY 1\nSCAN json_each VIRTUAL TABLE INDEX 1:\nCREATE BLOOM FILTER',
    ],
  ])('%s', (_, part, plan) => {
    expect(planOfStatement(part)).toBe(plan);
  });

  test('counting stays inside an index', () => {
    const counts = statements.filter((sql) => sql.startsWith('select count(*) from grants'));

    expect(counts).toHaveLength(4);
    expect(counts.map(planOf).join('\n')).not.toMatch(/USING INDEX/);
  });

  test('holders of an entitlement', () => {
    const plan = planOfStatement('from grant_entitlements inner join grants', 'order by grants.ends_at');

    expect(plan).toContain(
      'SEARCH grant_entitlements USING INDEX grant_entitlements_holding (entitlement_id=?)',
    );
  });
});

describe('what was asked for is read newest first, without sorting all of it', () => {
  test.each([
    [
      'by anybody',
      'where requests.created_at >= ? order by',
      'SEARCH requests USING INDEX requests_created (created_at>?)',
    ],
    [
      'of some roles',
      "where (requests.created_at >= ? and requests.resource || ':' || requests.role in (select value from json_each(?))) order by",
      'SEARCH requests USING INDEX requests_created (created_at>?)\nLIST SUBQUERY 1\nSCAN json_each VIRTUAL TABLE INDEX 1:\nCREATE BLOOM FILTER',
    ],
  ])('%s', (_, part, plan) => {
    expect(planOfStatement('from requests', part, 'desc')).toBe(plan);
  });

  test('for a person, out of what there is of that person', () => {
    const plan = planOfStatement('(requests.created_at >= ? and requests.beneficiary = ?) order by');

    expect(plan).toContain('(beneficiary=?');
  });
});

test('everybody who holds or awaits something is read from indexes, in order', () => {
  const plan = planOfStatement('AS person FROM grants');

  expect(plan).toContain('SEARCH grants USING COVERING INDEX grants_live_of_beneficiary (beneficiary>?)');
  expect(plan).toContain('SEARCH requests USING COVERING INDEX requests_one_pending (beneficiary>?)');
  expect(plan).toContain('SEARCH requests USING COVERING INDEX requests_pending_requester (requester>?)');
  expect(plan).not.toContain('TEMP B-TREE');
});

test('the figures come from the indexes of what is live', () => {
  expect(planOfStatement('count(*) AS grants FROM grants')).toContain(
    'SCAN grants USING COVERING INDEX grants_live',
  );
  expect(planOfStatement('min(CASE state')).toBe('SCAN grants USING INDEX grants_live');
  expect(planOfStatement('SELECT count(*) FROM requests')).toMatch(/USING COVERING INDEX requests_/);
  expect(planOfStatement('GROUP BY connector')).toBe(
    ['SCAN entitlements USING INDEX entitlements_failing_since', ...heldOrNot].join('\n'),
  );
  expect(planOfStatement('AS owed')).toBe('SCAN outbox USING INDEX outbox_due');
  expect(planOfStatement('SELECT count(*) FROM messages')).toMatch(/COVERING INDEX messages_due/);
});

test('what windows rely on is found along the holds that are not released', () => {
  expect(planOfStatement('select distinct entitlements.id from grant_entitlements')).toMatch(
    /grant_entitlements USING (COVERING )?INDEX grant_entitlements_holding/,
  );
});

test('a key that is open until the commit does not make each approval walk the requests', () => {
  const keys = [
    ['requests', 'grant_id'],
    ['requests', 'extends_grant'],
    ['grants', 'request_id'],
    ['decisions', 'request_id'],
    ['grant_entitlements', 'grant_id'],
  ];

  const plans = keys.map(([table, column]) => planOf(`SELECT 1 FROM ${table} WHERE ${column} = ?`));

  expect(plans.filter((plan) => !plan.startsWith('SEARCH'))).toEqual([]);
});
