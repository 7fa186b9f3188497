import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { Client } from 'pg';
import type { Belongings } from './belongings.js';
import { ask, preparation, type Answer, type Target } from './target.js';

/**
 * PostgreSQL compiled to WebAssembly, in this process: for machines that can't run a server. It asks for no
 * password and has one session, which all its connections share: whoever connects is whom the session is set to.
 */
export async function startPglite(belongings: Belongings): Promise<Target> {
  const database = await PGlite.create();
  belongings.add('PGlite', () => database.close());
  await database.exec(preparation({ hallpass: '-', dana: '-' }));
  await database.exec('set session authorization hallpass');
  const server = new PGLiteSocketServer({
    db: database,
    host: '127.0.0.1',
    port: 0,
    // Those of the connector's pool, and ours.
    maxConnections: 25,
  });
  await server.start();
  belongings.add("PGlite's socket", () => server.stop());
  const url = `postgres://hallpass@${server.getServerConn()}/postgres`;
  return {
    engine: 'PGlite 0.5, which is PostgreSQL 18 in WebAssembly, in this process',
    url,
    asAdmin: (sql) => askAs('postgres', url, sql),
    asDana: (sql) => askAs('dana', url, sql),
    openSessionOfDana: null,
  };
}

/** In a transaction, for which PGlite's socket makes all other connections wait. */
async function askAs(user: 'postgres' | 'dana', url: string, sql: string): Promise<Answer> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(`begin; set local session authorization ${user}`);
    return await ask(client, sql);
  } finally {
    await client.query('rollback');
    await client.end();
  }
}
