import { describe, expect, test } from 'vitest';
import { postgres } from '../../src/connectors/postgres/index.js';
import { settingsSchema } from '../../src/connectors/postgres/settings.js';
import type { Connector } from '../../src/ports.js';
import { silentLog } from '../support/postgres-target.js';

function connectorIn(mode: string | undefined, endSessions = true): Connector {
  return postgres.create({
    spec: {
      name: 'orders-db',
      use: 'postgres',
      manage: ['app_readonly'],
      identity: { map: new Map(), fromEmail: null },
      endSessions,
      settings: { url: 'env:ORDERS_DB_URL', ...(mode === undefined ? {} : { mode }) },
    },
    readSecret: () => 'postgres://hallpass:canary@127.0.0.1/orders',
    log: silentLog,
  });
}

describe('the mode of a postgres connector', () => {
  test('is group where the catalog does not say, as it was before there were others', () => {
    expect(settingsSchema.parse({ url: 'env:URL' }).mode).toBe('group');
    expect(settingsSchema.safeParse({ url: 'env:URL', mode: 'hardened' }).success).toBe(false);
  });

  test.each([
    [undefined, { nativeExpiry: 'none', issuesSecret: false, marks: true }],
    ['group', { nativeExpiry: 'none', issuesSecret: false, marks: true }],
    ['function', { nativeExpiry: 'coarse', issuesSecret: false, marks: true }],
    ['ephemeral', { nativeExpiry: 'coarse', issuesSecret: true, marks: true }],
  ])('%s says what the target can do by itself', (mode, capabilities) => {
    const connector = connectorIn(mode);

    expect(connector.capabilities).toEqual(capabilities);
    expect(connector.reveal !== undefined).toBe(capabilities.issuesSecret);
  });

  test('a temporary login always ends with its sessions', () => {
    expect(connectorIn('ephemeral', false).sessionsAtEnd).toBe('cut');
    expect(connectorIn('function', false).sessionsAtEnd).toBe('may-continue');
  });
});
