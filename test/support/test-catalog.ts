import { stringify } from 'yaml';

/** What a test changes in the catalog: maps are merged, anything else is replaced, and null takes a key out. */
export type CatalogChange = { readonly [key: string]: unknown };

/** The catalog of the end-to-end tests: windows of seconds, one PostgreSQL, and one target that grants nothing. */
const CATALOG: CatalogChange = {
  version: 1,
  groups: {
    engineers: { users: ['dana@example.com', 'U04LEE'] },
    'dba-leads': { users: ['U01MIA', 'U02SAM'] },
  },
  admins: ['dba-leads'],
  connectors: {
    'orders-db': {
      use: 'postgres',
      url: 'env:ORDERS_DB_URL',
      manage: ['app_readonly', 'app_admin'],
      end_sessions: true,
      identity: { from_email: { part: 'local', domains: ['example.com'] } },
    },
    playground: {
      use: 'simulate',
      manage: ['viewer', 'editor'],
      identity: { from_email: { part: 'local', domains: ['example.com'] } },
    },
  },
  policies: {
    standard: {
      request: ['engineers'],
      approve: [{ from: ['dba-leads'], count: 1 }],
      duration: { min: '1s', default: '30m', max: '4h' },
      channel: 'C0APPROVALS',
      notify: 'mention',
      unanswered_after: '1h',
    },
    critical: {
      request: ['engineers'],
      approve: [{ from: ['dba-leads'], count: 1 }],
      for_others: true,
      duration: { min: '1s', default: '15m', max: '2d' },
      channel: 'C0APPROVALS',
      deny_reason: 'required',
    },
  },
  resources: {
    'prod-db': {
      title: 'Orders database, production',
      policy: 'standard',
      default_role: 'readonly',
      roles: {
        readonly: { entitlements: [{ connector: 'orders-db', role: 'app_readonly' }] },
        admin: { policy: 'critical', entitlements: [{ connector: 'orders-db', role: 'app_admin' }] },
      },
    },
    playground: {
      title: 'Playground',
      policy: 'standard',
      roles: { viewer: { entitlements: [{ connector: 'playground', role: 'viewer' }] } },
    },
  },
};

/** The same roles, in a target that grants nothing: for tests of what people type, see and may. */
export const NO_TARGET: CatalogChange = {
  connectors: { 'orders-db': { use: 'simulate', url: null, end_sessions: null } },
};

export function catalogYaml(change: CatalogChange = {}): string {
  return stringify(merged(CATALOG, change));
}

export function merged(base: unknown, change: unknown): unknown {
  if (!isMap(base) || !isMap(change)) {
    return change;
  }
  const keys = [...new Set([...Object.keys(base), ...Object.keys(change)])];
  return Object.fromEntries(
    keys
      .map((key) => [key, key in change ? merged(base[key], change[key]) : base[key]] as const)
      .filter(([, value]) => value !== null),
  );
}

function isMap(value: unknown): value is CatalogChange {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
