import { faultContract } from '../support/connector-fault-contract.js';
import { startPostgresFaultTarget } from '../support/postgres-fault-target.js';

for (const version of ['15', '18'] as const) {
  faultContract(`postgres ${version}`, () => startPostgresFaultTarget(version));
}
