/** What people do: type, click, fill in forms, and give access by hand. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Delivered } from '../../src/emulated-slack/delivery.js';
import type { SeenMessage } from '../../src/emulated-slack/ledger.js';
import { FORM } from '../../src/slack/action-ids.js';
import type { Rows } from './observer.js';
import type { Act } from './schedule.js';
import { credentialsSent, updatesAfter } from '../support/shown-secrets.js';
import type { World } from './world.js';

type Request = Rows['requests'][number];

export type Typed = { readonly tag: string; readonly delivered: Delivered; readonly at: number };

/** On Reveal login. */
export type RevealClick = {
  readonly tag: string;
  readonly by: string;
  readonly at: number;
  readonly delivered: Delivered;
};

/** Resolves once the person is through with it, or has given up. */
export async function doAct(world: World, act: Act, typed: Typed[]): Promise<void> {
  switch (act.act) {
    case 'ask':
      return await ask(world, act, typed);
    case 'ask for later':
      return await askForLater(world, act);
    case 'approve':
    case 'deny':
      return await decide(world, act);
    case 'cancel':
    case 'done':
      return await typeAbout(world, act);
    case 'revoke':
      return await typeAbout(world, act);
    case 'ask for more':
      return await askForMore(world, act);
    case 'reveal':
      return await reveal(world, act);
    case 'give by hand':
    case 'take by hand':
      return await byHand(world, act);
    default:
      return act satisfies never;
  }
}

/** People wait that long for what they want to click on, and then go away. */
const PATIENCE_MS = 8_000;
/** Slack says that the app did not answer, or the app says that something broke: they try again. */
const TRIES = 3;
const TRY_AGAIN_MS = 1_500;

async function ask(
  world: World,
  { who, role, window, tag, again }: Act & { act: 'ask' },
  typed: Typed[],
): Promise<void> {
  for (let tries = 1; tries <= TRIES; tries += 1) {
    const text = `request ${role} ${window} ${tag}`;
    const delivered = await world.place.world.command({ user: who, text });
    typed.push({ tag, delivered, at: Date.now() });
    world.timeline.note('person', `${who} types /access ${text} → ${outcome(delivered)}`);
    redeliver(world, delivered, again, `${who}'s request ${tag}`);
    await pause(TRY_AGAIN_MS);
    if (requestOf(world, tag) !== undefined) {
      return;
    }
  }
}

async function askForLater(
  world: World,
  { who, role, window, inMs, tag, again }: Act & { act: 'ask for later' },
): Promise<void> {
  const start = String(Math.ceil((Date.now() + inMs) / 1_000));
  await fillIn(world, {
    who,
    what: `the form for ${tag} at ${start}`,
    open: () => world.place.world.command({ user: who, text: `request ${role} ${window}` }),
    callbackId: FORM.request,
    values: { reason: tag, start },
    again,
  });
}

async function decide(
  world: World,
  { act, by, tag, again }: Act & { act: 'approve' | 'deny' },
): Promise<void> {
  const found = await patiently(() => cardOf(world, tag));
  if (found === null) {
    world.timeline.note('person', `${by} would ${act} ${tag}, and sees no card of it`);
    return;
  }
  const { request, card } = found;
  const forged = { value: `1:${request.id}` };
  if (act === 'approve') {
    const delivered = await world.place.world.click({
      user: by,
      message: card,
      actionId: 'request.approve',
      ...forged,
    });
    world.timeline.note('person', `${by} clicks Approve on ${tag} (${request.id}) → ${outcome(delivered)}`);
    redeliver(world, delivered, again, `${by}'s approval of ${tag}`);
    return;
  }
  await fillIn(world, {
    who: by,
    what: `Deny on ${tag} (${request.id})`,
    open: () => world.place.world.click({ user: by, message: card, actionId: 'request.deny', ...forged }),
    callbackId: FORM.deny,
    values: { reason: `not now, ${tag}` },
    again,
  });
}

async function typeAbout(world: World, act: Act & { act: 'cancel' | 'done' | 'revoke' }): Promise<void> {
  const { by, tag } = act;
  const id = await patiently(() => {
    const request = requestOf(world, tag);
    return act.act === 'cancel' ? request?.id : request?.grantId;
  });
  if (id === null) {
    world.timeline.note('person', `${by} has nothing to ${act.act} in ${tag}`);
    return;
  }
  const text = act.act === 'revoke' ? `revoke ${id} enough of ${tag}` : `${act.act} ${id}`;
  const delivered = await world.place.world.command({ user: by, text });
  world.timeline.note('person', `${by} types /access ${text} → ${outcome(delivered)}`);
  redeliver(world, delivered, 'again' in act ? act.again : [], `${by}'s ${act.act} of ${tag}`);
}

async function askForMore(
  world: World,
  { by, tag, more, newTag }: Act & { act: 'ask for more' },
): Promise<void> {
  const found = await patiently(() => grantCardOf(world, tag, 'Extend'));
  if (found === null) {
    world.timeline.note('person', `${by} would ask for more of ${tag}, and sees no button for it`);
    return;
  }
  await fillIn(world, {
    who: by,
    what: `Extend on ${tag}`,
    open: () => world.place.world.click({ user: by, message: found, actionId: 'grant.prolong' }),
    callbackId: FORM.prolong,
    values: { duration: more, reason: newTag },
    again: [],
  });
}

