import { createHash, randomBytes } from 'node:crypto';
import type { Instant } from '../domain/time.js';

/** What the first event follows. */
export const chainStart = '0'.repeat(64);

/** Keeps these hashes apart from any other use of SHA-256; a new form of the body takes a new name. */
const domainSeparator = 'hallpass audit event 1';

export type CanonicalValue =
  | string
  | number
  | boolean
  | null
  | readonly CanonicalValue[]
  | { readonly [key: string]: CanonicalValue };

/** JSON with sorted keys and no space: one text for one value, so that anybody can compute the hash again. */
export function canonicalJson(value: CanonicalValue): string {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new TypeError(`${value} cannot be audited: JSON has no such number.`);
  }
  if (value === null || typeof value !== 'object') {
    return JSON.stringify(value);
  }
  if (isList(value)) {
    return `[${value.map(canonicalJson).join(',')}]`;
  }
  const members = Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

/** Array.isArray does not see through `readonly`. */
function isList(
  value: readonly CanonicalValue[] | { readonly [key: string]: CanonicalValue },
): value is readonly CanonicalValue[] {
  return Array.isArray(value);
}

/** Newlines part the fields: none but the body can hold one, and in JSON it is escaped. */
export function eventHash(event: { seq: number; at: Instant; prev: string; body: string }): string {
  return createHash('sha256')
    .update([domainSeparator, event.seq, event.at, event.prev, event.body].join('\n'))
    .digest('hex');
}

/** Salted, so that a short text cannot be guessed from its digest once it is erased. */
export function textDigest(salt: string, text: string): string {
  return createHash('sha256').update(Buffer.from(salt, 'hex')).update(text).digest('hex');
}

export function newSalt(): string {
  return randomBytes(16).toString('hex');
}
