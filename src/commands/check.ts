import { readCatalogFile } from '../catalog/catalog-in-force.js';
import { connectorKinds } from '../connectors/registry.js';
import { allRoles } from '../domain/catalog.js';
import { readVariable } from '../variables.js';
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
  const variable = readVariable('CATALOG', command.env);
  const file = named ?? (variable.kind === 'value' ? variable.text : './access.yaml');
  const read = readCatalogFile(file, connectorKinds);
  if (!read.ok) {
    read.problems.forEach((problem) => command.err(problem));
    return 1;
  }
  const { catalog, warnings } = read.value;
  warnings.forEach((warning) => command.err(`${warning} (a warning)`));
  const roles = allRoles(catalog).length;
  command.out(
    `${file} is a valid catalog: ${count(catalog.resources.size, 'resource')}, ${count(roles, 'role')}, ${count(catalog.connectors.size, 'connector')}. SHA-256 ${catalog.sha256}`,
  );
  return 0;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
