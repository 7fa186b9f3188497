import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import type { Secret } from '../../secret.js';

/** PostgreSQL's own number. A password of 24 random bytes needs no slower guessing. */
const ITERATIONS = 4096;

/**
 * What PostgreSQL keeps of a password (RFC 5802 and 7677): it can check one by this, and nobody can log in with it.
 * The password is printable ASCII, which SASLprep leaves as it is.
 */
export async function scramVerifier(password: Secret, salt = randomBytes(16)): Promise<string> {
  const salted = await promisify(pbkdf2)(password.reveal(), salt, ITERATIONS, 32, 'sha256');
  const storedKey = createHash('sha256').update(keyed(salted, 'Client Key')).digest('base64');
  const serverKey = keyed(salted, 'Server Key').toString('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}

function keyed(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
