import {
  connectorContract,
  foundAccounts,
  madeAccounts,
  remoteTargetContract,
} from '../support/connector-contract.js';
import { startPostgresTarget } from '../support/postgres-target.js';

for (const version of ['15', '18'] as const) {
  for (const mode of ['function', 'group', 'ephemeral'] as const) {
    const start = () => startPostgresTarget(version, mode);
    connectorContract(`postgres ${version}, mode ${mode}`, start);
    remoteTargetContract(
      `postgres ${version}, mode ${mode}`,
      start,
      mode === 'ephemeral' ? madeAccounts : foundAccounts,
    );
  }
}
