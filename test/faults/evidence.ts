/** Gathers what the invariants look at. */
import type { RecordedCall } from '../../src/emulated-slack/front-proxy.js';
import { TOO_LATE_MS } from './faults.js';
import { whomText, type Asked, type Evidence, type Said } from './evidence-type.js';
import type { Rows } from './observer.js';
import type { Typed } from './people.js';
import { gatherSecrets } from './secret-evidence.js';
import { readTarget } from './target-evidence.js';
import type { World } from './world.js';

const NO_ROWS: Rows = { requests: [], decisions: [], grants: [], holds: [], notices: [], cards: [] };

export async function gatherEvidence(world: World, typed: readonly Typed[]): Promise<Evidence> {
  const appNow = (await world.app.now()) ?? Date.now();
  // First the rows, then the target: between the two, windows only close.
  const target = await readTarget(world.target, world.mode);
  const secrets = await gatherSecrets(world, target);
  const rows = world.observer.rows() ?? NO_ROWS;
  return {
    ...rows,
    ...target,
    ...secrets,
    mode: world.mode,
    appNow,
    byHand: world.byHand,
    audit: world.observer.audit,
    firstBad: await world.observer.firstBad(),
    said: world.place.world.calls().flatMap(toSaid),
    asked: typed.flatMap((each) => toAsked(world, each)),
    typed: countTyped(typed),
    shown: shownCards(world, rows),
    blackouts: [...world.app.blackouts()],
    stalls: world.wire.stalls(),
    approvers: ['U01MIA', 'U02SAM'],
    approvalsNeeded: new Map([
      ['standard', 1],
      ['critical', 2],
    ]),
  };
}

function toSaid({ method, body, at, answer, trouble }: RecordedCall): Said[] {
  const isPost = method === 'chat.postMessage';
  if ((!isPost && method !== 'chat.update') || answer?.['ok'] !== true) {
    return [];
  }
  const answerLost =
    trouble !== undefined &&
    'with' in trouble &&
    (trouble.with === 'drop_after' || (trouble.with === 'slow' && trouble.ms >= TOO_LATE_MS));
  const text = `${String(body['text'])} ${JSON.stringify(body['blocks'] ?? [])}`;
  const thread = typeof body['thread_ts'] === 'string' ? body['thread_ts'] : null;
  return [{ at, channel: String(body['channel']), thread, text, isNew: isPost, answerLost }];
}

/** An answer that could not be delivered is an answer: the person sees that something went wrong with Slack. */
function toAsked({ place }: World, { tag, delivered, at }: Typed): Asked[] {
  const { trouble, payload } = delivered;
  const answered = place.world.responses.some(({ url }) => url === payload['response_url']);
  return trouble === undefined ? [{ tag, at, answered }] : [];
}

function countTyped(typed: readonly Typed[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { tag } of typed) {
    counts.set(tag, (counts.get(tag) ?? 0) + 1);
  }
  return counts;
}

function shownCards({ place, people }: World, { cards }: Rows): Map<string, string | undefined> {
  return new Map(
    cards.map(({ kind, subject, channel, ts }) => {
      const message = place.world
        .messagesIn(channel ?? '')
        .find((each) => each.ts === ts && each.channel === channel);
      return [`${kind} ${subject}`, message === undefined ? undefined : people.read(message)];
    }),
  );
}

/** For the timeline: what passed in the target and in Slack, each at its time. */
export function noteEvidence(world: World, { changes, secrets }: Evidence): void {
  for (const secret of secrets.filter(({ goodFrom }) => goodFrom !== null)) {
    world.timeline.note('target', `takes a new password for ${whomText(secret)}`, secret.goodFrom ?? 0);
    world.timeline.note('slack', `is sent it for ${secret.to} to see`, secret.shownAt);
  }
  for (const { at, verb, role, account } of changes) {
    world.timeline.note(
      'target',
      `${verb} ${role} ${verb === 'GRANT' ? 'to' : 'from'} ${account}, committed`,
      at,
    );
  }
  for (const { method, body, at, answer, trouble } of world.place.world.calls()) {
    if (method.startsWith('chat.')) {
      const went = trouble === undefined ? '' : ` [${JSON.stringify(trouble)}]`;
      const taken = answer?.['ok'] === true ? 'takes' : 'does not take';
      world.timeline.note(
        'slack',
        `${taken} ${method} to ${String(body['channel'])}${went}: ${String(body['text'])}`,
        at,
      );
    }
  }
  for (const { user, body, at, status } of world.place.world.responses) {
    world.timeline.note('slack', `answer to ${user} (${status}): ${String(body['text'])}`, at);
  }
}
