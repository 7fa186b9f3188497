import { expect, test } from 'vitest';
import { loadCatalog, problemText } from '../../src/catalog/load-catalog.js';
import { testKinds } from './connector-kinds.js';

/** A catalog in which nothing is wrong, for tests that spoil it. */
export const RIGHT = `version: 1
groups:
  engineers: { users: [dana@example.com, U04LEE] }
  leads: { users: [U01MIA, U02SAM] }
  team: { channel: C0TEAM }
  security: { slack_usergroup: S0SEC }
admins: [leads]
connectors:
  orders-db:
    use: postgres
    url: env:ORDERS_DB_URL
    manage: [app_readonly, app_admin]
    end_sessions: true
    identity: { map: { U04LEE: lee }, from_email: { part: local, domains: [example.com] } }
policies:
  standard:
    request: [engineers, team]
    approve: [{ from: [leads], count: 1 }, { from: [security] }]
    duration: { default: 30m, max: 4h }
    channel: C0APPROVALS
resources:
  prod-db:
    title: Orders
    policy: standard
    default_role: readonly
    roles:
      readonly: { entitlements: [{ connector: orders-db, role: app_readonly }] }
      admin: { entitlements: [{ connector: orders-db, role: app_admin }] }
`;

/** What is wrong with a catalog, as `hallpass check` prints it. */
export function problemsOf(source: string): string[] {
  const outcome = loadCatalog({ source, file: 'access.yaml', kinds: testKinds });
  return outcome.ok ? [] : outcome.problems.map(problemText);
}

/** The right catalog with some of its text replaced. */
export function withChange(from: string, to: string, source = RIGHT): string {
  expect(source).toContain(from);
  return source.replace(from, () => to);
}

/** What is changed in the right catalog, and everything that is then said about it. */
export type Case = readonly [what: string, from: string, to: string, says: readonly string[]];

export function checkTable(cases: readonly Case[]): void {
  test.each(cases)('%s', (_what, from, to, says) => {
    expect(problemsOf(withChange(from, to))).toEqual(says);
  });
}
