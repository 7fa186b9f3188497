import { DatabaseError, type Client } from 'pg';

/** What a query came to: the rows, or that the database does not allow it. */
export type Answer =
  | {
      readonly kind: 'rows';
      readonly columns: readonly string[];
      readonly rows: readonly (readonly string[])[];
    }
  | { readonly kind: 'refused'; readonly text: string };

/** A connection that stays open. */
export type OpenSession = {
  readonly ask: (sql: string) => Promise<Answer>;
  /** What the server said when it ended the session; null while it is open. */
  readonly endedBecause: () => string | null;
};

/** The database that access is given in. */
export type Target = {
  /** What runs, in words. */
  readonly engine: string;
  /** For the catalog: the account of Hallpass. */
  readonly url: string;
  /** Its superuser, for looking into the catalogue. */
  readonly asAdmin: (sql: string) => Promise<Answer>;
  /** Dana, who logs in, asks and leaves. */
  readonly asDana: (sql: string) => Promise<Answer>;
  /** Null where the engine has one session for everybody, so that none can be cut. */
  readonly openSessionOfDana: (() => Promise<OpenSession>) | null;
};

/** Text only: these passwords are made for one run of the demo, and hold no quote. */
export type Passwords = { readonly hallpass: string; readonly dana: string };

/**
 * What an administrator prepares: a role that may read the orders, a person who may log in, and an account for
 * Hallpass that can give the role away and use nothing itself.
 */
export function preparation({ hallpass, dana }: Passwords): string {
  return `
    create role app_readonly;
    create role dana login password '${dana}';
    create role hallpass login password '${hallpass}';
    grant app_readonly to hallpass with admin true, inherit false, set false;
    grant pg_signal_backend to hallpass;
    create table orders (id int primary key, customer text, state text);
    insert into orders values (4709, 'Ada', 'sent'), (4710, 'Grace', 'sent'), (4711, 'Edsger', 'stuck');
    grant select on orders to app_readonly;`;
}

/** Throws whatever is no answer of the database's. */
export async function ask(client: Client, sql: string): Promise<Answer> {
  try {
    const { fields, rows } = await client.query<unknown[]>({ text: sql, rowMode: 'array' });
    return {
      kind: 'rows',
      columns: fields.map(({ name }) => name),
      rows: rows.map((row) => row.map(String)),
    };
  } catch (error) {
    if (error instanceof DatabaseError) {
      return { kind: 'refused', text: `${error.message} (${error.code ?? 'no code'})` };
    }
    throw error;
  }
}
