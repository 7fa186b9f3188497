import type { ModalView, WebClient } from '@slack/web-api';
import { faultBody, keptBody } from './blocks/answers.js';
import { loadingView, resultView } from './blocks/forms.js';
import { keptSentenceBody } from './blocks/message.js';
import type { Refusal } from '../domain/refusal.js';
import type { Interaction, SlackDeps } from './interaction.js';
import type { Prefill } from './parse-command.js';
import { refusalText } from './refusal-text.js';
import { slackTrouble } from './slack-error.js';

export type OpenModal = { readonly id: string; readonly hash: string | undefined };

export type Modals = {
  /** `late`: three seconds had passed. `used`: the same delivery opened one already. */
  open(trigger: string, view: ModalView): Promise<OpenModal | 'late' | 'used'>;
  /** False when the person has closed it, or another update was faster. */
  update(modal: OpenModal, view: ModalView): Promise<boolean>;
};

export function createModals(client: WebClient): Modals {
  return {
    async open(trigger, view) {
      try {
        const { view: opened } = await client.views.open({ trigger_id: trigger, view });
        return { id: opened?.id ?? '', hash: opened?.hash };
      } catch (error) {
        const code = slackTrouble(error)?.code;
        if (code === 'expired_trigger_id') {
          return 'late';
        }
        if (code === 'exchanged_trigger_id' || code === 'trigger_exchanged') {
          return 'used';
        }
        throw error;
      }
    },
    async update({ id, hash }, view) {
      try {
        await client.views.update({ view_id: id, view, ...(hash === undefined ? {} : { hash }) });
        return true;
      } catch (error) {
        const code = slackTrouble(error)?.code;
        if (code === 'not_found' || code === 'hash_conflict') {
          return false;
        }
        throw error;
      }
    },
  };
}

export const TOO_LATE = 'Slack took too long to open the form. Try again.';

/** In the place of a form that this person has no use for: why not. */
export function refusalView(
  title: string,
  refusal: Refusal,
  deps: SlackDeps,
  at: Interaction,
  typed: string | null = null,
): ModalView {
  const text = refusalText(refusal, { viewer: at.user, command: deps.command });
  return resultView(title, keptSentenceBody(text ?? 'This was answered already.', typed));
}

/** A form whose content takes longer than its trigger lives: opened empty at once, filled afterwards. */
export async function openAndFill(
  deps: SlackDeps,
  at: Interaction,
  spec: {
    readonly title: string;
    /** What the person has typed so far; given back when the form cannot be filled. */
    readonly typed: string | null;
    /** What a request can be asked again with. */
    readonly prefill?: Prefill | null;
    readonly fill: () => Promise<ModalView>;
  },
): Promise<void> {
  const { title, typed, prefill = null, fill } = spec;
  const [opened, filled] = await Promise.allSettled([
    deps.modals.open(at.trigger, loadingView(title)),
    fill(),
  ]);
  if (opened.status === 'rejected') {
    throw opened.reason;
  }
  if (opened.value === 'used') {
    return;
  }
  if (opened.value === 'late') {
    await at.tell(keptBody(TOO_LATE, typed, prefill));
    return;
  }
  if (filled.status === 'fulfilled') {
    await deps.modals.update(opened.value, filled.value);
    return;
  }
  const faultId = deps.reportFault(filled.reason, { user: at.user, form: title });
  await deps.modals.update(opened.value, resultView(title, faultBody(faultId, typed)));
}
