import { connectorKinds } from '../connectors/registry.js';
import type { Command } from './command.js';
import { wrongUsage } from './usage.js';

/** For a DBA to read, and to hand to psql. */
export function sql(command: Command): number {
  const [use, ...more] = command.args;
  const kind = connectorKinds.find((one) => one.use === use);
  if (use === undefined || more.length > 0) {
    return wrongUsage(command, 'sql', `expected one KIND: ${withSql()}`);
  }
  if (kind === undefined) {
    const kinds = connectorKinds.map((one) => one.use).join(', ');
    return wrongUsage(
      command,
      'sql',
      `there is no kind of connector ${JSON.stringify(use)}; the kinds are ${kinds}, and of these ${withSql()} has SQL`,
    );
  }
  if (kind.sql === undefined) {
    command.err(`hallpass: connectors of the kind ${use} need no SQL; only ${withSql()} does.`);
    return 2;
  }
  command.out(kind.sql.trimEnd());
  return 0;
}

function withSql(): string {
  return connectorKinds.flatMap((kind) => (kind.sql === undefined ? [] : [kind.use])).join(', ');
}
