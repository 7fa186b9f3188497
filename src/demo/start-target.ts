import type { Belongings } from './belongings.js';
import { startPglite } from './pglite.js';
import { NoServerHere, startRealPostgres } from './real-postgres.js';
import type { Target } from './target.js';

/**
 * A real server where one can run: people log in to it one by one, and their sessions can be cut. PGlite stands
 * in elsewhere: on Windows, where servers can't be ended in good order, on musl, and where root owns it all.
 */
export async function startTarget(belongings: Belongings): Promise<Target> {
  if (process.platform === 'win32') {
    return await startPglite(belongings);
  }
  try {
    return await startRealPostgres(belongings);
  } catch (error) {
    if (!(error instanceof NoServerHere)) {
      throw error;
    }
    const target = await startPglite(belongings);
    return { ...target, engine: `${target.engine} (${error.message})` };
  }
}
