import { expect, test } from 'vitest';
import { z } from 'zod';
import type { ConnectorKind } from '../../src/catalog/connector-kind.js';
import { loadCatalog, problemText } from '../../src/catalog/load-catalog.js';
import { withChange } from '../support/catalog-text.js';
import { postgresKind } from '../support/connector-kinds.js';

function problemsWith(settings: z.ZodObject, from: string, to: string): string[] {
  const kinds: ConnectorKind[] = [{ ...postgresKind, settings }];
  const outcome = loadCatalog({ source: withChange(from, to), file: 'access.yaml', kinds });
  return outcome.ok ? [] : outcome.problems.map(problemText);
}

test('an unknown key is refused also where a kind forgot to say so', () => {
  expect(
    problemsWith(z.object({ url: z.string() }), 'end_sessions: true', 'end_sessions: true\n    ulr: x'),
  ).toEqual(['access.yaml:14:5 unknown key "ulr"; did you mean "url"?']);
});

test("a kind's own rule over several keys holds", () => {
  const settings = z
    .strictObject({ url: z.string(), port: z.int().optional() })
    .refine(({ url, port }) => port === undefined || !url.startsWith('env:'), 'give the port in the url');

  expect(problemsWith(settings, 'end_sessions: true', 'end_sessions: true\n    port: 1')).toEqual([
    'access.yaml:9:3 give the port in the url',
  ]);
});

test('on_drift: enforce is refused where a connector with these settings cannot remove what others gave', () => {
  const settings = z.strictObject({ url: z.string(), mode: z.string().optional() });
  const withKind = (expels: ConnectorKind['expels'], more: string): string[] => {
    const kind = expels === undefined ? {} : { expels };
    const kinds: ConnectorKind[] = [{ ...postgresKind, settings, ...kind }];
    const source = withChange('end_sessions: true', `end_sessions: true\n    on_drift: enforce${more}`);
    const outcome = loadCatalog({ source, file: 'access.yaml', kinds });
    return outcome.ok ? [] : outcome.problems.map(problemText);
  };
  const refused = [
    'access.yaml:14:15 this postgres connector cannot remove access that others gave, so enforce cannot be; write report or restore',
  ];

  expect(withKind(undefined, '')).toEqual(refused);
  expect(withKind(({ mode }) => mode === 'group', '')).toEqual(refused);
  expect(withKind(({ mode }) => mode === 'group', '\n    mode: group')).toEqual([]);
});
