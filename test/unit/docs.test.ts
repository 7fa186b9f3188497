import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { loadCatalog } from '../../src/catalog/load-catalog.js';
import { connectorKinds } from '../../src/connectors/registry.js';

const top = fileURLToPath(new URL('../..', import.meta.url));
const documents = [
  'README.md',
  'AGENTS.md',
  'CHANGELOG.md',
  'docs/adding-a-connector.md',
  'docs/benchmarks.md',
  'docs/failure-modes.md',
  'docs/policies.md',
  'src/connectors/postgres/README.md',
  'src/connectors/webhook/README.md',
  ...readdirSync(join(top, 'docs/decisions')).map((name) => `docs/decisions/${name}`),
];

function read(name: string): string {
  return readFileSync(join(top, name), 'utf8');
}

/** Paths of the project as prose names them, and the targets of links, which begin at the document. */
function namedFiles(name: string): string[] {
  const text = read(name);
  const paths = text.match(/(?<![\w/.])(?:src|test|docs|scripts|migrations)\/[\w./-]*[\w/]/g) ?? [];
  const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, target]) =>
    join(dirname(name), target ?? ''),
  );
  return [...new Set([...paths, ...links])];
}

describe('the documents', () => {
  test.each(documents)('%s names only files that exist', (name) => {
    const missing = namedFiles(name).filter((path) => !existsSync(join(top, path)));

    expect(missing).toEqual([]);
  });

  test('the flow in AGENTS.md names files at all', () => {
    expect(namedFiles('AGENTS.md').length).toBeGreaterThan(20);
  });

  test('every npm script that they name exists', () => {
    const { scripts: defined } = z
      .object({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(read('package.json')));
    const scripts = Object.keys(defined);
    const named = documents.flatMap((name) =>
      [...read(name).matchAll(/npm run ([\w:]+)/g)].map(([, one]) => one),
    );

    expect(named.filter((one) => !scripts.includes(one ?? ''))).toEqual([]);
  });

  test('the catalog in README.md is one', () => {
    const [, source = ''] = /```yaml\n([\s\S]*?)```/.exec(read('README.md').replaceAll(/^ {3}/gm, '')) ?? [];

    expect(loadCatalog({ source, file: 'README.md', kinds: connectorKinds })).toMatchObject({
      ok: true,
      warnings: [],
    });
  });

  test('the catalog in README.md with what the receiver to try is added to it is one', () => {
    const [, source = ''] = /```yaml\n([\s\S]*?)```/.exec(read('README.md').replaceAll(/^ {3}/gm, '')) ?? [];
    const tried = read('src/connectors/webhook/README.md').split('## Try it')[1] ?? '';
    const [, connector = '', resource = ''] =
      /```yaml\nconnectors:\n([\s\S]*?)resources:\n([\s\S]*?)```/.exec(tried) ?? [];
    const both = source
      .replace('connectors:\n', () => `connectors:\n${connector}`)
      .replace('resources:\n', () => `resources:\n${resource}`);

    expect(connector).toContain('use: webhook');
    expect(loadCatalog({ source: both, file: 'README.md', kinds: connectorKinds })).toMatchObject({
      ok: true,
      warnings: [],
    });
  });

  test('every `hallpass COMMAND` that they and the messages name is one', () => {
    const sources = readdirSync(join(top, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ts|md)$/.test(name))
      .map((name) => `src/${name}`);
    const named = [...documents, ...sources].flatMap((name) =>
      [...read(name).matchAll(/`hallpass ([a-z]+)/g)].map(([, command]) => command),
    );

    expect(named).toContain('audit');
    expect(named.filter((command) => !read('src/cli.ts').includes(`case '${command}':`))).toEqual([]);
  });
});
