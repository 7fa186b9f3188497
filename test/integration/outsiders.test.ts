/** Whoever is of another organisation gets nothing done, by whichever way they come and whatever the payload says. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { asChannelId } from '../../src/domain/ids.js';
import type { Delivered, Forgery } from '../../src/emulated-slack/delivery.js';
import { fieldsOf, type Fields } from '../../src/emulated-slack/fields.js';
import type { SeenMessage, SeenView } from '../../src/emulated-slack/ledger.js';
import type { SlackWorld } from '../../src/emulated-slack/world.js';
import { MINUTE_MS } from '../../src/domain/time.js';
import { createActions, createStage, startStageWorld } from '../support/slack-stage.js';
import { requestCardView } from '../../src/examples/views.js';

let world: SlackWorld;
let stage: ReturnType<typeof createStage>;
let asked: { name: string }[];
let card: SeenMessage;
let form: SeenView;

beforeEach(async () => {
  world = await startStageWorld();
  const made = createActions();
  ({ asked } = made);
  stage = createStage(world, { actions: made.actions });
  await stage.start();
  await stage.messenger.post(asChannelId('C0APPROVALS'), {
    kind: 'request-card',
    view: requestCardView({ shorterMs: [15 * MINUTE_MS] }),
  });
  card = await world.until(() => world.messagesIn('C0APPROVALS')[0] ?? false, { what: 'a card' });
  await world.command({ user: 'mia', text: '' });
  form = await world.until(
    () => {
      const modal = world.modalOf('mia');
      return modal !== undefined && modal.callbackId !== '' && modal;
    },
    { what: 'a form' },
  );
  asked.length = 0;
});
afterEach(async () => {
  await stage.app.stop();
  await world.stop();
});

/** Each way in which somebody comes to the app. */
const WAYS: readonly (readonly [
  what: string,
  come: (user: string, forged: Forgery) => Promise<Delivered>,
])[] = [
  [
    'a button',
    async (user, forged) =>
      await world.click({ user, message: card, actionId: 'request.approve', ...forged }),
  ],
  [
    'a list on a card',
    async (user, forged) =>
      await world.click({
        user,
        message: card,
        actionId: 'request.approve-for-less',
        value: '15 min',
        ...forged,
      }),
  ],
  [
    'a form',
    async (user, forged) =>
      await world.submitView({
        user,
        view: form,
        values: { role: 'prod-db:readonly', reason: 'why' },
        ...forged,
      }),
  ],
  [
    'the shortcut of the app',
    async (user, forged) => await world.shortcut({ user, callbackId: 'request_access', ...forged }),
  ],
  [
    'the shortcut of a message',
    async (user, forged) =>
      await world.messageShortcut({
        user,
        callbackId: 'request_access_for_thread',
        message: card,
        ...forged,
      }),
  ],
];

/** What the payload says of where its sender belongs. */
const FLAGS: readonly (readonly [what: string, tamper: (payload: Fields) => Fields])[] = [
  ['as Slack says it', (payload) => payload],
  [
    'with no team of the person, and that of the workspace beside it',
    (payload) => ({ ...payload, user: { ...fieldsOf(payload['user']), team_id: undefined } }),
  ],
  [
    'with no team at all',
    (payload) => ({ ...payload, team: null, user: { ...fieldsOf(payload['user']), team_id: null } }),
  ],
  [
    'of another enterprise',
    (payload) => ({
      ...payload,
      enterprise: { id: 'E0OTHER', name: 'Other' },
      user: { ...fieldsOf(payload['user']), team_id: undefined },
    }),
  ],
];

describe.each(WAYS)('%s', (_way, come) => {
  test.each(FLAGS)('of somebody of another workspace does nothing: %s', async (_flag, tamper) => {
    await come('olga', { tamper });
    await world.until(() => saysMembersOnly(), { what: 'a no' });

    expect(asked).toEqual([]);
  });

  test('of a colleague does what it is for', async () => {
    await come('mia', {});
    await world.until(() => asked.length > 0, { what: 'something that is asked of Hallpass' });
  });
});

test('a list that is searched holds nothing for somebody of another workspace', async () => {
  const search = { view: form, actionId: 'request.choose-role', text: '' };

  expect(await world.searchList({ user: 'olga', ...search })).toEqual([]);
  expect(asked).toEqual([]);
});

/** Somewhere where only they see it. */
function saysMembersOnly(): boolean {
  // A form that somebody else opened says it where it stands.
  const modals = ['olga', 'mia'].map((user) => world.modalOf(user));
  const texts = [
    ...world.ephemeralsTo('olga').map((message) => world.textOf(message)),
    ...world.dmsTo('olga').map((message) => world.textOf(message)),
    ...modals.map((modal) => (modal === undefined ? '' : world.textOf(modal))),
    JSON.stringify(world.responses),
  ];
  return texts.some((text) => text.includes('Only members of this workspace can use this'));
}
