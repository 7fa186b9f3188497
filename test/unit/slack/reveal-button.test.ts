/** A new password takes the place of the one before: none is made that nobody could see. */
import type { ModalView } from '@slack/web-api';
import { expect, test } from 'vitest';
import type { OpenModal } from '../../../src/slack/modals.js';
import { revealButton } from '../../../src/slack/reveal-button.js';
import { asUserId } from '../../../src/domain/ids.js';
import type { Interaction, SlackDeps } from '../../../src/slack/interaction.js';
import type { Body } from '../../../src/slack/blocks/message.js';
import { createActions } from '../../support/slack-stage.js';

async function click(opens: OpenModal | 'late' | 'used', isShown: boolean | Error = true) {
  const { actions, asked } = createActions();
  const seen: { shown: ModalView[]; told: string[]; faults: number } = { shown: [], told: [], faults: 0 };
  const tell = async (body: Body): Promise<void> => void seen.told.push(body.text);
  const at: Interaction = {
    delivery: 'd1',
    user: asUserId('U03DANA'),
    workspace: { teamId: 'T1', enterpriseId: null },
    channel: null,
    trigger: 't1',
    tell,
    replace: tell,
  };
  const deps: SlackDeps = {
    actions,
    modals: {
      open: async () => opens,
      async update(_modal, view) {
        if (isShown instanceof Error) {
          throw isShown;
        }
        seen.shown.push(...(isShown ? [view] : []));
        return isShown;
      },
    },
    files: { send: async () => 'sent' },
    directory: { person: async () => 'unknown' },
    clock: { now: () => 0 },
    command: '/access',
    reportFault() {
      seen.faults += 1;
      return 'evt_1';
    },
  };
  await revealButton(deps, at, 'G-1');
  return { ...seen, made: asked.length };
}

const OPEN: OpenModal = { id: 'V1', hash: 'h' };

test('a login is shown in a window of its own', async () => {
  expect(await click(OPEN)).toMatchObject({ made: 1, shown: [expect.anything()], told: [] });
});

test('none is made where the window came too late, or the same click has one already', async () => {
  const late = await click('late');
  expect(late.made).toBe(0);
  expect(late.told.join()).toContain('Slack took too long to open the form.');
  expect(await click('used')).toMatchObject({ made: 0, told: [] });
});

test.each([
  ['was closed meanwhile', false],
  ['is not drawn by Slack', new Error('internal_error')],
])('it is said that one was made where the window %s', async (_why, isShown) => {
  const { made, told } = await click(OPEN, isShown);

  expect(made).toBe(1);
  expect(told.join()).toContain('A new password was made and could not be shown');
});
