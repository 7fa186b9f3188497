import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../../src/ports.js';
import { createStore } from '../../src/store/create-store.js';
import { openDatabase } from '../../src/store/open-database.js';

export type TestStore = {
  readonly store: Store;
  readonly path: string;
  /** Closes the store and removes its folder. */
  close(this: void): Promise<void>;
};

export function makeFolder(): { readonly folder: string; remove(this: void): void } {
  const folder = mkdtempSync(join(tmpdir(), 'hallpass-'));
  return {
    folder,
    remove() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The real store on a real file with the real migrations, in a folder of its own. */
export async function openTestStore(): Promise<TestStore> {
  const { folder, remove } = makeFolder();
  const database = await openDatabase({ path: join(folder, 'hallpass.db'), role: 'start' });
  const store = createStore({ database });
  return {
    store,
    path: database.path,
    async close() {
      await store.close();
      remove();
    },
  };
}
