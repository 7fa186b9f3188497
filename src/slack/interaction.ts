import type { ViewOutput } from '@slack/bolt';
import type { ModalView } from '@slack/web-api';
import type { ChannelId, UserId, Workspace } from '../domain/ids.js';
import type { Instant } from '../domain/time.js';
import type { Clock, Directory } from '../ports.js';
import type { Actions } from './actions.js';
import type { Body } from './blocks/message.js';
import type { RoleSuggestions } from './blocks/role-options.js';
import type { Files } from './files.js';
import type { Modals } from './modals.js';
import type { Prefill } from './parse-command.js';
import type { SubmittedForm } from './submitted-form.js';

/** Somebody typed the command, clicked a button, or sent a form. */
export type Interaction = {
  /** The key of the Slack delivery: the same one is handled once. */
  readonly delivery: string;
  readonly user: UserId;
  readonly workspace: Workspace;
  readonly channel: ChannelId | null;
  /** Opens one modal, within three seconds. */
  readonly trigger: string;
  /** Says something that only this person sees. */
  readonly tell: (body: Body) => Promise<void>;
  /** The same, in the place of what was clicked, where that was for this person alone. */
  readonly replace: (body: Body) => Promise<void>;
};

export type SlackDeps = {
  readonly actions: Actions;
  readonly modals: Modals;
  readonly files: Files;
  readonly directory: Pick<Directory, 'person'>;
  readonly clock: Clock;
  /** What the command is called in this workspace: `/access`. */
  readonly command: string;
  /** Logs something unexpected, once, and answers the id that the person may quote. */
  reportFault(error: unknown, facts: Readonly<Record<string, unknown>>): string;
};

export type ClickHandler = (deps: SlackDeps, at: Interaction, value: string) => Promise<void>;

/** A choice in an open form; answers the form as it is then, or null where nothing changes. */
export type ChoiceHandler = (
  deps: SlackDeps,
  at: Interaction,
  view: ViewOutput,
  value: string,
) => Promise<ModalView | null>;

/** What a list offers to somebody who has typed so much. */
export type SuggestHandler = (deps: SlackDeps, viewer: UserId, typed: string) => Promise<RoleSuggestions>;

export type FormOutcome =
  | { readonly kind: 'done'; readonly body: Body }
  /** The form comes again, with everything that was filled in. */
  | { readonly kind: 'again'; readonly problem: string }
  | { readonly kind: 'nothing' };

export type FormHandler = {
  readonly title: string;
  /** What can be said beside the fields without asking anybody; empty when all is well. */
  check(form: SubmittedForm, now: Instant): Readonly<Record<string, string>>;
  submit(deps: SlackDeps, at: Interaction, form: SubmittedForm): Promise<FormOutcome>;
  /** What a request can be asked again with. */
  prefill?(form: SubmittedForm): Prefill;
};
