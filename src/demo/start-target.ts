import type { Belongings } from './belongings.js';
import { startPglite } from './pglite.js';
import { startRealPostgres } from './real-postgres.js';
import type { Target } from './target.js';

/**
 * A real server where one can run: people log in to it one by one, and their sessions can be cut. PGlite stands
 * in elsewhere: on Windows, where servers can't be ended in good order, on musl, where a root user's folders are
 * closed to all others, and wherever else the server does not start.
 */
export async function startTarget(belongings: Belongings): Promise<Target> {
  if (process.platform === 'win32') {
    return await startPglite(belongings);
  }
  try {
    return await startRealPostgres(belongings);
  } catch (error) {
    const target = await startPglite(belongings);
    return { ...target, engine: `${target.engine} (no server: ${firstLine(error)})` };
  }
}

function firstLine(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return line;
}
