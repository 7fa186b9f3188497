import { expect, test } from 'vitest';
import { wakeUpsOf } from '../../src/usecases/commit-fresh.js';
import { cardOf, copyOf } from '../../src/domain/message.js';
import type { AccessRequest } from '../../src/domain/request.js';
import { NOT_WAITING } from '../../src/domain/unanswered.js';
import { aDeniedRequest, anEntitlement, aRequest, start } from '../support/rows.js';

test('a row is armed for its moment, but not while somebody holds its lease and will arm it anew', () => {
  const free = anEntitlement();
  const leased = anEntitlement({ lease: { by: 'worker-1', until: start + 1 } });
  const armed = (entitlement: typeof free) =>
    wakeUpsOf({ at: start, entitlements: [entitlement], audit: [] }).map(({ at }) => at);

  expect(armed(free)).toEqual([free.nextAt]);
  expect(armed(leased)).toEqual([]);
});

test('a request is armed for the first thing that is due about it, and for nothing once it is decided', () => {
  const armed = (request: AccessRequest) =>
    wakeUpsOf({ at: start, requests: [request], audit: [] }).map(({ kind, at }) => [kind, at]);

  expect(armed(aRequest({ waiting: { ...NOT_WAITING, nudgeAt: start + 5 } }))).toEqual([
    ['request', start + 5],
  ]);
  expect(armed(aDeniedRequest({ waiting: { ...NOT_WAITING, nudgeAt: start + 5 } }))).toEqual([]);
});

test('both cards of an escalated request are drawn when it changes', () => {
  const request = aDeniedRequest({ waiting: { ...NOT_WAITING, escalatedAt: start } });
  const drawn = wakeUpsOf({ at: start, requests: [request], redraw: [request.id], audit: [] });

  expect(drawn.map(({ id }) => id)).toEqual([cardOf(request.id), copyOf(request.id)]);
});
