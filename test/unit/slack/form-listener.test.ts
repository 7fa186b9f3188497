/** A form that is sent: answered with the acknowledgement, or afterwards, and never without what was filled in. */
import type { ModalView } from '@slack/web-api';
import { describe, expect, test } from 'vitest';
import { sentenceBody } from '../../../src/slack/blocks/message.js';
import { formListener, type FormWaits } from '../../../src/slack/form-listener.js';
import type { FormHandler, FormOutcome } from '../../../src/slack/interaction.js';
import { NOTHING_TYPED } from '../../../src/slack/parse-command.js';

const STORY = 'a long story about migration 4711';
const AT_ONCE: FormWaits = { withTheAckMs: 0, afterTheAckMs: 0, againMs: 0 };
const PATIENT: FormWaits = { ...AT_ONCE, withTheAckMs: 60_000 };

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

type Ack = { readonly response_action: string; readonly view?: ModalView };

function sentForm(
  submit: () => Promise<FormOutcome>,
  {
    isLate = false,
    updates = [],
    hasStarted = true,
  }: {
    /** Answered after the acknowledgement only. */
    isLate?: boolean;
    /** What becomes of each change of the modal; true where it is shown. */
    updates?: (boolean | Error)[];
    hasStarted?: boolean;
  } = {},
) {
  const seen: { acks: Ack[]; shown: ModalView[]; told: string[] } = { acks: [], shown: [], told: [] };
  const choices = new Map([['V1', Symbol('a choice')]]);
  const acked = deferred();
  const parts = {
    log: { debug() {}, info() {}, warn() {}, error() {} },
    deps: { reportFault: () => 'evt_1', clock: { now: () => 0 } },
    home: { within: async () => (hasStarted ? { teamId: 'T01ACME', enterpriseId: null } : null) },
    choices,
    run: async (work: () => Promise<void>) => await work(),
    client: {
      chat: {
        postMessage: async (message: { readonly blocks: unknown }) =>
          void seen.told.push(JSON.stringify(message)),
      },
    },
    modals: {
      async update(_modal: unknown, view: ModalView) {
        const becomes = updates.shift() ?? true;
        if (becomes instanceof Error) {
          throw becomes;
        }
        if (becomes) {
          seen.shown.push(view);
        }
        return becomes;
      },
    },
  } as never;
  const handler: FormHandler = {
    title: 'Request access',
    check: () => ({}),
    submit: async () => {
      await (isLate ? acked.promise : undefined);
      return await submit();
    },
    prefill: ({ reason }) => ({ ...NOTHING_TYPED, reason }),
  };
  const send = async (): Promise<void> => {
    await formListener(
      parts,
      handler,
      isLate ? AT_ONCE : PATIENT,
    )({
      ack: async (ack: Ack) => {
        seen.acks.push(ack);
        acked.resolve();
      },
      body: { user: { id: 'U03DANA', team_id: 'T01ACME' }, team: { id: 'T01ACME' }, view: { id: 'V1' } },
      view: {
        id: 'V1',
        callback_id: 'form.request',
        private_metadata: '',
        title: { type: 'plain_text', text: 'Request access' },
        submit: null,
        close: null,
        blocks: [{ type: 'input', block_id: 'reason', element: { type: 'plain_text_input' } }],
        state: { values: { reason: { value: { type: 'plain_text_input', value: STORY } } } },
      },
    } as never);
  };
  return { seen, choices, send };
}

const done = async (): Promise<FormOutcome> => ({ kind: 'done', body: sentenceBody('Asked: it.') });
const refused = async (): Promise<FormOutcome> => ({ kind: 'again', problem: 'Too long.' });
const broken = async (): Promise<FormOutcome> => await Promise.reject(new Error('The disk is full'));
const never = async (): Promise<FormOutcome> => ({ kind: 'nothing' });

describe('an answer that is there at once comes with the acknowledgement', () => {
  test.each([
    ['what was done', done, ['Asked: it.']],
    ['why not, with all that was filled in', refused, ['*Not sent.* Too long.', STORY]],
    ['a fault, with all that was filled in', broken, ['it is not known whether it was done', 'evt_1', STORY]],
    ['that it was answered already', never, ['This was sent and answered already.']],
  ])('%s', async (_what, submit, texts) => {
    const { seen, send } = sentForm(submit);
    await send();

    expect(seen.acks).toHaveLength(1);
    expect(seen.acks[0]).toMatchObject({ response_action: 'update' });
    for (const text of texts) {
      expect(JSON.stringify(seen.acks[0]?.view)).toContain(text);
    }
    expect(seen).toMatchObject({ shown: [], told: [] });
  });

  test('right after a start the form stays, and says why', async () => {
    const { seen, send } = sentForm(done, { hasStarted: false });
    await send();

    expect(JSON.stringify(seen.acks[0]?.view)).toContain('Hallpass has just started');
    expect(JSON.stringify(seen.acks[0]?.view)).toContain(STORY);
  });
});

describe('an answer that takes longer', () => {
  const late = (submit: () => Promise<FormOutcome>, updates: (boolean | Error)[] = []) =>
    sentForm(submit, { isLate: true, updates });

  test('takes the place of "Sending…"', async () => {
    const { seen, send } = late(done);
    await send();

    expect(JSON.stringify(seen.acks)).toContain('Sending…');
    expect(JSON.stringify(seen.shown)).toContain('Asked: it.');
    expect(seen.told).toEqual([]);
  });

  test.each([
    ['Slack does not take it', [new Error('ratelimited'), new Error('ratelimited')]],
    ['the form was closed', [false]],
  ])('is told directly, with what was filled in and a button, where %s', async (_why, updates) => {
    const { seen, send } = late(refused, updates);
    await send();

    expect(seen.shown).toEqual([]);
    expect(seen.told).toHaveLength(1);
    for (const text of ['Too long.', STORY, 'request.ask-again']) {
      expect(seen.told[0]).toContain(text);
    }
  });

  test('is tried once more where Slack did not take it', async () => {
    const { seen, send } = late(done, [new Error('ratelimited')]);
    await send();

    expect(JSON.stringify(seen.shown)).toContain('Asked: it.');
    expect(seen.told).toEqual([]);
  });
});

test('no side text of a choice comes after it', async () => {
  const { choices, send } = sentForm(done);
  await send();

  expect(choices.size).toBe(0);
});
