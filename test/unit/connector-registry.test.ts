import { expect, test } from 'vitest';
import { connectorKinds, createConnectors } from '../../src/connectors/registry.js';
import type { ConnectorSpec } from '../../src/domain/catalog.js';
import type { Log } from '../../src/ports.js';
import { callWithin, failureOf } from '../support/connector-contract.js';

function spec(name: string, use: string, settings: Record<string, unknown> = {}): [string, ConnectorSpec] {
  const identity = { map: new Map(), fromEmail: null };
  return [
    name,
    { name, use, manage: ['r'], identity, endSessions: use === 'postgres' ? true : null, settings },
  ];
}

function loggingTo(lines: string[]): Log {
  const write = (facts: Readonly<Record<string, unknown>>): void => {
    lines.push(String(facts['connector']));
  };
  return { debug: write, info: write, warn: write, error: write };
}

test('a connector whose secret is missing fails by itself, and says which secret', async () => {
  const connectors = createConnectors({
    catalog: {
      connectors: new Map([spec('db', 'postgres', { url: 'env:DB_URL' }), spec('play', 'simulate')]),
    },
    readSecret: (ref) => {
      throw new Error(`${ref} is not set`);
    },
    log: loggingTo([]),
  });

  const db = connectors.get('db')?.ping(callWithin());

  expect(await failureOf(Promise.resolve(db))).toMatchObject({
    kind: 'unreachable',
    message: expect.stringContaining('env:DB_URL'),
  });
  await connectors.get('play')?.ping(callWithin());
  await connectors.close();
});

test('a connector that cannot be built is left out and logged, and the others work', async () => {
  const failed: string[] = [];
  const connectors = createConnectors({
    catalog: {
      connectors: new Map([
        spec('odd', 'telepathy'),
        spec('stale', 'postgres', { old: 'shape' }),
        spec('play', 'simulate'),
      ]),
    },
    readSecret: () => '',
    log: loggingTo(failed),
  });

  expect(failed).toEqual(['odd', 'stale']);
  expect(connectors.get('odd')).toBeUndefined();
  expect(connectors.get('play')?.name).toBe('play');
  await connectors.close();
});

test('each kind has a name of its own', () => {
  const names = connectorKinds.map(({ use }) => use);

  expect(new Set(names).size).toBe(names.length);
});
