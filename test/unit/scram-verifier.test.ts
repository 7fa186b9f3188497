import { createHash, createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { scramVerifier } from '../../src/connectors/postgres/scram-verifier.js';
import { Secret } from '../../src/secret.js';

/** The exchange that RFC 7677 gives as its example, section 3. */
const example = {
  password: 'pencil',
  salt: 'W22ZaJ0SNY7soEsUEjb6gQ==',
  authMessage:
    'n=user,r=rOprNGfwEbeRWgbNEkqO,' +
    'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,' +
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
  clientProof: 'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  serverSignature: '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
};

function sign(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

describe('the verifier of a password', () => {
  test('checks the proof, and gives the signature, of the example in RFC 7677', async () => {
    const verifier = await scramVerifier(new Secret(example.password), Buffer.from(example.salt, 'base64'));

    const [scheme, iterations, keys] = verifier.split('$').map((part) => part.split(':'));
    const [storedKey, serverKey] = (keys ?? []).map((key) => Buffer.from(key, 'base64'));
    expect([scheme, iterations]).toEqual([['SCRAM-SHA-256'], ['4096', example.salt]]);
    const signature = sign(storedKey ?? Buffer.of(), example.authMessage);
    const proof = Buffer.from(example.clientProof, 'base64');
    const clientKey = proof.map((byte, index) => byte ^ (signature[index] ?? 0));
    expect(createHash('sha256').update(clientKey).digest()).toEqual(storedKey);
    expect(sign(serverKey ?? Buffer.of(), example.authMessage).toString('base64')).toBe(
      example.serverSignature,
    );
  });

  test('is another one each time', async () => {
    const password = new Secret('the same');

    expect(await scramVerifier(password)).not.toBe(await scramVerifier(password));
  });
});
