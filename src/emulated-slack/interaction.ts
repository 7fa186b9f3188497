import type { Courier } from './delivery.js';
import type { EmulatedWorkspace } from './emulated-workspace.js';
import { fieldsOf, textOr, type Fields } from './fields.js';
import type { Ledger, SeenView } from './ledger.js';
import type { Directory, Person } from './people.js';
import type { ResponseSink } from './response-sink.js';

export type ActionParts = {
  directory: Directory;
  emulated: EmulatedWorkspace;
  ledger: Ledger;
  sink: ResponseSink;
  courier: Courier;
  makeId: () => string;
  makeTs: () => string;
};

export type Interaction = ReturnType<typeof createInteraction>;

/** What every action of a person needs: a trigger, who they are, what they have in front of them. */
export function createInteraction({ directory, emulated, ledger }: ActionParts) {
  const { workspace } = directory;

  async function trigger(person: Person, viewId?: string): Promise<string> {
    const made = await emulated.call(
      'views.generateTriggerId',
      { user_id: person.id, ...(viewId === undefined ? {} : { view_id: viewId }) },
      { everyScope: true },
    );
    const id = textOr(made['trigger_id'], '');
    if (id === '') {
      throw new Error(`emulate gave no trigger_id: ${textOr(made['error'], '?')}`);
    }
    ledger.rememberTrigger(id, person.id);
    return id;
  }

  async function dmChannel(person: Person): Promise<string> {
    const known = ledger.dmOf(person.id);
    if (known !== undefined) {
      return known;
    }
    const opened = await emulated.call('conversations.open', { users: person.id }, { everyScope: true });
    const channel = textOr(fieldsOf(opened['channel'])['id'], '');
    ledger.rememberDm(person.id, channel);
    return channel;
  }

  function sender(person: Person): Fields {
    const teamId = person.teamId ?? workspace.teamId;
    const enterprise =
      workspace.enterpriseId === undefined ? null : { id: workspace.enterpriseId, name: workspace.teamName };
    return {
      api_app_id: workspace.appId,
      token: 'unused',
      team: { id: workspace.teamId, domain: workspace.teamDomain },
      enterprise,
      is_enterprise_install: false,
      user: { id: person.id, username: person.name, name: person.name, team_id: teamId },
    };
  }

  function currentView(view: SeenView): SeenView {
    const onTop = view.type === 'home' ? ledger.homeOf(view.user) : ledger.modalOf(view.user);
    return onTop?.id === view.id ? onTop : view;
  }

  return { trigger, dmChannel, sender, currentView };
}
