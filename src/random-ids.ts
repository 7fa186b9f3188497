import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { asEntitlementId, asGrantId, asRequestId, asStrayId } from './domain/ids.js';
import type { Ids } from './ports.js';

/** Crockford's base 32: no I, L, O or U, so that an id can be read aloud and typed. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** 6 letters are 2^30 ids; a clash is caught by the primary key, and decided again with another id. */
const LENGTH = 6;

function short(): string {
  return Array.from(randomBytes(LENGTH), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
}

export function createIds(): Ids {
  return {
    requestId: () => asRequestId(`R-${short()}`),
    grantId: () => asGrantId(`G-${short()}`),
    entitlementId: () => asEntitlementId(`E-${randomUUID()}`),
    strayId: () => asStrayId(`S-${short()}`),
    leaseToken: () => randomUUID(),
    random: () => randomInt(2 ** 32) / 2 ** 32,
  };
}
