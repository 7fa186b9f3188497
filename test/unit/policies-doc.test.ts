import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { loadCatalog, problemText } from '../../src/catalog/load-catalog.js';
import { RIGHT } from '../support/catalog-text.js';
import { testKinds } from '../support/connector-kinds.js';
import { snippetsOf } from '../support/doc-snippets.js';
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

function problemsWith(snippet: string): string[] {
  const source = stringify(merged(base, parse(snippet)));
  const outcome = loadCatalog({ source, file: 'policies.md', kinds: testKinds });
  return outcome.ok ? [] : outcome.problems.map(problemText);
}

describe('docs/policies.md', () => {
  test('has snippets at all', () => {
    expect(snippets.length).toBeGreaterThan(6);
  });

  test.each(snippets.map((snippet) => [snippet.split('\n', 2).join(' '), snippet]))(
    '%s is part of a catalog',
    (_first, snippet) => {
      expect(problemsWith(snippet)).toEqual([]);
    },
  );

  test.each(snippetsOf('on-call.md'))('on-call.md: %s is part of a catalog', (snippet) => {
    expect(problemsWith(snippet)).toEqual([]);
  });

  test('and what is not is found', () => {
    expect(problemsWith('limits: { actve: 3 }')).toHaveLength(1);
  });
});
