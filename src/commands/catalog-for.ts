import { findCatalog, NoCatalog } from '../catalog/catalog-in-force.js';
import { connectorKinds } from '../connectors/registry.js';
import type { Catalogs, Store } from '../ports.js';
import type { Command } from './command.js';

/** What Hallpass runs on, or would at a restart; says where that is not plainly the file. Null: there is none. */
export async function catalogFor(
  command: Command,
  file: string,
  store: Store,
): Promise<ReturnType<Catalogs['current']> | null> {
  try {
    const { catalog, fromFile, lastSha256, problems } = await findCatalog({
      file,
      kinds: connectorKinds,
      store,
    });
    if (fromFile === null) {
      tell(command, 'the catalog is broken, so this goes by the last good one, as the bot does', problems);
    } else if (lastSha256 !== null && lastSha256 !== catalog.sha256) {
      tell(
        command,
        `this goes by ${file}, which was changed since Hallpass last took it: \`hallpass reload\` has it taken`,
      );
    }
    return { catalog, endingOnly: fromFile === null };
  } catch (error) {
    if (error instanceof NoCatalog) {
      tell(command, 'the catalog is broken, and there is no good one from before. Mend it', error.problems);
      return null;
    }
    throw error;
  }
}

function tell(command: Command, text: string, problems: readonly string[] = []): void {
  command.err([`hallpass: ${text}${problems.length > 0 ? ':' : ''}`, ...problems].join('\n  '));
}
