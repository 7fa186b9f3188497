import type { RespondFn } from '@slack/bolt';
import type { WebClient } from '@slack/web-api';
import type { UserId } from '../domain/ids.js';
import type { Log } from '../ports.js';
import type { Arrived } from './arrived.js';
import { resultView } from './blocks/forms.js';
import { sentenceBody, type Body } from './blocks/message.js';
import type { Interaction } from './interaction.js';
import type { Modals, OpenModal } from './modals.js';

export type AnswerParts = { readonly client: WebClient; readonly modals: Modals; readonly log: Log };

/** Answers that Slack shows to this person alone, where they typed or clicked. */
export function answeringThere(parts: AnswerParts, arrived: Arrived, respond: RespondFn): Interaction {
  const say = async (body: Body, replace: boolean): Promise<void> => {
    const message = {
      ...messageOf(body),
      response_type: 'ephemeral' as const,
      replace_original: replace,
    };
    await firstThatWorks(parts, arrived.user, [
      async () => void (await respond(message)),
      async () => void (await respond(message)),
      async () => directMessage(parts.client, arrived.user, body),
      async () => directMessage(parts.client, arrived.user, UNSHOWN),
    ]);
  };
  return { ...arrived, tell: async (body) => say(body, false), replace: async (body) => say(body, true) };
}

/** In the place of an answer that Slack takes in no way. */
const UNSHOWN = sentenceBody(
  'The answer could not be shown: Slack did not take it. Ask for less of it at a time, or tell your admin.',
);

/** Answers in the modal that was sent, or in a direct message when it has been closed meanwhile. */
export function answeringInModal(
  parts: AnswerParts,
  arrived: Arrived,
  modal: OpenModal & { readonly title: string },
): Interaction {
  const say = async (body: Body): Promise<void> => {
    await firstThatWorks(parts, arrived.user, [
      async () => {
        if (!(await parts.modals.update(modal, resultView(modal.title, body)))) {
          await directMessage(parts.client, arrived.user, body);
        }
      },
      async () => directMessage(parts.client, arrived.user, body),
    ]);
  };
  return { ...arrived, tell: say, replace: say };
}

/** Where there is no message to answer to: in a modal of its own, or in a direct message where its trigger is used up. */
export function answeringByItself(parts: AnswerParts, arrived: Arrived): Interaction {
  const say = async (body: Body): Promise<void> => {
    await firstThatWorks(parts, arrived.user, [
      async () => {
        const opened = await parts.modals.open(arrived.trigger, resultView(TITLE, body));
        if (typeof opened === 'string') {
          await directMessage(parts.client, arrived.user, body);
        }
      },
      async () => directMessage(parts.client, arrived.user, body),
    ]);
  };
  return { ...arrived, tell: say, replace: say };
}

/** What was done stays done when it cannot be told: so this never throws. */
export async function tellDirectly(parts: AnswerParts, user: UserId, body: Body): Promise<void> {
  const way = async (): Promise<void> => directMessage(parts.client, user, body);
  await firstThatWorks(parts, user, [way, way]);
}

const TITLE = 'Hallpass';

async function directMessage(client: WebClient, user: UserId, body: Body): Promise<void> {
  await client.chat.postMessage({ channel: user, ...messageOf(body) });
}

/** How every message of ours is sent: nothing in its text is parsed, nothing in it is unfurled. */
export function messageOf({ text, blocks }: Body) {
  return {
    text,
    blocks: [...blocks],
    parse: 'none' as const,
    link_names: false,
    unfurl_links: false,
    unfurl_media: false,
  };
}

/** What was done stays done when it cannot be told: so this never throws. */
async function firstThatWorks(
  { log }: AnswerParts,
  user: UserId,
  ways: readonly (() => Promise<void>)[],
): Promise<void> {
  for (const [tries, way] of ways.entries()) {
    try {
      await way();
      return;
    } catch (error) {
      log.warn({ user, tries: tries + 1, of: ways.length, err: error }, 'An answer did not reach Slack');
    }
  }
}
