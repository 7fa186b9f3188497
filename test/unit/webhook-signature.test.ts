import { expect, test } from 'vitest';
import { readKeys, signedHeaders } from '../../src/connectors/webhook/sign.js';
import { ConnectorError } from '../../src/ports.js';

const message = {
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestamp: 1_614_265_330,
  body: '{"test": 2432232314}',
};
/** From the tests of the Standard Webhooks libraries. */
const known = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};
const other = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

function keysOf(...secrets: string[]): Buffer[] {
  return readKeys(
    (ref) => secrets[Number(ref)] ?? '',
    secrets.map((_, index) => String(index)),
  );
}

test('a call is signed as every Standard Webhooks library verifies it', () => {
  expect(signedHeaders(message, keysOf(known.secret))).toEqual({
    'webhook-id': message.id,
    'webhook-timestamp': '1614265330',
    'webhook-signature': known.signature,
  });
});

test('while secrets are being exchanged, a call bears a signature by each', () => {
  const signatures = signedHeaders(message, keysOf(other, known.secret))['webhook-signature']?.split(' ');

  expect(signatures).toHaveLength(2);
  expect(signatures?.[1]).toBe(known.signature);
});

test.each([
  ['nothing', ''],
  ['no prefix', known.secret.replace('whsec_', '')],
  ['something that is not base64', 'whsec_canary canary canary canary canary'],
  ['too short a key', `whsec_${Buffer.from('canary').toString('base64')}`],
  ['too long a key', `whsec_${Buffer.alloc(65).toString('base64')}`],
  ['a key of another kind', `whsk_${Buffer.alloc(32).toString('base64')}`],
])('a secret with %s signs nothing, and is not shown', (_what, secret) => {
  let thrown: unknown;
  try {
    readKeys(() => secret, ['env:CRM_SECRET']);
  } catch (error) {
    thrown = error;
  }

  expect(thrown).toBeInstanceOf(ConnectorError);
  expect(thrown).toMatchObject({ kind: 'unreachable', message: expect.stringContaining('env:CRM_SECRET') });
  expect(String(thrown)).not.toContain('canary');
});
