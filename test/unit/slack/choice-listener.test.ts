import type { ModalView } from '@slack/web-api';
import { expect, test } from 'vitest';
import { ACTION } from '../../../src/slack/action-ids.js';
import { choiceListener } from '../../../src/slack/listener.js';
import { formAbout } from '../../../src/slack/submitted-form.js';

/** An open form, whose side text is worked out when the test says so. */
function openForm({ hasStarted = true }: { hasStarted?: boolean } = {}) {
  const form: { shown: ModalView | null } = { shown: null };
  const working = new Map<string, () => void>();
  const choices = new Map<string, symbol>();
  const view = {
    id: 'V1',
    hash: 'h0',
    title: { type: 'plain_text', text: 'Request access' },
    callback_id: 'form.request',
    private_metadata: '',
    submit: null,
    close: null,
    blocks: [
      { type: 'input', block_id: 'role', element: { type: 'static_select', options: [] } },
      { type: 'input', block_id: 'reason', element: { type: 'plain_text_input' } },
    ],
    state: { values: { reason: { value: { type: 'plain_text_input', value: 'typed by hand' } } } },
  } as never;
  const parts = {
    log: { debug() {}, info() {}, warn() {}, error() {} },
    deps: { reportFault: () => 'evt_1' },
    choices,
    home: { within: async () => (hasStarted ? { teamId: 'T01ACME', enterpriseId: null } : null) },
    run: async (work: () => Promise<void>) => await work(),
    modals: {
      async update(_modal: unknown, changed: ModalView) {
        form.shown = changed;
        return true;
      },
    },
  } as never;
  const listen = choiceListener(parts, async (_deps, _at, of, role) => {
    await new Promise<void>((resolve) => working.set(role, resolve));
    return formAbout(of, `about ${role}`);
  });
  return {
    form,
    working,
    choices,
    choose: async (role: string) =>
      await listen({
        ack: async () => undefined,
        respond: async () => undefined,
        action: {
          type: 'static_select',
          action_id: ACTION.chooseRole,
          selected_option: { value: role },
        },
        body: {
          user: { id: 'U03DANA', team_id: 'T01ACME' },
          team: { id: 'T01ACME' },
          trigger_id: role,
          view,
        },
      } as never),
  };
}

const nextTurn = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve));

test('of two roles that are chosen one after the other the form speaks of the later, whichever is known first', async () => {
  const { form, working, choose } = openForm();
  const choices = [choose('prod-db:readonly'), choose('prod-db:admin')];
  while (working.size < 2) {
    await nextTurn();
  }

  working.get('prod-db:admin')?.();
  await choices[1];
  working.get('prod-db:readonly')?.();
  await choices[0];

  expect(JSON.stringify(form.shown)).toContain('about prod-db:admin');
});

test('a choice right after a start says to try again, and takes nothing away of what was typed', async () => {
  const { form, choose } = openForm({ hasStarted: false });

  await choose('prod-db:readonly');

  expect(JSON.stringify(form.shown)).toContain('Hallpass has just started');
  expect(JSON.stringify(form.shown)).toContain('typed by hand');
});

test('the answer to a form that was sent meanwhile stays: no side text takes its place', async () => {
  const { form, working, choices, choose } = openForm();
  const choice = choose('prod-db:readonly');
  while (working.size < 1) {
    await nextTurn();
  }
  choices.delete('V1');
  working.get('prod-db:readonly')?.();
  await choice;

  expect(form.shown).toBeNull();
});

test('nothing is kept of choices that were answered', async () => {
  const { working, choices, choose } = openForm();
  const choice = choose('prod-db:readonly');
  while (working.size < 1) {
    await nextTurn();
  }
  working.get('prod-db:readonly')?.();
  await choice;

  expect(choices.size).toBe(0);
});