/** How often, and how long after each other, somebody logs in with what they were shown. */
const LOGINS = 4;
const LOG_IN_EVERY_MS = 1_000;

async function reveal(world: World, { by, tag, again }: Act & { act: 'reveal' }): Promise<void> {
  const slack = world.place.world;
  const button = 'Reveal login';
  const card = (await patiently(() => grantCardOf(world, tag, button))) ?? grantCardOf(world, tag);
  const grantId = requestOf(world, tag)?.grantId ?? null;
  if (card === undefined || grantId === null) {
    world.timeline.note('person', `${by} would reveal the login of ${tag}, and sees no card of it`);
    return;
  }
  const at = Date.now();
  // Also where the button is gone by now, or was never theirs.
  const delivered = await slack.click({ user: by, message: card, actionId: 'grant.reveal', value: grantId });
  world.reveals.push({ tag, by, at, delivered });
  world.timeline.note('person', `${by} clicks ${button} of ${tag} (${grantId}) → ${outcome(delivered)}`);
  redeliver(world, delivered, again, `${by}'s click on ${button} of ${tag}`);
  if (delivered.trouble !== undefined) {
    return;
  }
  const update = await patiently(() => updatesAfter(slack, delivered)[0]);
  const shown = update === null ? [] : credentialsSent(update);
  const what = update === null ? 'nothing' : shown.length === 0 ? 'no login' : `${shown.length} logins`;
  world.timeline.note('person', `${by} is shown ${what} for ${tag}`);
  for (let tries = 0; shown.length > 0 && tries < LOGINS; tries += 1) {
    for (const credentials of shown) {
      const attempt = await world.loggingIn.attempt(credentials, world.target.server.port);
      world.timeline.note('person', `${by} logs in as ${credentials.user} → ${attempt.outcome}`);
    }
    await pause(LOG_IN_EVERY_MS);
  }
}

/** The message to whoever gets the access, with this button on it where one is named. */
function grantCardOf(world: World, tag: string, button?: string): SeenMessage | undefined {
  const request = requestOf(world, tag);
  const grantId = request?.grantId ?? null;
  if (request === undefined || grantId === null) {
    return undefined;
  }
  return world.place.world
    .dmsTo(request.beneficiary)
    .find(
      (message) =>
        message.text.includes(grantId) &&
        (button === undefined || world.people.buttonsOf(message).includes(button)),
    );
}

/** Clicks what opens a form, and sends it off. */
async function fillIn(
  world: World,
  form: {
    who: string;
    what: string;
    open: () => Promise<Delivered>;
    /** Of several forms that somebody has open, the one that this opens. */
    callbackId: string;
    values: Record<string, string>;
    again: readonly number[];
  },
): Promise<void> {
  const { who, what } = form;
  const slack = world.place.world;
  const before = slack.modalOf(who)?.id;
  const opened = await form.open();
  world.timeline.note('person', `${who} clicks ${what} → ${outcome(opened)}`);
  const view = await patiently(() => {
    const modal = slack.modalOf(who);
    return modal !== undefined && modal.id !== before && modal.callbackId === form.callbackId
      ? modal
      : undefined;
  });
  if (view === null) {
    world.timeline.note('person', `${who} sees no form for ${what}`);
    return;
  }
  const sent = await slack.submitView({ user: who, view, values: form.values });
  world.timeline.note('person', `${who} sends the form of ${what} → ${outcome(sent)}`);
  redeliver(world, sent, form.again, `${who}'s form of ${what}`);
}

async function byHand(
  { target, timeline, byHand: given }: World,
  { act, role, account }: Act & { act: 'give by hand' | 'take by hand' },
): Promise<void> {
  const statement =
    act === 'give by hand'
      ? `grant ${role} to ${account}`
      : `revoke ${role} from ${account} granted by postgres`;
  await target.sql('superuser', `begin read write; ${statement}; commit`);
  const rest = given.filter((each) => each.role !== role || each.account !== account);
  given.splice(0, given.length, ...rest, ...(act === 'give by hand' ? [{ role, account }] : []));
  timeline.note('person', `somebody else says: ${statement}`);
}

/** The same bytes once more, later: others have come in between. */
function redeliver(world: World, delivered: Delivered, again: readonly number[], what: string): void {
  for (const afterMs of again) {
    const late = setTimeout(() => {
      void world.place.world
        .redeliver(delivered)
        .then((once) => world.timeline.note('fault', `Slack delivers ${what} once more → ${outcome(once)}`));
    }, afterMs);
    late.unref();
  }
}

function requestOf({ observer }: World, tag: string): Request | undefined {
  return observer.rows()?.requests.find(({ reason }) => reason === tag);
}

function cardOf(world: World, tag: string): { request: Request; card: SeenMessage } | undefined {
  const request = requestOf(world, tag);
  const card = world.people.cards().find(({ text }) => request !== undefined && text.includes(request.id));
  return request === undefined || card === undefined ? undefined : { request, card };
}

async function patiently<Found>(look: () => Found | undefined | null): Promise<Found | null> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = look();
    if (found !== undefined && found !== null) {
      return found;
    }
    if (Date.now() > until) {
      return null;
    }
    await pause(100);
  }
}

function outcome({ trouble, status }: Delivered): string {
  return trouble === undefined ? 'acknowledged' : `${trouble} (${status})`;
}
