import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { UserId } from '../domain/ids.js';
import { parsePersonRef } from '../domain/person-ref.js';
import type { PersonRef } from '../domain/person-ref.js';
import type { Instant } from '../domain/time.js';
import { createOnCall } from '../on-call/create-on-call.js';
import { withOnCall } from '../on-call/directory-with-on-call.js';
import type { Directory } from '../ports.js';
import { readSecretRef } from '../secret-ref.js';
import type { Settings } from '../settings.js';
import { explainBody } from '../slack/blocks/explain.js';
import { readSlack } from '../slack/read-slack.js';
import { refusalText } from '../slack/refusal-text.js';
import { withoutMarkup } from '../slack/without-markup.js';
import { explainRole } from '../usecases/explain-role.js';
import { createSystemClock } from '../wakeups/system-clock.js';
import { catalogFor } from './catalog-for.js';
import type { Command } from './command.js';
import { quietLog } from './quiet-log.js';
import { settingsOf } from './settings-of.js';
import { wrongUsage } from './usage.js';
import { withStore } from './with-store.js';

type Asked = {
  readonly user: PersonRef;
  readonly resource: string;
  readonly role: string | null;
  readonly at: Instant | null;
};

/** What somebody would read of `/access explain`, now or at another moment. */
export async function explainPolicy(command: Command, args: readonly string[]): Promise<number> {
  const asked = readAsked(args);
  if (typeof asked === 'string') {
    return wrongUsage(command, 'policy', asked);
  }
  const settings = settingsOf(command);
  if (settings === null) {
    return 2;
  }
  const clock = createSystemClock();
  const log = quietLog(command);
  const slack = readSlack({ settings, clock, log });
  const onCall = createOnCall({ clock, log, readSecret: (ref) => readSecretRef(ref, command.env).reveal() });
  try {
    return await explain(command, settings, withOnCall(slack.directory, onCall), asked);
  } finally {
    slack.stop();
  }
}

async function explain(
  command: Command,
  settings: Settings,
  directory: Directory,
  { user, resource, role, at }: Asked,
): Promise<number> {
  return await withStore(command, async (store) => {
    const inForce = await catalogFor(command, settings.catalogFile, store);
    if (inForce === null) {
      return 2;
    }
    const viewer = await find(directory, user);
    if (!viewer.ok) {
      command.err(`hallpass: ${viewer.problem}`);
      return 1;
    }
    const system = createSystemClock();
    const clock = { now: () => at ?? system.now(), behindMs: () => system.behindMs() };
    const catalogs = { current: () => inForce };
    const outcome = await explainRole(
      { store, directory, catalogs, clock },
      { viewer: viewer.userId, resource, role },
    );
    const reader = { viewer: viewer.userId, command: settings.slackCommand };
    if (outcome.ok) {
      command.out(
        `What ${viewer.userId} would read:\n\n${withoutMarkup(explainBody(outcome.value, reader).text)}`,
      );
      return 0;
    }
    command.err(`hallpass: ${withoutMarkup(refusalText(outcome.refusal, reader) ?? outcome.refusal.code)}`);
    return 1;
  });
}

/** What is asked, or what is wrong with it. */
function readAsked(args: readonly string[]): Asked | string {
  const parsed = readArgs(args);
  const [typed, roleKey, ...more] = parsed?.positionals ?? [];
  if (parsed === null || typed === undefined || roleKey === undefined || more.length > 0) {
    return 'policy explain takes USER and ROLE';
  }
  const user = parsePersonRef(typed);
  if (user === null) {
    return 'USER is a Slack member id such as U024BE7LH, or an e-mail address';
  }
  const at = parsed.values.at === undefined ? null : momentOf(parsed.values.at);
  if (at === undefined) {
    return 'TIME is a moment with its offset, such as 2026-11-27T09:00:00+01:00';
  }
  const [resource = '', role = null] = roleKey.split(':');
  return { user, resource, role, at };
}

function readArgs(args: readonly string[]) {
  try {
    const options = { at: { type: 'string' } } as const;
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch {
    return null;
  }
}

function momentOf(typed: string): Instant | undefined {
  const parsed = z.iso.datetime({ offset: true }).safeParse(typed);
  return parsed.success ? new Date(parsed.data).getTime() : undefined;
}

type Found =
  | { readonly ok: true; readonly userId: UserId }
  | { readonly ok: false; readonly problem: string };

async function find(directory: Directory, user: PersonRef): Promise<Found> {
  if (user.kind === 'id') {
    return { ok: true, userId: user.userId };
  }
  const found = await directory.members({ kind: 'users', name: 'whoever is meant', members: [user] });
  if (!found.readable) {
    return { ok: false, problem: `Slack could not be asked who ${user.email} is: ${found.why}` };
  }
  const [userId] = found.userIds;
  return userId === undefined
    ? { ok: false, problem: `Slack knows nobody by ${user.email}; give the member id` }
    : { ok: true, userId };
}
