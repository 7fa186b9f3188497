import type { Channel, Person } from '../emulated-slack/people.js';

/** Times are shown as on the clock of whoever watches. */
const timeZone = new Intl.DateTimeFormat().resolvedOptions().timeZone;

function person(id: string, name: string): Person {
  return { id, name, email: `${name}@example.com`, timeZone };
}

export const CAST: readonly Person[] = [
  person('U03DANA', 'dana'),
  person('U01MIA', 'mia'),
  person('U02SAM', 'sam'),
  person('U09MAX', 'max'),
];

export const APPROVALS: Channel = { id: 'C0APPROVALS', name: 'approvals' };

/** Long enough to be seen from both ends, short enough to be waited for. */
export const WINDOW_SECONDS = 12;
export const REQUEST = `request prod-db ${WINDOW_SECONDS}s stuck migration 4711`;

/** Dana and Max are engineers; Mia and Sam approve. */
export const CATALOG = `version: 1
groups:
  engineers: { users: [dana@example.com, max@example.com] }
  dba-leads: { users: [mia@example.com, sam@example.com] }
admins: [dba-leads]
connectors:
  orders-db:
    use: postgres
    url: env:ORDERS_DB_URL
    manage: [app_readonly]
    end_sessions: true
    identity: { from_email: { part: local, domains: [example.com] } }
policies:
  standard:
    request: [engineers]
    approve: [{ from: [dba-leads], count: 1 }]
    duration: { min: 5s, default: 30m, max: 4h }
    channel: ${APPROVALS.id}
    unanswered_after: 1h
resources:
  prod-db:
    title: Orders database, production
    policy: standard
    roles:
      readonly: { entitlements: [{ connector: orders-db, role: app_readonly }] }
`;
