import { createHmac } from 'node:crypto';
import { ConnectorError } from '../../ports.js';
import { secretForConnection, type ReadSecret } from '../define.js';

const secretForm = /^whsec_((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/;

/** The keys behind the references; read for each call, so that an exchanged secret needs no restart. */
export function readKeys(readSecret: ReadSecret, refs: readonly string[]): Buffer[] {
  return refs.map((ref) => {
    const encoded = secretForm.exec(secretForConnection(readSecret, ref).trim())?.[1];
    const key = Buffer.from(encoded ?? '', 'base64');
    if (key.length < 24 || key.length > 64) {
      throw new ConnectorError(
        'unreachable',
        `The secret ${ref} does not sign: it should be whsec_ and then 24 to 64 bytes in base64`,
      );
    }
    return key;
  });
}

/** The headers of Standard Webhooks. */
export function signedHeaders(
  { id, timestamp, body }: { id: string; timestamp: number; body: string },
  keys: readonly Buffer[],
): Record<string, string> {
  const sign = (key: Buffer): string =>
    createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': keys.map((key) => `v1,${sign(key)}`).join(' '),
  };
}
