/**
 * Owes the alarm about a connector whose revocations are stuck: one an hour to each admin and to the alarm
 * channel. Decided from the rows alone at every pass of the watchman, so that no crash between a failure
 * and its alarm loses it.
 */
import type { ChannelId, Recipient, UserId } from '../domain/ids.js';
import { channelSubject, connectorSubject, isDroppedUnsaid, owe } from '../domain/message.js';
import type { OwedNotice } from '../domain/message.js';
import { ALARM_AFTER_ATTEMPTS } from '../domain/retry.js';
import { HOUR_MS } from '../domain/time.js';
import { withTimeLimit } from '../time-limit.js';
import { commitFresh } from './commit-fresh.js';
import type { Deps } from './deps.js';
import { readAdmins } from './read-admins.js';

type AlarmDeps = Pick<
  Deps,
  'store' | 'wakeups' | 'clock' | 'catalogs' | 'directory' | 'log' | 'callTimeoutMs'
>;

export async function stuckConnectors(deps: Pick<Deps, 'store'>): Promise<string[]> {
  return await deps.store.stuckConnectors(ALARM_AFTER_ATTEMPTS);
}

export async function raiseAlarm(deps: AlarmDeps, connector: string): Promise<void> {
  const { alarmChannel } = deps.catalogs.current().catalog;
  const admins = await adminsOf(deps);
  const recipients: Recipient[] = [...admins, ...(alarmChannel === null ? [] : [alarmChannel])];
  if (recipients.length === 0) {
    deps.log.error({ connector }, 'Nobody can be found in the catalog to be told of a failing revocation');
    return;
  }
  await commitFresh(deps, async () => {
    const now = deps.clock.now();
    const alarms = await Promise.all(recipients.map(async (to) => await alarm(deps, connector, to, now)));
    const notices = [
      ...alarms,
      ...(alarmChannel === null ? [] : await aboutChannel(deps, alarms, alarmChannel, admins)),
    ];
    const owed = await notYetOwed(deps, notices);
    return {
      change: owed.length === 0 ? null : { at: now, audit: [], notices: owed },
      outcome: undefined,
    };
  });
}

/** As far as the workspace tells in time: one that hangs must not keep the channel from being told. */
async function adminsOf(deps: AlarmDeps): Promise<UserId[]> {
  const late = (error: unknown): void =>
    deps.log.warn({ err: error }, 'The admins of the catalog could not be read');
  try {
    const limit = { ms: deps.callTimeoutMs, what: 'Reading the admins', onLate: late };
    return await withTimeLimit(readAdmins(deps), limit);
  } catch (error) {
    late(error);
    return [];
  }
}

/** One an hour; but whoever was told since that all is well again is told anew. */
async function alarm(deps: AlarmDeps, connector: string, to: Recipient, now: number): Promise<OwedNotice> {
  const hour = String(Math.floor(now / HOUR_MS));
  const subject = connectorSubject(connector);
  for (let clears = 0; ; clears += 1) {
    const occasion = clears === 0 ? hour : `${hour}.${clears}`;
    const clear = await deps.store.notice(owe({ kind: 'connector-back', subject, occasion, to }).id);
    if (clear?.state !== 'sent') {
      return owe({ kind: 'revocation-stuck', subject, occasion, to });
    }
  }
}

/** The alarm that could not be posted in its channel: the admins are told once for each error of Slack's. */
async function aboutChannel(
  deps: AlarmDeps,
  alarms: readonly OwedNotice[],
  channel: ChannelId,
  admins: readonly Recipient[],
): Promise<OwedNotice[]> {
  const own = alarms.find(({ to }) => to === channel);
  const error = own === undefined ? null : ((await deps.store.notice(own.id))?.error ?? null);
  return error === null
    ? []
    : admins.map((to) =>
        owe({ kind: 'alarm-not-shown', subject: channelSubject(channel), occasion: error, to }),
      );
}

async function notYetOwed(deps: Pick<Deps, 'store'>, notices: readonly OwedNotice[]): Promise<OwedNotice[]> {
  const found = await Promise.all(notices.map(async ({ id }) => await deps.store.notice(id)));
  return notices.filter((_, index) => {
    const notice = found[index] ?? null;
    return notice === null || isDroppedUnsaid(notice);
  });
}
