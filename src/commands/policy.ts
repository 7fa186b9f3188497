import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { readCatalogFile } from '../catalog/catalog-in-force.js';
import { connectorKinds } from '../connectors/registry.js';
import { readPolicyTests, wrongGroups } from '../policy-test/read-file.js';
import type { PolicyTests } from '../policy-test/read-file.js';
import { runPolicyTests } from '../policy-test/run-tests.js';
import type { TestOutcome } from '../policy-test/run-tests.js';
import { catalogFile } from './catalog-file.js';
import type { Command } from './command.js';
import { explainPolicy } from './policy-explain.js';
import { wrongUsage } from './usage.js';

export async function policy(command: Command): Promise<number> {
  const [verb, file, ...more] = command.args;
  if (verb === 'explain') {
    return await explainPolicy(command, command.args.slice(1));
  }
  if (verb !== 'test') {
    const problem =
      verb === undefined ? 'policy needs a word: test or explain' : `policy has no ${JSON.stringify(verb)}`;
    return wrongUsage(command, 'policy', problem);
  }
  if (file === undefined || more.length > 0) {
    return wrongUsage(command, 'policy', 'policy test takes one FILE');
  }
  return await test(command, file);
}

async function test(command: Command, file: string): Promise<number> {
  const tell = (problems: readonly string[]): number => {
    problems.forEach((problem) => command.err(problem));
    return 2;
  };
  const source = readSource(file);
  if (source === null) {
    return tell([`${file}: can't be read; give the path of a file of policy tests`]);
  }
  const read = readPolicyTests(source, file);
  if (!read.ok) {
    return tell(read.problems);
  }
  const named = catalogOf(read.value, file, command);
  if (!named.ok) {
    return tell([named.problem]);
  }
  const loaded = readCatalogFile(named.file, connectorKinds, `name it under catalog: in ${file}`);
  if (!loaded.ok) {
    return tell(loaded.problems);
  }
  const { catalog } = loaded.value;
  const wrong = wrongGroups(catalog, read.value);
  if (wrong.length > 0) {
    return tell(read.value.told(wrong));
  }
  return report(command, file, await runPolicyTests(catalog, read.value));
}

function readSource(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

function catalogOf({ catalog }: PolicyTests, file: string, command: Command): ReturnType<typeof catalogFile> {
  return catalog === undefined
    ? catalogFile(command.env)
    : { ok: true, file: resolve(dirname(file), catalog) };
}

function report(command: Command, file: string, outcomes: readonly TestOutcome[]): number {
  for (const { name, failure } of outcomes) {
    if (failure === null) {
      command.out(`ok    ${name}`);
    } else {
      command.out(`FAIL  ${name}`);
      command.out(`      ${file}:${failure.line} step ${failure.step}: ${failure.what}`);
    }
  }
  const failed = outcomes.filter(({ failure }) => failure !== null).length;
  const tests = `${outcomes.length} ${outcomes.length === 1 ? 'test' : 'tests'}`;
  command.out(failed === 0 ? `${tests}, all as expected.` : `${tests}, ${failed} not as expected.`);
  return failed === 0 ? 0 : 1;
}
