import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asGrantId, asRequestId, asUserId } from '../../../src/domain/ids.js';
import {
  decodeAsk,
  decodeEndAll,
  decodePage,
  decodePrefill,
  decodeVote,
  encodeAsk,
  encodeEndAll,
  encodePage,
  encodeVote,
} from '../../../src/slack/button-values.js';

describe('a button’s value', () => {
  test('is read back as it was written', () => {
    const vote = { requestId: asRequestId('r_1:2'), termsVersion: 3 };
    const about = { kind: 'person' as const, userId: asUserId('U1') };
    const ask = {
      kind: 'request' as const,
      resource: 'prod-db',
      role: null,
      durationMs: 60_000,
      start: 'tomorrow 09:00',
      reason: 'why',
      beneficiary: asUserId('U1'),
    };

    expect(decodeVote(encodeVote(vote))).toEqual(vote);
    expect(decodePage(encodePage(about, 20))).toEqual({ about, offset: 20 });
    expect(decodeAsk(encodeAsk(ask) ?? '')).toEqual(ask);
    const all = { grants: [asGrantId('G-1'), asGrantId('G-2')], reason: 'a "leak"' };
    expect(decodeEndAll(encodeEndAll(all) ?? '')).toEqual(all);
  });

  test('that nobody wrote is refused, never thrown over', () => {
    const forged = fc.oneof(fc.string(), fc.json());
    fc.assert(
      fc.property(forged, (value) => {
        decodeVote(value);
        decodePage(value);
        decodeAsk(value);
        decodePrefill(value);
        decodeEndAll(value);
      }),
    );
    expect(decodePage('[-1,{"kind":"all"}]')).toBeNull();
    expect(decodePage('[0,{"kind":"role"}]')).toBeNull();
    expect(decodeVote('r_1')).toBeNull();
    expect(decodeEndAll('{"grants":[1],"reason":""}')).toBeNull();
    const many = Array.from({ length: 99 }, (_, index) => `G-${index}`);
    expect(decodeEndAll(JSON.stringify({ grants: many, reason: '' }))?.grants).toHaveLength(20);
  });

  test('that does not fit into a button is no button', () => {
    const reason = 'x'.repeat(2_000);
    expect(
      encodeAsk({
        kind: 'request',
        resource: 'a',
        role: null,
        durationMs: 1,
        start: null,
        reason,
        beneficiary: null,
      }),
    ).toBeNull();
  });
});
