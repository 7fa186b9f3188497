import type { InputBlock, KnownBlock, ModalView, PlainTextInput, PlainTextOption } from '@slack/web-api';
import { formatDuration, parseDuration } from '../../domain/duration.js';
import { SECOND_MS, type Instant } from '../../domain/time.js';
import type { OfferView } from '../../domain/views.js';
import type {
  DenyForm,
  EmergencyForm,
  OrphansForm,
  ProlongForm,
  ReviewForm,
  RevokeForm,
} from '../../domain/asking.js';
import { EMERGENCY_REASON_MIN_LENGTH } from '../../domain/emergency.js';
import { ACTION, FORM } from '../action-ids.js';
import { encodeVote } from '../button-values.js';
import type { Prefill, Unclear } from '../parse-command.js';
import { bundleLines } from './access-lines.js';
import { durationSelect, type Times } from './duration-choices.js';
import { roleOption } from './role-options.js';
import { LIMITS, SHOWN, truncate } from './limits.js';
import { context, plainSection, section, type Body } from './message.js';
import {
  bold,
  channel,
  code,
  counted,
  fromText,
  listed,
  person,
  plain,
  roleKeyOf,
  said,
  when,
} from './text.js';

/** Blocks of the forms' inputs; errors are shown beside the input of this name. */
export const INPUT = {
  role: 'role',
  duration: 'duration',
  start: 'start',
  reason: 'reason',
  beneficiary: 'beneficiary',
  orphan: 'orphan',
  confirm: 'confirm',
} as const;

/** One input a block, so its action needs no name of its own. */
export const VALUE = 'value';

/** Opened within the trigger's three seconds, before anything is read. */
export function loadingView(title: string): ModalView {
  return noticeView(title, [plainSection('Loading…')]);
}

/** Takes the place of a form while its use case runs. */
export function workingView(title: string): ModalView {
  return noticeView(title, [plainSection('Sending…')]);
}

export function resultView(title: string, body: Body): ModalView {
  return noticeView(title, body.blocks);
}

function noticeView(title: string, blocks: readonly KnownBlock[]): ModalView {
  return {
    type: 'modal',
    title: plain(title, LIMITS.modalTitle),
    close: plain('Close'),
    blocks: [...blocks],
  };
}

/** Stands beside the role, and follows it. */
export const ABOUT_ROLE = 'about-role';

export function aboutRole(markup: string): KnownBlock {
  return { ...context([markup]), block_id: ABOUT_ROLE };
}

type RequestFormSpec = {
  /** What the command is called here: `/access`. */
  readonly command: string;
  readonly offers: readonly OfferView[];
  readonly unreadable: readonly string[];
  readonly prefill: Prefill;
  readonly unclear: Unclear | null;
  readonly start: StartTyped;
  /** What asking for the role would come to, where one is chosen already. */
  readonly about: string | null;
};

/** The moment that was typed, or why it is none. Plain text. */
export type StartTyped = { readonly at: Instant | null; readonly problem: string | null };

export function requestFormView(spec: RequestFormSpec): ModalView {
  const { command, offers, unreadable, prefill, unclear, start, about } = spec;
  const typed =
    prefill.resource === null
      ? null
      : prefill.role === null
        ? prefill.resource
        : `${prefill.resource}:${prefill.role}`;
  const blocks: KnownBlock[] = [
    ...(unreadable.length === 0
      ? []
      : [
          section(
            `It could not be read who is in ${listed(unreadable.slice(0, 5).map((name) => code(name)))}; what they may request is missing here.`,
          ),
        ]),
    ...(unclear === null ? [] : [section(unclearText(unclear, offers))]),
    roleInput(offers, typed),
    ...(about === null ? [] : [aboutRole(about)]),
    durationInput({ times: timesOf(offers, typed), typed: prefill.duration, command }),
    startInput(start),
    reasonInput('Reason', 'Approvers, admins and auditors read it.', prefill.reason),
    ...(hasOthers(offers) || prefill.beneficiary !== null ? [beneficiaryInput(prefill)] : []),
  ];
  return formView({ callbackId: FORM.request, title: 'Request access', submit: 'Ask', metadata: '', blocks });
}

