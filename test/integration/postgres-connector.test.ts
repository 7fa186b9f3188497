import { connectorContract, remoteTargetContract } from '../support/connector-contract.js';
import { startPostgresTarget } from '../support/postgres-target.js';

for (const version of ['15', '18'] as const) {
  connectorContract(`postgres ${version}`, () => startPostgresTarget(version));
  remoteTargetContract(`postgres ${version}`, () => startPostgresTarget(version));
}
