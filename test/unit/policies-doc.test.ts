import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { loadCatalog, problemText } from '../../src/catalog/load-catalog.js';
import { catalogSchema, policySchema } from '../../src/catalog/schema.js';
import { RIGHT } from '../support/catalog-text.js';
import { testKinds } from '../support/connector-kinds.js';
import { fencesOf, snippetsOf } from '../support/doc-snippets.js';
import { merged } from '../support/test-catalog.js';

const snippets = snippetsOf('policies.md');

/** What the snippets speak of, beside the groups of the first of them. */
const AROUND = merged(parse(RIGHT), {
  groups: { engineers: null, security: null },
  policies: {
    critical: {
      request: ['engineers'],
      duration: { default: '15m', max: '1h' },
      channel: 'C0APPROVALS',
      approve: [{ from: ['leads'] }],
    },
  },
  resources: {
    reports: {
      title: 'Reports',
      policy: 'critical',
      roles: { editor: { entitlements: [{ connector: 'orders-db', role: 'app_readonly' }] } },
    },
  },
});
const base = merged(AROUND, parse(snippets[0] ?? ''));

const PAGES = ['policies.md', 'on-call.md'];
const shown = PAGES.flatMap((page) =>
  snippetsOf(page).map((snippet): [string, string] => [
    `${page}: ${snippet.split('\n', 3).join(' ')}`,
    snippet,
  ]),
);

function problemsWith(snippet: unknown): string[] {
  const source = stringify(merged(base, snippet));
  const outcome = loadCatalog({ source, file: 'policies.md', kinds: testKinds });
  return outcome.ok ? [] : outcome.problems.map(problemText);
}

const schema = catalogSchema(testKinds);

/** The same with one key more, in each of its maps in turn. */
function withWrongKeys(snippet: unknown): unknown[] {
  if (Array.isArray(snippet)) {
    return snippet.flatMap((one, index) => withWrongKeys(one).map((wrong) => snippet.with(index, wrong)));
  }
  if (typeof snippet !== 'object' || snippet === null) {
    return [];
  }
  const deeper = Object.entries(snippet).flatMap(([key, value]) =>
    withWrongKeys(value).map((wrong) => ({ ...snippet, [key]: wrong })),
  );
  return [{ ...snippet, 'wrong-key': 1 }, ...deeper];
}

describe('what docs/policies.md and docs/on-call.md show', () => {
  test('is all read here, or as a policy test', () => {
    const fences = PAGES.flatMap(fencesOf);
    expect(fences.filter((fence) => fence !== 'yaml')).toEqual(['yaml policy-test']);
    expect(shown).toHaveLength(fences.length - 1);
  });

  test.each(shown)('%s is part of a catalog', (_first, snippet) => {
    expect(problemsWith(parse(snippet))).toEqual([]);
  });

  test.each(shown)('%s is not, with a key that means nothing in any of its maps', (_first, snippet) => {
    const wrong = withWrongKeys(parse(snippet));
    expect(wrong.length).toBeGreaterThan(1);
    expect(wrong.filter((one) => schema.safeParse(merged(base, one)).success)).toEqual([]);
  });

  test('says each key that a policy can have', () => {
    const keys = Object.keys(policySchema.shape);
    const inSnippets = new Set(
      shown.flatMap(([, snippet]) => policiesIn(parse(snippet)).flatMap((policy) => Object.keys(policy))),
    );
    expect(keys.filter((key) => !inSnippets.has(key))).toEqual([]);
  });
});

function policiesIn(snippet: { readonly policies?: Readonly<Record<string, object>> }): object[] {
  return Object.values(snippet.policies ?? {});
}