function hasOthers(offers: readonly OfferView[]): boolean {
  return offers.some((offer) => offer.forOthers);
}

/** Why a form came up instead of the answer to what was typed. */
function unclearText(unclear: Unclear, offers: readonly OfferView[]): string {
  switch (unclear) {
    case 'person':
      return hasOthers(offers)
        ? 'Slack does not know whom your reason begins with. Choose them below, under *For somebody else*.'
        : 'Your reason begins with somebody else. What you may request is for yourself alone.';
    case 'start':
      return 'Your reason begins like a time of day. Choose below, under *From when*, when your access is to begin, and how long you need it.';
    case 'duration':
      return 'How long you need it was not understood. Choose it below.';
    default:
      return unclear satisfies never;
  }
}

/**
 * A list, or one that is searched where a list would be too long for Slack; otherwise the name is typed. Nothing that
 * was typed is ever dropped.
 */
function roleInput(offers: readonly OfferView[], typed: string | null): InputBlock {
  const chosen = typed === null ? undefined : offers.find((each) => isTyped(each, typed));
  if (offers.length === 0 || (typed !== null && chosen === undefined)) {
    return textInput({
      blockId: INPUT.role,
      label: 'What',
      hint: 'A resource, or a resource and its role: prod-db or prod-db:admin.',
      initial: typed,
      optional: false,
    });
  }
  return {
    type: 'input',
    block_id: INPUT.role,
    label: plain('What'),
    dispatch_action: true,
    element: {
      ...(offers.length <= LIMITS.options
        ? {
            type: 'static_select',
            placeholder: plain('Choose', LIMITS.placeholder),
            options: offers.map(roleOption),
          }
        : {
            type: 'external_select',
            placeholder: plain('Type a part of the name', LIMITS.placeholder),
            min_query_length: 0,
          }),
      action_id: ACTION.chooseRole,
      ...(chosen === undefined ? {} : { initial_option: roleOption(chosen) }),
    },
  };
}

/** A resource's name alone stands for its default role. */
function isTyped({ roleKey, resource, isDefault }: OfferView, typed: string): boolean {
  return roleKey === typed || (resource === typed && isDefault);
}

type DurationSpec = {
  readonly times: Times | null;
  readonly typed: string | null;
  readonly command: string;
};

/** A list of times; typed where it is not known what may be chosen, or where what was typed is no time. */
function durationInput({ times, typed, command }: DurationSpec): InputBlock {
  const wantedMs = typed === null ? null : parseDuration(typed);
  if (times === null || (typed !== null && wantedMs === null)) {
    return textInput({
      blockId: INPUT.duration,
      label: 'For how long',
      hint: 'Like 30m, 2h, 1h30m or 1d. Empty for the usual time.',
      initial: typed,
      optional: true,
    });
  }
  return {
    type: 'input',
    block_id: INPUT.duration,
    optional: true,
    label: plain('For how long'),
    hint: plain(`A time that is not listed: ${command} request <what> 45m <reason>.`, SHOWN.targetText),
    element: durationSelect(times, wantedMs),
  };
}

/** Of the role that was chosen; before one is, all that any of them allows. */
function timesOf(offers: readonly OfferView[], typed: string | null): Times | null {
  if (offers.length === 0) {
    return null;
  }
  const [only, ...more] = typed === null ? offers : offers.filter((each) => isTyped(each, typed));
  if (only === undefined || more.length === 0) {
    return only ?? null;
  }
  return {
    minMs: Math.min(...offers.map(({ minMs }) => minMs)),
    defaultMs: null,
    maxMs: Math.max(...offers.map(({ maxMs }) => maxMs)),
  };
}

function startInput({ at, problem }: StartTyped): InputBlock {
  return {
    type: 'input',
    block_id: INPUT.start,
    optional: true,
    label: plain('From when'),
    hint: plain(`Empty for at once, when it is approved. ${problem ?? ''}`.trim(), SHOWN.targetText),
    element: {
      type: 'datetimepicker',
      action_id: VALUE,
      ...(at === null ? {} : { initial_date_time: Math.floor(at / SECOND_MS) }),
    },
  };
}

