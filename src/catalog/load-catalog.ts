import { createHash } from 'node:crypto';
import type { Catalog } from '../domain/catalog.js';
import { buildCatalog } from './build-catalog.js';
import { checkBundles } from './check-bundles.js';
import { checkAccounts, checkManagedRoles, checkOnDrift, doubtfulIdentities } from './check-connectors.js';
import { checkGroups } from './check-groups.js';
import { checkPolicies } from './check-policies.js';
import { checkReferences, noAlarmChannel, unusedNames } from './check-references.js';
import { checkConflicts, checkResources } from './check-resources.js';
import type { ConnectorKind } from './connector-kind.js';
import { findingsOf, issueText } from './issue-text.js';
import { readYaml, type Place, type YamlFile } from './read-yaml.js';
import { catalogSchema } from './schema.js';
import type { Finding } from './yaml-tree.js';

/** What is wrong, where, and what to do. `line` and `column` count from 1. */
export type CatalogProblem = Place & { readonly file: string; readonly message: string };

export type CatalogOutcome =
  | { readonly ok: true; readonly catalog: Catalog; readonly warnings: string[] }
  | { readonly ok: false; readonly problems: CatalogProblem[] };

/** `access.yaml:12:5 unknown group "dbas"; did you mean "dba-leads"?` */
export function problemText({ file, line, column, message }: CatalogProblem): string {
  return `${file}:${line}:${column} ${printable(message)}`;
}

/** A name out of somebody's pull request must not move the cursor of whoever checks it, nor begin a line. */
function printable(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** Reads a catalog, or says everything that is wrong with it at once. Pure: opens no file and no connection. */
export function loadCatalog(input: {
  /** The file's text. */
  readonly source: string;
  /** Its name, for messages. */
  readonly file: string;
  readonly kinds: readonly ConnectorKind[];
}): CatalogOutcome {
  const yaml = readYaml(input.source);
  const syntax = yaml.problems.map((problem) => ({ file: input.file, ...problem }));
  if (yaml.value === null) {
    return { ok: false, problems: inOrder(syntax) };
  }
  const { root } = yaml.value;
  const placed = (findings: Finding[]): CatalogProblem[] => inOrder(place(findings, yaml, input.file));
  const parsed = catalogSchema(input.kinds).safeParse(root, { error: issueText });
  const groups = checkGroups(root);
  const policies = checkPolicies(root);
  const findings = [
    ...(parsed.error?.issues ?? []).flatMap(findingsOf),
    ...checkReferences(root),
    ...groups,
    ...checkResources(root),
    ...checkConflicts(root),
    ...checkBundles(root),
    ...checkAccounts(root),
    ...checkManagedRoles(root, input.kinds),
    ...checkOnDrift(root, input.kinds),
    ...policies.problems,
  ];
  const problems = inOrder([...syntax, ...placed(findings)]);
  if (!parsed.success || problems.length > 0) {
    return { ok: false, problems };
  }
  const warnings = placed([
    ...unusedNames(root),
    ...noAlarmChannel(root),
    ...doubtfulIdentities(root),
    ...policies.warnings,
  ]);
  const sha256 = createHash('sha256').update(input.source).digest('hex');
  return { ok: true, catalog: buildCatalog(parsed.data, sha256), warnings: warnings.map(problemText) };
}

function place(findings: readonly Finding[], yaml: YamlFile, file: string): CatalogProblem[] {
  return findings.map(({ path, at, message }) => ({ file, ...yaml.place(path, at), message }));
}

function inOrder(problems: readonly CatalogProblem[]): CatalogProblem[] {
  return problems.toSorted((left, right) => left.line - right.line || left.column - right.column);
}
