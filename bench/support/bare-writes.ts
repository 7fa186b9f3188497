/** The floor of a commit: the rows that a decision wrote, written again by nothing but prepared statements. */
import type { Database as Connection } from 'better-sqlite3';
import type { Change } from '../../src/domain/change.js';

type Values = readonly unknown[];
type Write = (values: Values) => unknown;

const INSERTED = [
  'handled',
  'grants',
  'entitlements',
  'grant_entitlements',
  'decisions',
  'messages',
  'audit_events',
] as const;

/**
 * `from` has committed the changes that are then named; `to` stands as `from` stood before. Both have the
 * same pragmas, for both were opened by the store.
 */
export function prepareBareWrites({ from, to }: { from: Connection; to: Connection }) {
  const reads = prepareReads(from);
  const inserts = new Map(INSERTED.map((table) => [table, prepareInsert(to, table)]));
  const requestColumns = columnsOf(to, 'requests');
  const updateRequest = to.prepare(
    `update requests set ${requestColumns.map((column) => `"${column}" = ?`).join(', ')} where id = ? and version = ?`,
  );
  const redraw = to.prepare(`update messages set wanted = wanted + 1, next_at = ? where id = ?`);
  const updates: Write = (values) => updateRequest.run(...values);
  let audited = Number(to.prepare('select coalesce(max(seq), 0) from audit_events').pluck().get());

  return (changes: readonly Change[]): (() => void) => {
    const all = changes.map((change) => {
      const found = reads(change, audited);
      audited += change.audit.length;
      return found;
    });
    const write = to.transaction(({ inserted, request, card }: Rows) => {
      for (const [table, rows] of inserted) {
        rows.forEach((row) => inserts.get(table)?.(row));
      }
      updates(request);
      redraw.run(...card);
    });
    return () => all.forEach((rows) => write.immediate(rows));
  };
}

type Rows = {
  readonly inserted: readonly (readonly [(typeof INSERTED)[number], readonly Values[]])[];
  readonly request: Values;
  readonly card: Values;
};

function prepareReads(from: Connection): (change: Change, audited: number) => Rows {
  const select = (sql: string) => from.prepare<unknown[], unknown[]>(sql).raw();
  const request = select('select * from requests where id = ?');
  const card = select('select next_at, id from messages where id = ?');
  const rows = {
    handled: select('select * from handled where key = ?'),
    grants: select('select * from grants where id = ?'),
    entitlements: select('select * from entitlements where id = ?'),
    grant_entitlements: select('select * from grant_entitlements where grant_id = ?'),
    decisions: select('select * from decisions where request_id = ?'),
    messages: select('select * from messages where subject = ?'),
    audit_events: select('select * from audit_events where seq > ? order by seq limit ?'),
  };
  return (change, audited) => {
    const requestId = change.requests?.[0]?.id;
    const grantId = change.grants?.[0]?.id;
    const written = request.get(requestId) ?? [];
    return {
      request: [...written, requestId, Number(written[1]) - 1],
      card: card.get(`${requestId}.card`) ?? [],
      inserted: [
        ['handled', rows.handled.all(change.delivery)],
        ['grants', rows.grants.all(grantId)],
        ['entitlements', rows.entitlements.all(change.entitlements?.[0]?.id)],
        ['grant_entitlements', rows.grant_entitlements.all(grantId)],
        ['decisions', rows.decisions.all(requestId)],
        ['messages', rows.messages.all(grantId)],
        ['audit_events', rows.audit_events.all(audited, change.audit.length)],
      ],
    };
  };
}

function columnsOf(connection: Connection, table: string): string[] {
  return connection.prepare<[], string>(`select name from pragma_table_info('${table}')`).pluck().all();
}

function prepareInsert(connection: Connection, table: string): Write {
  const places = columnsOf(connection, table).map(() => '?');
  const statement = connection.prepare(`insert into ${table} values (${places.join(', ')})`);
  return (values) => statement.run(...values);
}
