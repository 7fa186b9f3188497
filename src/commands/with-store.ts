import type { Store } from '../ports.js';
import { readDatabaseFile } from '../settings.js';
import { createStore } from '../store/create-store.js';
import { DatabaseRefused } from '../store/database-refused.js';
import { openDatabase } from '../store/open-database.js';
import type { Command } from './command.js';

/** Runs on the database beside a bot that may be running; answers the exit code. */
export async function withStore(command: Command, run: (store: Store) => Promise<number>): Promise<number> {
  const path = readDatabaseFile(command.env);
  if (!path.ok) {
    command.err(path.problem);
    return 2;
  }
  try {
    const store = createStore({ database: await openDatabase({ path: path.file, role: 'beside' }) });
    try {
      return await run(store);
    } finally {
      await store.close();
    }
  } catch (error) {
    if (error instanceof DatabaseRefused) {
      command.err(`hallpass: ${error.message}`);
      return 2;
    }
    throw error;
  }
}
