import { blockProblems, optionProblems } from './block-limits.js';
import type { Delivered, Forgery } from './delivery.js';
import { fieldsOf, textOr, type Fields } from './fields.js';
import { formState, interactiveElements, optionsOf, type Given } from './form-input.js';
import type { ActionParts, Interaction } from './interaction.js';
import { withAssignedIds, type SeenView } from './ledger.js';
import type { Person } from './people.js';

export type Submission = { user: string; view: SeenView; values?: Record<string, Given> } & Forgery;

/** Sending a form off, or leaving it. */
export function createFormActions(parts: ActionParts, { trigger, sender, currentView }: Interaction) {
  const { directory, emulated, ledger, courier } = parts;
  const { workspace } = directory;

  async function submitView({ user, view, values = {}, ...forgery }: Submission): Promise<Delivered> {
    const person = directory.person(user);
    const shown = currentView(view);
    const state = formState(shown.blocks, values, { checked: true });
    const payload = {
      type: 'view_submission',
      ...sender(person),
      trigger_id: await trigger(person, view.id),
      view: { ...shown.raw, state, app_installed_team_id: workspace.teamId },
      response_urls: [],
    };
    const delivered = await courier.deliver('interactive', payload, forgery);
    if (delivered.trouble === undefined) {
      await followResponseAction(person, shown, fieldsOf(delivered.body));
    }
    return delivered;
  }

  /** Somebody types into a list that the app fills: what it then shows, by its texts. */
  async function searchList({
    user,
    view,
    actionId,
    text,
    ...forgery
  }: { user: string; view: SeenView; actionId: string; text: string } & Forgery): Promise<string[]> {
    const person = directory.person(user);
    const shown = currentView(view);
    const place = interactiveElements(shown.blocks).find(({ element }) => element['action_id'] === actionId);
    const { trouble, body } = await courier.deliver(
      'interactive',
      {
        type: 'block_suggestion',
        ...sender(person),
        container: { type: 'view', view_id: view.id },
        action_id: actionId,
        block_id: place?.blockId ?? '',
        value: text,
        view: shown.raw,
      },
      forgery,
    );
    if (trouble !== undefined) {
      throw new Error(`Slack would tell ${user} that the list could not be loaded: ${trouble}`);
    }
    const answer = fieldsOf(body);
    const problems = optionProblems(answer);
    if (problems.length > 0) {
      throw new Error(`Slack would show none of it: ${problems.join('; ')}`);
    }
    return optionsOf(answer).map((option) => textOr(fieldsOf(option['text'])['text'], ''));
  }

  async function followResponseAction(person: Person, view: SeenView, body: Fields): Promise<void> {
    const action = body['response_action'];
    if (action === undefined || action === 'clear') {
      ledger.closeModal(person.id, action === 'clear' ? 'all' : view.id);
      return;
    }
    if (action === 'errors') {
      const known = new Set(view.blocks.map((block) => block['block_id']));
      const lost = Object.keys(fieldsOf(body['errors'])).filter((blockId) => !known.has(blockId));
      if (lost.length > 0) {
        throw new Error(`The errors name blocks that the form does not have: ${lost.join(', ')}`);
      }
      return;
    }
    const next = fieldsOf(body['view']);
    const problems = blockProblems(next);
    if (problems.length > 0) {
      throw new Error(`Slack would say "We had some trouble connecting": ${problems.join('; ')}`);
    }
    const complete = { ...next, blocks: withAssignedIds(next['blocks'], parts.makeId) };
    const isPush = action === 'push';
    const answer = isPush
      ? await emulated.call('views.push', { trigger_id: await trigger(person, view.id), view: complete })
      : await emulated.call('views.update', { view_id: view.id, view: complete });
    if (answer['ok'] !== true) {
      throw new Error(
        `emulate did not ${isPush ? 'push' : 'update'} the view: ${textOr(answer['error'], '?')}`,
      );
    }
    if (isPush) {
      ledger.openModal(fieldsOf(answer['view']), person.id, { push: true });
    } else {
      ledger.changeView(fieldsOf(answer['view']));
    }
  }

  /** The person leaves with the close button or Escape; undefined when the app did not want to know. */
  async function closeView({ user, view, ...forgery }: Submission): Promise<Delivered | undefined> {
    const person = directory.person(user);
    const shown = currentView(view);
    ledger.closeModal(person.id, shown.id);
    if (shown.raw['notify_on_close'] !== true) {
      return undefined;
    }
    const payload = { type: 'view_closed', ...sender(person), view: shown.raw, is_cleared: false };
    return courier.deliver('interactive', payload, forgery);
  }

  return { submitView, closeView, searchList };
}
