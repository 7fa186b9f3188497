import { readCatalogFile } from '../catalog/catalog-in-force.js';
import { connectorKinds } from '../connectors/registry.js';
import { allRoles, onCallGroups, type Catalog } from '../domain/catalog.js';
import { unreadableSecrets } from '../secret-ref.js';
import { catalogFile } from './catalog-file.js';
import type { Command } from './command.js';
import { wrongUsage } from './usage.js';

export function check(command: Command): number {
  const [named, ...more] = command.args;
  if (named?.startsWith('-') === true) {
    return wrongUsage(command, 'check', `check has no option ${JSON.stringify(named)}`);
  }
  if (more.length > 0) {
    return wrongUsage(command, 'check', 'check takes one FILE');
  }
  const found = named === undefined ? catalogFile(command.env) : { ok: true as const, file: named };
  if (!found.ok) {
    command.err(found.problem);
    return 2;
  }
  const { file } = found;
  const advice = named === undefined ? undefined : 'give the path of a catalog, such as access.example.yaml';
  const read = readCatalogFile(file, connectorKinds, advice);
  if (!read.ok) {
    read.problems.forEach((problem) => command.err(problem));
    return 1;
  }
  const { catalog, warnings } = read.value;
  for (const warning of [...warnings, ...missingSecrets(catalog, command)]) {
    command.err(`${warning} (a warning)`);
  }
  const roles = allRoles(catalog).length;
  command.out(
    `${file} is a valid catalog: ${count(catalog.resources.size, 'resource')}, ${count(roles, 'role')}, ${count(catalog.connectors.size, 'connector')}. SHA-256 ${catalog.sha256}`,
  );
  return 0;
}

/** No mistake of the catalog: where it is checked, the secrets need not be. */
function missingSecrets(catalog: Catalog, { env }: Command): string[] {
  const users = [
    ...[...catalog.connectors.values()].map(({ name, settings }) => ({ who: `connector ${name}`, settings })),
    ...onCallGroups(catalog).map(({ name, headers }) => ({ who: `group ${name}`, settings: headers })),
  ];
  return users.flatMap(({ who, settings }) =>
    unreadableSecrets(settings, env).map((problem) => `${who}: ${problem}`),
  );
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
