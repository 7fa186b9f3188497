import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readSecretRef, secretRef, SecretUnreadable } from '../../src/secret-ref.js';

const directory = mkdtempSync(join(tmpdir(), 'hallpass-secret-'));
afterAll(() => rmSync(directory, { recursive: true }));

const file = join(directory, 'url');

test('a secret is read from the environment or a file, anew each time', () => {
  writeFileSync(file, 'first\n');
  expect(readSecretRef('env:DB_URL', { DB_URL: 'here' }).reveal()).toBe('here');
  expect(readSecretRef(`file:${file}`, {}).reveal()).toBe('first');

  writeFileSync(file, 'second\n');
  expect(readSecretRef(`file:${file}`, {}).reveal()).toBe('second');
});

test('what cannot be read is named by its variable or its path', () => {
  writeFileSync(join(directory, 'empty'), ' \n');

  expect(() => readSecretRef('env:DB_URL', {})).toThrow(
    new SecretUnreadable(
      'the environment variable DB_URL is not set; set it where Hallpass runs, and restart it',
    ),
  );
  expect(() => readSecretRef('env:DB_URL', { DB_URL: ' ' })).toThrow(SecretUnreadable);
  expect(() => readSecretRef(`file:${directory}/missing`, {})).toThrow(
    new SecretUnreadable(`the file ${directory}/missing cannot be read; check the path and who may read it`),
  );
  expect(() => readSecretRef(`file:${directory}/empty`, {})).toThrow(
    new SecretUnreadable(`the file ${directory}/empty is empty; put the secret into it`),
  );
});

test('a secret that was given in place of a reference is not repeated', () => {
  expect(() => readSecretRef('postgres://bot:canary@db', {})).toThrow(SecretUnreadable);
  expect(() => readSecretRef('postgres://bot:canary@db', {})).not.toThrow(/canary/);
});

test.each(['env:DB_URL', 'env:_x1', 'file:/run/secrets/url'])('%s is a reference', (ref) => {
  expect(secretRef.safeParse(ref).success).toBe(true);
});

test.each(['', 'DB_URL', 'env:', 'env:1A', 'env:A-B', 'env:A ', 'file:relative', 'file:/a\nb', 'hunter2'])(
  '%j is none',
  (text) => {
    expect(secretRef.safeParse(text).success).toBe(false);
  },
);
