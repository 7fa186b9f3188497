import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type Node,
  type Pair,
} from 'yaml';
import type { Path } from './yaml-tree.js';
import { yamlErrorText } from './yaml-error-text.js';

export type Place = { readonly line: number; readonly column: number };

export type YamlProblem = Place & { readonly message: string };

export type YamlFile = {
  readonly problems: readonly YamlProblem[];
  /** Null when the text cannot be read as one YAML document, and nothing more can be said of it. */
  readonly value: { readonly root: unknown } | null;
  /** Where the value at a path stands; for what is not there, the nearest place around it. */
  place(path: Path, at: 'key' | 'value'): Place;
};

/** Far above any real catalog; below what could keep the process busy. */
const MAX_LENGTH = 1_000_000;
const MAX_ALIASES = 100;

export function readYaml(source: string): YamlFile {
  if (source.length > MAX_LENGTH) {
    return unreadable([
      { line: 1, column: 1, message: `the file is longer than ${MAX_LENGTH} characters; make it smaller` },
    ]);
  }
  const lines = new LineCounter();
  const document = parseDocument(source.replace(/^\uFEFF/, ''), {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    version: '1.2',
  });
  const problemAt = (offset: number, message: string): YamlProblem => ({
    ...placeAt(lines, offset),
    message,
  });
  const errors = [...document.errors, ...document.warnings];
  const problems = errors.map((error) => problemAt(error.pos[0], yamlErrorText(error.code)));
  if (document.directives?.yaml.version !== '1.2') {
    problems.push(problemAt(0, 'the %YAML directive asks for another version; remove it'));
  }
  // A repeated key leaves a tree that can be checked further; after any other error it would mislead.
  if (errors.some((error) => error.code !== 'DUPLICATE_KEY')) {
    return unreadable(untilReadable(problems));
  }
  const misleading = misleadingNodes(document).map(({ offset, message }) => problemAt(offset, message));
  if (misleading.length > 0) {
    return unreadable([...problems, ...misleading]);
  }
  return {
    problems,
    value: { root: document.toJS({ maxAliasCount: -1 }) },
    place: (path, at) => placeAt(lines, offsetOf(document, path, at)),
  };
}

function unreadable(problems: YamlProblem[]): YamlFile {
  return { problems, value: null, place: () => ({ line: 1, column: 1 }) };
}

/** One slip makes the parser complain of all that follows it. */
function untilReadable(problems: readonly YamlProblem[]): YamlProblem[] {
  return problems.toSorted((left, right) => left.line - right.line || left.column - right.column).slice(0, 1);
}

function placeAt(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return line === 0 ? { line: 1, column: 1 } : { line, column: col };
}

/**
 * Aliases can make a small file enormous, or endless: few are enough for a catalog. And `__proto__` is a
 * key that schema checks pass over in silence.
 */
function misleadingNodes(document: Document.Parsed): { offset: number; message: string }[] {
  const problems: { offset: number; message: string }[] = [];
  let count = 0;
  visit(document, {
    Pair(_key, { key }) {
      if (isScalar(key) && key.value === '__proto__') {
        problems.push({ offset: key.range?.[0] ?? 0, message: 'this key is not possible; use another' });
      }
    },
    Alias(_key, alias, ancestors) {
      const offset = alias.range?.[0] ?? 0;
      const target = alias.resolve(document);
      count += 1;
      if (target === undefined) {
        problems.push({ offset, message: 'no anchor of this name stands before; define it, or use quotes' });
      } else if (ancestors.includes(target)) {
        problems.push({ offset, message: 'this alias stands inside its own anchor; write the value out' });
      } else if (count === MAX_ALIASES + 1) {
        problems.push({ offset, message: `more than ${MAX_ALIASES} aliases; write the values out` });
      }
    },
  });
  return problems;
}

function offsetOf(document: Document.Parsed, path: Path, at: 'key' | 'value'): number {
  let node: Node | null | undefined = document.contents;
  let offset = node?.range?.[0] ?? 0;
  for (const [index, segment] of path.entries()) {
    const here: Node | undefined = isAlias(node) ? node.resolve(document) : (node ?? undefined);
    if (isMap<Node, Node | null>(here)) {
      const pair: Pair<Node, Node | null> | undefined = here.items.findLast((item) =>
        isKey(item.key, segment),
      );
      if (pair === undefined) {
        return offset;
      }
      offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq<Node>(here) && typeof segment === 'number' && here.items[segment] !== undefined) {
      node = here.items[segment];
      offset = node.range?.[0] ?? offset;
    } else {
      return offset;
    }
    // A map or a list begins on a line of its own, far from the word that a person looks for.
    if (index === path.length - 1 && at === 'value' && isScalar(node) && node.value !== null) {
      offset = node.range?.[0] ?? offset;
    }
  }
  return offset;
}

function isKey(key: Node, segment: PropertyKey): boolean {
  return isScalar(key) && String(key.value) === segment;
}
