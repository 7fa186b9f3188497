import { connectorContract, remoteTargetContract } from '../support/connector-contract.js';
import { nativeExpiryContract } from '../support/connector-expiry-contract.js';
import { faultContract } from '../support/connector-fault-contract.js';
import { startWebhookTarget } from '../support/webhook-target.js';

for (const secure of [false, true]) {
  const name = `webhook over ${secure ? 'https' : 'http on this machine'}`;
  const start = () => startWebhookTarget({ secure });
  connectorContract(name, start);
  remoteTargetContract(name, start);
  faultContract(name, start);
  nativeExpiryContract(name, start);
}
