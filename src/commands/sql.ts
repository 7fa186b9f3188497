import { connectorKinds } from '../connectors/registry.js';
import type { Command } from './command.js';

/** For a DBA to read, and to hand to psql. */
export function sql(command: Command): number {
  const [use, ...more] = command.args;
  const text = connectorKinds.find((kind) => kind.use === use)?.sql;
  if (text === undefined || more.length > 0) {
    const known = connectorKinds.flatMap((kind) => (kind.sql === undefined ? [] : [kind.use]));
    const unknown =
      use === undefined || text !== undefined
        ? ''
        : `hallpass: there is no SQL for ${JSON.stringify(use)}\n\n`;
    command.err(
      `${unknown}Usage: hallpass sql KIND\n\nKinds of connectors that have SQL: ${known.join(', ')}`,
    );
    return 2;
  }
  command.out(text.trimEnd());
  return 0;
}
