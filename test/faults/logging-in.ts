/** People who log into the target with what was shown to them. */
import { Client, DatabaseError } from 'pg';
import type { KeptSession, LoginTry, Whom } from './evidence-type.js';
import type { Credentials } from '../support/shown-secrets.js';

export type LoggingIn = {
  /** `port`: the target's own, past whatever goes wrong on the wire; as shown without it. */
  attempt(this: void, credentials: Credentials, port?: number): Promise<LoginTry>;
  tries(this: void, password: string): readonly LoginTry[];
  /** The first that logs in stays, for as long as the target lets it; then the next one. */
  readonly sessions: readonly KeptSession[];
  stop(this: void): Promise<void>;
};

const NOT_THE_PASSWORD = '28P01';
/** Of NOLOGIN, and of a login that is gone. */
const NOT_ALLOWED = '28000';
/** The three connections that a login may have are in use: its password was right. */
const TOO_MANY = '53300';

export function createLoggingIn(whoseIs: (login: string) => Whom): LoggingIn {
  const tries = new Map<string, LoginTry[]>();
  const sessions: (KeptSession & { client: Client })[] = [];
  return {
    sessions,
    tries: (password) => tries.get(password) ?? [],
    async attempt(credentials, port = credentials.port) {
      const { user, password } = credentials;
      const whom = whoseIs(user);
      const client = new Client({
        ...credentials,
        port,
        options: `-crole=${whom.role}`,
        connectionTimeoutMillis: 5_000,
      });
      const kept: (typeof sessions)[number] = { ...whom, client, openedAt: Infinity, endedAt: null };
      const end = (): void => {
        kept.endedAt ??= Date.now();
      };
      client.on('error', end);
      client.on('end', end);
      const from = Date.now();
      const outcome = await useTheRole(client);
      const to = Date.now();
      const attempt = { from, to, outcome };
      tries.set(password, [...(tries.get(password) ?? []), attempt]);
      const another = sessions.some(
        ({ role, account, endedAt }) => role === whom.role && account === whom.account && endedAt === null,
      );
      if (outcome === 'works' && !another) {
        kept.openedAt = to;
        sessions.push(kept);
      } else {
        await client.end().catch(() => undefined);
      }
      return attempt;
    },
    async stop() {
      await Promise.all(sessions.map(async ({ client }) => await client.end().catch(() => undefined)));
    },
  };
}

async function useTheRole(client: Client): Promise<LoginTry['outcome']> {
  try {
    await client.connect();
    await client.query('select item from orders');
    return 'works';
  } catch (error) {
    const code = error instanceof DatabaseError ? error.code : undefined;
    if (code === NOT_THE_PASSWORD || code === NOT_ALLOWED) {
      return 'refused';
    }
    return code === TOO_MANY ? 'too many' : `fails: ${code ?? String(error)}`;
  }
}
