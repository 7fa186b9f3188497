import { asEntitlementId } from '../domain/ids.js';
import { removalFormView, stuckBody, unstuckText } from './blocks/stuck.js';
import { sentenceBody, type Body } from './blocks/message.js';
import { aboutReason, refusedForm } from './form-outcome.js';
import type { FormHandler, Interaction, SlackDeps } from './interaction.js';
import { openAndFill, refusalView } from './modals.js';
import { refusalText } from './refusal-text.js';
import { tellOutcome } from './tell-outcome.js';
import { OUT_OF_DATE } from './unknown-interaction.js';

const TITLE = 'Removed by hand';

/** `/access stuck` */
export async function stuckCommand(deps: SlackDeps, at: Interaction): Promise<void> {
  const body = await page(deps, at, 0);
  if (body !== null) {
    await at.tell(body);
  }
}

/** Earlier and Later, in the place of the page that was shown. */
export async function stuckPageButton(deps: SlackDeps, at: Interaction, value: string): Promise<void> {
  const body = /^\d{1,9}$/.test(value) ? await page(deps, at, Number(value)) : OUT_OF_DATE;
  if (body !== null) {
    await at.replace(body);
  }
}

async function page(deps: SlackDeps, at: Interaction, offset: number): Promise<Body | null> {
  const outcome = await deps.actions.listStuck({ viewer: at.user, offset });
  if (outcome.ok) {
    return stuckBody(outcome.value);
  }
  const text = refusalText(outcome.refusal, { viewer: at.user, command: deps.command });
  return text === null ? null : sentenceBody(text);
}

/** Retry now, on the list: the target is asked before the answer comes. */
export async function retryButton(deps: SlackDeps, at: Interaction, value: string): Promise<void> {
  const input = { delivery: at.delivery, by: at.user, entitlementId: asEntitlementId(value) };
  const outcome = await deps.actions.retryStuck(input);
  await tellOutcome(deps, at, outcome, (unstuck) => unstuckText(unstuck, deps.command));
}

/** Mark as removed by hand…, on the list: asks for the reason. */
export async function markRemovedButton(deps: SlackDeps, at: Interaction, value: string): Promise<void> {
  await openAndFill(deps, at, {
    title: TITLE,
    typed: null,
    async fill() {
      const input = { viewer: at.user, entitlementId: asEntitlementId(value) };
      const outcome = await deps.actions.removalForm(input);
      return outcome.ok ? removalFormView(outcome.value) : refusalView(TITLE, outcome.refusal, deps, at);
    },
  });
}

export const removalForm: FormHandler = {
  title: TITLE,
  check: (form) => aboutReason(form.reason ?? ''),
  async submit(deps, at, form) {
    const outcome = await deps.actions.markRemoved({
      delivery: at.delivery,
      by: at.user,
      entitlementId: asEntitlementId(form.metadata),
      reason: form.reason ?? '',
    });
    return outcome.ok
      ? { kind: 'done', body: sentenceBody(unstuckText(outcome.value, deps.command)) }
      : refusedForm(outcome.refusal, deps, at);
  },
};
