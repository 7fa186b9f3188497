import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { loadCatalog, problemText } from '../../src/catalog/load-catalog.js';
import { catalogJsonSchema, catalogSchema, policySchema } from '../../src/catalog/schema.js';
import { REFUSALS } from '../../src/policy-test/refusals.js';
import { RIGHT } from '../support/catalog-text.js';
import { testKinds } from '../support/connector-kinds.js';
import { fencesOf, snippetsOf, textOf as readDoc } from '../support/doc-snippets.js';
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

const wholeSchema = catalogSchema(testKinds);

type JsonSchema = {
  readonly properties?: Readonly<Record<string, JsonSchema>> | undefined;
  readonly additionalProperties?: JsonSchema | boolean | undefined;
  readonly items?: JsonSchema | undefined;
  readonly not?: unknown;
  readonly anyOf?: readonly JsonSchema[] | undefined;
  readonly oneOf?: readonly JsonSchema[] | undefined;
};
const jsonSchema: z.ZodType<JsonSchema> = z.lazy(() =>
  z.object({
    properties: z.record(z.string(), jsonSchema).optional(),
    additionalProperties: z.union([z.boolean(), jsonSchema]).optional(),
    items: jsonSchema.optional(),
    not: z.unknown().optional(),
    anyOf: z.array(jsonSchema).optional(),
    oneOf: z.array(jsonSchema).optional(),
  }),
);

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
    expect(wrong.filter((one) => wholeSchema.safeParse(merged(base, one)).success)).toEqual([]);
  });

  test('says each key of a catalog, at every depth', () => {
    const known = [...new Set(keysOfSchema(jsonSchema.parse(catalogJsonSchema(testKinds))))];
    const said = new Set(shown.flatMap(([, snippet]) => keysOf(parse(snippet))));

    expect(known.length).toBeGreaterThan(80);
    expect(known.filter((key) => !said.has(key))).toEqual([]);
  });
});

test('docs/policies.md lists the codes that a policy test can expect', () => {
  const table = readDoc('policies.md').split('| code ')[1] ?? '';
  const rows = [...table.matchAll(/^\| `([a-z-]+)` +\| (.*?) *\|$/gm)].map(([, code, why]) => [code, why]);

  expect(rows).toEqual(Object.entries(REFUSALS));
});

describe('what docs/policies.md says of keys that are left out', () => {
  const minimal = {
    request: ['engineers'],
    approve: [{ from: ['leads'] }],
    duration: { default: '30m', max: '4h' },
    channel: 'C0APPROVALS',
  };
  const section = /## The rest of the file\n(.*?)\n## /s.exec(readDoc('policies.md'))?.[1] ?? '';
  const rows = [...section.matchAll(/^\| `([a-z_.]+)` +\| (.*?) *\|$/gm)].map(
    ([, key = '', leftOut = '']) => ({
      key,
      value: /^`([^`]+)`/.exec(leftOut)?.[1] ?? null,
    }),
  );
  const needed = ['request', 'approve', 'duration', 'channel'];

  test('names each of them, and nothing else', () => {
    const optional = Object.keys(policySchema.shape).filter((key) => !needed.includes(key));

    expect(rows.map(({ key }) => key).toSorted()).toEqual(['duration.min', ...optional].toSorted());
  });

  test.each(rows)('is so: $key', ({ key, value }) => {
    const written = parse(value ?? 'null');
    const given =
      key === 'duration.min'
        ? { ...minimal, duration: { ...minimal.duration, min: written } }
        : { ...minimal, ...(value === null ? {} : { [key]: written }) };

    expect(policySchema.parse(given)).toEqual(policySchema.parse(minimal));
    const leftOut = new Map<string, unknown>(Object.entries(policySchema.parse(minimal)));
    expect(value === null).toBe(key !== 'duration.min' && leftOut.get(key) === undefined);
  });
});

/** Names that the catalog gives itself, and places in a list. */
const ANY = '*';

/** `policies.*.approve.*.from`: every key that the schema knows. What a kind of connector adds is in its own README.md. */
function keysOfSchema(schema: JsonSchema, path: readonly string[] = []): string[] {
  const under = (one: JsonSchema | boolean | undefined, ...key: string[]): string[] =>
    one === undefined || typeof one !== 'object' ? [] : keysOfSchema(one, [...path, ...key]);
  return [
    ...Object.entries(schema.properties ?? {}).flatMap(([key, value]) =>
      // Reserved: nothing may stand there yet.
      value.not !== undefined
        ? []
        : [
            [...path, key].join('.'),
            ...under(path.length === 0 && key === 'connectors' ? undefined : value, key),
          ],
    ),
    ...under(schema.additionalProperties, ANY),
    ...under(schema.items, ANY),
    ...[...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap((one) => under(one)),
  ];
}

/** The same of what a snippet says, with each name also as any name. */
function keysOf(value: unknown, paths: readonly (readonly string[])[] = [[]]): string[] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  return Object.entries(value).flatMap(([key, inner]) => {
    const longer = paths.flatMap((path) => [
      [...path, key],
      [...path, ANY],
    ]);
    return [...longer.map((path) => path.join('.')), ...keysOf(inner, longer)];
  });
}
