import { DatabaseError } from 'pg';
import { expect, test } from 'vitest';
import { toConnectorError, type Progress } from '../../src/connectors/postgres/errors.js';
import { ConnectorError } from '../../src/ports.js';

const inTheMidst: Progress = { connected: true, answered: true, changing: false };

function read(error: unknown, progress: Partial<Progress> = {}, signal = new AbortController().signal) {
  const call = { signal, timeoutMs: 1000 };
  const { kind, uncertain, cause } = toConnectorError(error, {
    ...inTheMidst,
    ...progress,
    call,
    source: 'env:DB',
  });
  expect(cause).toBe(error);
  return { kind, uncertain };
}

/** As a server whose messages are in French would send it. */
function answered(code: string): DatabaseError {
  return Object.assign(new DatabaseError('non', 3, 'error'), { code, severity: 'ERREUR' });
}

test.each([
  ['40001', 'retryable'],
  ['40P01', 'retryable'],
  ['55P03', 'retryable'],
  ['57014', 'retryable'],
  ['23505', 'retryable'],
  ['XX000', 'retryable'],
  ['25006', 'unreachable'],
  ['ZZ999', 'retryable'],
  ['42501', 'final'],
  ['2BP01', 'final'],
  ['0LP01', 'final'],
  ['57P01', 'unreachable'],
  ['57P03', 'unreachable'],
  ['53300', 'unreachable'],
  ['08006', 'unreachable'],
])('an answer of %s is %s', (code, kind) => {
  expect(read(answered(code))).toEqual({ kind, uncertain: false });
});

test('a change that was answered with an error did not happen, in whatever language', () => {
  expect(read(answered('23505'), { changing: true }).uncertain).toBe(false);
  expect(read(answered('42501'), { changing: true }).uncertain).toBe(false);
  expect(read(answered('25006'), { changing: true }).uncertain).toBe(false);
});

test('a change whose answer was lost may have happened', () => {
  const lost = new Error('Connection terminated unexpectedly');

  expect(read(answered('57P01'), { changing: true }).uncertain).toBe(true);
  expect(read(lost, { changing: true })).toEqual({ kind: 'unreachable', uncertain: true });
  expect(read(lost, { changing: true }, AbortSignal.abort()).uncertain).toBe(true);
  expect(read(new Error('What is this?'), { changing: true }).uncertain).toBe(true);
});

test('a connection that was lost is a target out of reach, also in the midst of a call', () => {
  const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });

  expect(read(reset, { answered: false })).toEqual({ kind: 'unreachable', uncertain: false });
  expect(read(reset)).toEqual({ kind: 'unreachable', uncertain: false });
});

test.each(['28P01', '28000', '3D000', '42501', '53300', 'ZZ999'])(
  'a refusal to connect with %s holds up every call, so the target is out of reach',
  (code) => {
    expect(read(answered(code), { connected: false, answered: false }).kind).toBe('unreachable');
  },
);

test("the connector's own words pass as they are", () => {
  const own = new ConnectorError('wrong-target', 'This is another');
  const { signal } = new AbortController();

  expect(toConnectorError(own, { ...inTheMidst, call: { signal, timeoutMs: 1 }, source: 'env:DB' })).toBe(
    own,
  );
});