function beneficiaryInput(prefill: Prefill): InputBlock {
  return {
    type: 'input',
    block_id: INPUT.beneficiary,
    optional: true,
    label: plain('For somebody else'),
    hint: plain('Empty when it is for yourself.'),
    element: {
      type: 'users_select',
      action_id: VALUE,
      ...(prefill.beneficiary === null ? {} : { initial_user: prefill.beneficiary }),
    },
  };
}

export type EmergencyPrefill = Pick<Prefill, 'duration' | 'reason'>;

/** Says what will happen, and has the role typed once more: nobody takes it by a slip. */
export function emergencyFormView(form: EmergencyForm, prefill: EmergencyPrefill): ModalView {
  const { roleKey, title, parts, usualMs, maxMs } = form;
  const reviewers = counted(form.reviewers, 'person', 'people');
  return formView({
    callbackId: FORM.emergency,
    title: 'Emergency access',
    submit: 'Take it now',
    metadata: roleKey,
    blocks: [
      section(
        `You take ${bold(roleKey, SHOWN.roleKey)} (${said(title, SHOWN.title)}) at once, without an approval. ${channel(form.channel)} is told who you are, what you take, until when and why. Afterwards ${reviewers} there ${form.reviewers === 1 ? 'has' : 'have'} to say whether it was justified.`,
      ),
      ...bundleLines(parts).map(section),
      textInput({
        blockId: INPUT.duration,
        label: 'For how long',
        hint: `Like 15m; at most ${formatDuration(maxMs)}.`,
        initial: prefill.duration ?? formatDuration(usualMs),
        optional: false,
      }),
      reasonInput(
        'Reason',
        `What is on fire, and what you are going to do. At least ${EMERGENCY_REASON_MIN_LENGTH} characters.`,
        prefill.reason,
      ),
      textInput({
        blockId: INPUT.confirm,
        label: `Type ${truncate(roleKey, SHOWN.roleKey)} to confirm`,
        hint: 'Exactly as it stands above.',
        initial: null,
        optional: false,
      }),
    ],
  });
}

export function reviewFormView({ request, title }: ReviewForm): ModalView {
  return formView({
    callbackId: FORM.review,
    title: 'Not justified',
    submit: 'Not justified',
    metadata: request.id,
    blocks: [
      section(
        `${person(request.requester)} took ${bold(roleKeyOf(request), SHOWN.roleKey)} (${said(title, SHOWN.title)}) in an emergency.`,
      ),
      reasonInput('Reason', 'It stands on the card, and in the audit trail under your name.', null),
    ],
  });
}

export function denyFormView({ request, title, reasonRequired }: DenyForm): ModalView {
  const what = `${person(request.beneficiary)} asks for ${bold(roleKeyOf(request), SHOWN.roleKey)} (${said(title, SHOWN.title)}) for ${formatDuration(request.durationMs)}${fromText(request)}.`;
  return formView({
    callbackId: FORM.deny,
    title: 'Deny the request',
    submit: 'Deny',
    metadata: encodeVote({ requestId: request.id, termsVersion: request.termsVersion }),
    blocks: [section(what), reasonInput('Reason', 'The requester reads it.', null, !reasonRequired)],
  });
}

export function revokeFormView({ grant, title }: RevokeForm): ModalView {
  return formView({
    callbackId: FORM.revoke,
    title: 'Revoke access',
    submit: 'Revoke',
    metadata: grant.id,
    blocks: [
      section(
        `${person(grant.beneficiary)} loses ${bold(roleKeyOf(grant), SHOWN.roleKey)} (${said(title, SHOWN.title)})${grant.state === 'scheduled' ? `, which would start ${when(grant.startsAt)}` : ' now'}.`,
      ),
      reasonInput('Reason', 'The holder reads it.', null),
    ],
  });
}

/** What was typed of it already. */
export type ProlongPrefill = { readonly duration: string | null; readonly reason: string | null };

