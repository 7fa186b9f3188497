import { expect, test } from 'vitest';
import { simulate } from '../../src/connectors/simulate/index.js';
import type { Connector } from '../../src/ports.js';
import { callWithin, connectorContract, targetOf } from '../support/connector-contract.js';
import { silentLog } from '../support/postgres-target.js';

connectorContract('simulate', async () => ({
  connector: rehearsal(),
  role: 'readonly',
  unmanagedRole: 'admin',
  accounts: Array.from({ length: 12 }, (_, index) => `person${index}`),
  unknownAccount: { id: 'sim:somebody-else', name: 'person4' },
  stop: async () => undefined,
}));

test('a simulation says that it is one', async () => {
  const connector = rehearsal();

  expect(connector.simulated).toBe(true);
  expect(connector.howTo(await targetOf(connector, 'dana', 'readonly'))).toContain('SIMULATED');
});

test('after a restart, a simulated role is absent and can still be ended', async () => {
  const target = await targetOf(rehearsal(), 'dana', 'readonly');
  await rehearsal().grant(target, callWithin());

  const restarted = rehearsal();

  expect(await restarted.check(target, callWithin())).toMatchObject({ state: 'absent' });
  await restarted.revoke(target, callWithin());
});

function rehearsal(): Connector {
  const spec = {
    name: 'rehearsal',
    use: 'simulate',
    manage: ['readonly'],
    identity: { map: new Map(), fromEmail: null },
    endSessions: null,
    settings: {},
  };
  return simulate.create({ spec, readSecret: () => '', log: silentLog });
}
