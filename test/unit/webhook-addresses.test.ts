import type { LookupAddress } from 'node:dns';
import { describe, expect, test } from 'vitest';
import {
  AddressRefused,
  guardedLookup,
  reachOf,
  refusalOf,
  type AddressRules,
} from '../../src/http/addresses.js';
import { settingsSchema } from '../../src/connectors/webhook/settings.js';

const strict: AddressRules = { allowPrivate: false, loopbackOnly: false };
const lenient: AddressRules = { allowPrivate: true, loopbackOnly: false };

test.each([
  ['public', ['8.8.8.8', '2606:4700::1111', '::ffff:8.8.8.8', '172.32.0.1', '100.128.0.1']],
  ['loopback', ['127.0.0.1', '127.255.0.9', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1']],
  [
    'private',
    ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', 'fd12::1', '::ffff:a00:1'],
  ],
  [
    'forbidden',
    [
      '0.0.0.0',
      '::',
      '255.255.255.255',
      '224.0.0.1',
      'ff02::1',
      'fe80::1',
      'fec0::1',
      '169.254.169.254',
      '::ffff:169.254.169.254',
      'fd00:ec2::254',
      '100.100.100.200',
      '168.63.129.16',
      '64:ff9b::7f00:1',
      '64:ff9b:1::a00:1',
      '2002:7f00:1::',
      '::7f00:1',
      '2001::1',
      '198.18.0.1',
    ],
  ],
])('%s addresses are known as such, however they are written', (reach, addresses) => {
  expect(addresses.filter((address) => reachOf(address) !== reach)).toEqual([]);
});

describe('a call', () => {
  test.each([
    ['8.8.8.8', strict, true],
    ['127.0.0.1', strict, false],
    ['10.0.0.1', strict, false],
    ['169.254.169.254', strict, false],
    ['127.0.0.1', lenient, true],
    ['10.0.0.1', lenient, true],
    ['169.254.169.254', lenient, false],
    ['64:ff9b::a9fe:a9fe', lenient, false],
    ['8.8.8.8', { allowPrivate: true, loopbackOnly: true }, false],
    ['10.0.0.1', { allowPrivate: true, loopbackOnly: true }, false],
    ['127.0.0.1', { allowPrivate: true, loopbackOnly: true }, true],
    ['127.0.0.1', { allowPrivate: false, loopbackOnly: true }, false],
  ])('to %s under %j goes out: %s', (address, rules, goes) => {
    expect(refusalOf(address, rules) === null).toBe(goes);
  });
});

describe('looking up a name', () => {
  function lookedUp(found: string[], rules = strict): Promise<unknown> {
    const addresses: LookupAddress[] = found.map((address) => ({
      address,
      family: address.includes(':') ? 6 : 4,
    }));
    const lookup = guardedLookup(rules, (_host, done) => done(null, addresses));
    return new Promise((resolve) => {
      lookup('receiver.example.com', { all: true }, (error, all) => resolve(error ?? all));
    });
  }

  test('gives the very addresses that were looked at', async () => {
    const address = { address: '8.8.8.8', family: 4 };

    expect(await lookedUp(['8.8.8.8'])).toEqual([address]);
  });

  test('gives none when one of them is refused', async () => {
    expect(await lookedUp(['8.8.8.8', '10.0.0.1'])).toBeInstanceOf(AddressRefused);
    expect(await lookedUp(['8.8.8.8', '::ffff:169.254.169.254'], lenient)).toBeInstanceOf(AddressRefused);
  });

  test('fails where there are none', async () => {
    expect(await lookedUp([])).toBeInstanceOf(Error);
  });

  test('passes on that it failed', async () => {
    const failure = Object.assign(new Error('no such host'), { code: 'ENOTFOUND' });
    const lookup = guardedLookup(strict, (_host, done) => done(failure, []));

    const seen = await new Promise((resolve) => lookup('x', { all: true }, resolve));

    expect(seen).toBe(failure);
  });
});

describe('the URL in the catalog', () => {
  function accepts(url: string): boolean {
    return settingsSchema.safeParse({ url, secrets: ['env:SECRET'] }).success;
  }

  test.each([
    'https://access.example.com/hallpass?tenant=7',
    'https://10.0.0.1/',
    'http://localhost:8080/hook',
    'http://127.0.0.1:8080',
    'http://0x7f000001/',
    'http://[::1]:8080/',
  ])('%s may stand there', (url) => {
    expect(accepts(url)).toBe(true);
  });

  test.each([
    'http://access.example.com/',
    'http://10.0.0.1/',
    'http://localhost.example.com/',
    'http://127.0.0.1.example.com/',
    'http://0x0a000001/',
    'https://user:word@access.example.com/',
    'https://access.example.com/#part',
    'file:///etc/passwd',
    'ftp://localhost/',
    '//localhost/',
    'localhost:8080',
  ])('%s may not', (url) => {
    expect(accepts(url)).toBe(false);
  });
});