export function prolongFormView(
  { grant, title, leftMs }: ProlongForm,
  { duration, reason }: ProlongPrefill,
): ModalView {
  return formView({
    callbackId: FORM.prolong,
    title: 'Extend access',
    submit: 'Ask',
    metadata: grant.id,
    blocks: [
      section(
        `${bold(roleKeyOf(grant), SHOWN.roleKey)} (${said(title, SHOWN.title)}) ends ${when(grant.endsAt)}. More time needs a new approval; until then the end stays.`,
      ),
      textInput({
        blockId: INPUT.duration,
        label: 'How much more',
        hint: `Like 30m or 1h30m; at most ${formatDuration(leftMs)}.`,
        initial: duration,
        optional: false,
      }),
      reasonInput('Reason', 'Approvers, admins and auditors read it.', reason),
    ],
  });
}

/** Of access that no row explains: which, and why it has to go. */
export function removeOrphanFormView({ orphans }: OrphansForm): ModalView {
  return formView({
    callbackId: FORM.removeOrphan,
    title: 'Remove access',
    submit: 'Remove',
    metadata: '',
    blocks: [
      orphanInput(orphans),
      reasonInput('Reason', 'It stands in the audit trail under your name.', null),
    ],
  });
}

export function adoptOrphanFormView({ orphans }: OrphansForm): ModalView {
  return formView({
    callbackId: FORM.adoptOrphan,
    title: 'Adopt access',
    submit: 'Adopt',
    metadata: '',
    blocks: [
      section('The access gets a person and an end, as if it had been approved now, by you.'),
      orphanInput(orphans),
      {
        type: 'input',
        block_id: INPUT.beneficiary,
        label: plain('Whose it is'),
        hint: plain('Whose account it is by the catalog; never yourself.'),
        element: { type: 'users_select', action_id: VALUE },
      },
      textInput({
        blockId: INPUT.duration,
        label: 'For how long, from now on',
        hint: "Like 30m or 2h; at most the role's longest time.",
        initial: null,
        optional: false,
      }),
      reasonInput('Reason', 'Holder, approvers, admins and auditors read it.', null),
    ],
  });
}

function orphanInput(orphans: OrphansForm['orphans']): InputBlock {
  const options = orphans
    .slice(0, LIMITS.options)
    .map(({ id, connector, role, account }): PlainTextOption => ({
      text: plain(`${id} · ${account.name}`, LIMITS.optionText),
      value: id,
      description: plain(`${role} in ${connector}`, LIMITS.optionText),
    }));
  const [first] = options;
  return {
    type: 'input',
    block_id: INPUT.orphan,
    label: plain('Which access'),
    element: {
      type: 'static_select',
      action_id: VALUE,
      options,
      ...(first === undefined || options.length > 1 ? {} : { initial_option: first }),
    },
  };
}

type FormSpec = {
  readonly callbackId: string;
  readonly title: string;
  readonly submit: string;
  readonly metadata: string;
  readonly blocks: readonly KnownBlock[];
};

export function formView({ callbackId, title, submit, metadata, blocks }: FormSpec): ModalView {
  return {
    type: 'modal',
    callback_id: callbackId,
    title: plain(title, LIMITS.modalTitle),
    submit: plain(submit, LIMITS.modalTitle),
    close: plain('Close'),
    private_metadata: metadata,
    blocks: [...blocks],
  };
}

type TextInputSpec = {
  readonly blockId: string;
  readonly label: string;
  readonly hint: string;
  readonly initial: string | null;
  readonly optional: boolean;
  readonly multiline?: boolean;
};

function textInput(spec: TextInputSpec): InputBlock {
  const { blockId, label, hint, initial, optional, multiline = false } = spec;
  const element: PlainTextInput = {
    type: 'plain_text_input',
    action_id: VALUE,
    multiline,
    ...(initial === null ? {} : { initial_value: truncate(initial, LIMITS.inputLength) }),
  };
  return { type: 'input', block_id: blockId, label: plain(label), hint: plain(hint), optional, element };
}

export function reasonInput(
  label: string,
  hint: string,
  initial: string | null,
  optional = false,
): InputBlock {
  return textInput({
    blockId: INPUT.reason,
    label,
    hint,
    initial,
    optional,
    multiline: true,
  });
}
