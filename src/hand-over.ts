import type { RequestId, GrantId, EntitlementId, MessageId, NoticeId } from './domain/ids.js';
import { asEntitlementId, asGrantId, asMessageId, asNoticeId, asRequestId } from './domain/ids.js';
import type { Direction } from './domain/entitlement.js';
import type { Due, DueKind } from './ports.js';
import { convergeEntitlement } from './usecases/converge-entitlement.js';
import { deliverMessage } from './usecases/deliver-message.js';
import { deliverNotice } from './usecases/deliver-notice.js';
import type { Deps } from './usecases/deps.js';
import { probeConnector } from './usecases/probe-connector.js';
import { raiseAlarm, stuckConnectors } from './usecases/raise-alarm.js';
import { remindHolder } from './usecases/remind-holder.js';
import { tendRequest } from './usecases/tend-request.js';
import type { Lanes } from './wakeups/lanes.js';

/**
 * Hands each row that is due to the lane of its work. Grants and revocations of one connector have lanes
 * of their own, so that neither delays the other and no target delays another; notices to one person or
 * channel go one after another, so that they arrive in order.
 */
export type HandOver = {
  /** For the watchman, who has read where the row belongs. Never awaits a target. */
  dispatch(due: Due): void;
  /** For a wake-up, which carries an id and nothing else. */
  wake(hint: { kind: DueKind; id: string }): Promise<void>;
  /** Probes each target that rows wait for; `onBack` is called when one has answered. */
  probe(onBack: () => Promise<void>): Promise<void>;
  /** Has the alarm raised about each connector whose revocations are stuck. */
  alarm(): Promise<void>;
};

export function createHandOver(deps: Deps, lanes: Lanes): HandOver {
  const entitlement = (id: EntitlementId, connector: string, direction: Direction) =>
    lanes.offer(`${connector}:${direction}`, id, () => convergeEntitlement(deps, id));
  const request = (id: RequestId) => lanes.offer('timers', id, () => tendRequest(deps, id));
  const grant = (id: GrantId) => lanes.offer('timers', id, () => remindHolder(deps, id));
  const message = (id: MessageId) => lanes.offer('cards', id, () => deliverMessage(deps, id));
  const notice = async (id: NoticeId) => {
    const row = await deps.store.notice(id);
    if (row !== null) {
      lanes.offer(`notices:${row.to}`, id, () => deliverNotice(deps, id));
    }
  };

  return {
    dispatch(due) {
      switch (due.kind) {
        case 'entitlement':
          entitlement(due.id, due.connector, due.direction);
          break;
        case 'request':
          request(due.id);
          break;
        case 'grant':
          grant(due.id);
          break;
        case 'message':
          message(due.id);
          break;
        case 'notice':
          notice(due.id).catch((error: unknown) =>
            deps.log.error({ noticeId: due.id, err: error }, 'A notice could not be read'),
          );
          break;
      }
    },

    async wake({ kind, id }) {
      switch (kind) {
        case 'entitlement': {
          const row = await deps.store.entitlement(asEntitlementId(id));
          if (row !== null) {
            entitlement(row.id, row.connector, row.direction);
          }
          break;
        }
        case 'request':
          request(asRequestId(id));
          break;
        case 'grant':
          grant(asGrantId(id));
          break;
        case 'message':
          message(asMessageId(id));
          break;
        case 'notice':
          await notice(asNoticeId(id));
          break;
      }
    },

    async probe(onBack) {
      for (const name of await deps.store.unreachableConnectors()) {
        lanes.offer(`${name}:probe`, name, async () => {
          if (await probeConnector(deps, name)) {
            await onBack();
          }
        });
      }
    },

    async alarm() {
      for (const name of await stuckConnectors(deps)) {
        lanes.offer('alarms', name, () => raiseAlarm(deps, name));
      }
    },
  };
}
