import { parseDuration } from '../domain/duration.js';
import { asUserId } from '../domain/ids.js';
import type { UserId } from '../domain/ids.js';
import { submittedBody } from './blocks/answers.js';
import type { Times } from './blocks/duration-choices.js';
import { besideRole } from './blocks/explain.js';
import { INPUT, requestFormView, resultView, type StartTyped } from './blocks/forms.js';
import { SHOWN, truncate } from './blocks/limits.js';
import { sentenceBody } from './blocks/message.js';
import { decodePrefill } from './button-values.js';
import { aboutDuration, aboutReason, refusedForm } from './form-outcome.js';
import { isStamp, roleChosenIn, roleSuggestions } from './blocks/role-options.js';
import type { ChoiceHandler, FormHandler, Interaction, SlackDeps, SuggestHandler } from './interaction.js';
import { openAndFill } from './modals.js';
import { refusalText } from './refusal-text.js';
import { formAbout } from './submitted-form.js';
import { NOTHING_TYPED, type Prefill, type Unclear } from './parse-command.js';
import { requestedStart, zoneOf } from './requested-start.js';

const TITLE = 'Request access';

/** `/access` alone, or with parts missing: a form with what was typed already in it. */
export async function openRequestForm(
  deps: SlackDeps,
  at: Interaction,
  { prefill, unclear = null }: { prefill: Prefill; unclear?: Unclear | null },
): Promise<void> {
  await openAndFill(deps, at, {
    title: TITLE,
    typed: typedText(prefill),
    prefill,
    async fill() {
      const [{ offers, unreadable }, about] = await Promise.all([
        deps.actions.offers({ viewer: at.user }),
        prefill.resource === null ? null : aboutRole(deps, at, { ...prefill, resource: prefill.resource }),
      ]);
      const isNothing = offers.length === 0 && unreadable.length === 0;
      return isNothing && JSON.stringify(prefill) === JSON.stringify(NOTHING_TYPED)
        ? resultView(
            TITLE,
            sentenceBody('You may request nothing now. Who may is said in the catalog; ask your admin.'),
          )
        : requestFormView({
            command: deps.command,
            offers,
            unreadable,
            prefill,
            unclear,
            about: about?.text ?? null,
            start: await startTyped(deps, at, prefill),
          });
    },
  });
}

/** Another role in the form: what it would come to. */
export const roleChosen: ChoiceHandler = async (deps, at, view, value) => {
  const role = readRole(await keyOf(deps, at, value));
  const about = role === null ? null : await aboutRole(deps, at, role);
  return about === null || about.text === null ? null : formAbout(view, about.text, about.times);
};

/** Roles whose name holds what was typed so far, for a list that Slack does not hold itself. */
export const suggestRoles: SuggestHandler = async (deps, viewer, typed) =>
  roleSuggestions((await deps.actions.offers({ viewer })).offers, typed);

/** A role whose key is too long for Slack's list comes back as a stamp of it. */
async function keyOf(deps: SlackDeps, at: Interaction, value: string): Promise<string> {
  return isStamp(value)
    ? roleChosenIn(value, (await deps.actions.offers({ viewer: at.user })).offers)
    : value;
}

async function aboutRole(
  deps: SlackDeps,
  at: Interaction,
  { resource, role }: { resource: string; role: string | null },
): Promise<{ text: string | null; times: Times | null }> {
  const reader = { viewer: at.user, command: deps.command };
  const outcome = await deps.actions.explainRole({ viewer: at.user, resource, role });
  return outcome.ok
    ? { text: besideRole(outcome.value, reader), times: outcome.value.policy }
    : { text: refusalText(outcome.refusal, reader), times: null };
}

/** Where it is no moment to come, the form says so, and the person chooses another. */
async function startTyped(deps: SlackDeps, at: Interaction, { start }: Prefill): Promise<StartTyped> {
  const found = await requestedStart(deps, at.user, start);
  return 'problem' in found
    ? { at: null, problem: `You typed "${truncate(start ?? '', SHOWN.name)}". ${found.problem}` }
    : { at: found.startsAt, problem: null };
}

function typedText({ resource, role, duration, start, reason, beneficiary }: Prefill): string {
  const whom = beneficiary === null ? null : `for @${beneficiary}`;
  return [resource, role, whom, duration, start, reason].filter((part) => part !== null).join(' ');
}

/** Change and ask again, on a refusal. */
export async function askAgainButton(deps: SlackDeps, at: Interaction, value: string): Promise<void> {
  await openRequestForm(deps, at, { prefill: decodePrefill(value) });
}

export const requestForm: FormHandler = {
  title: TITLE,
  check: (form, now) => ({
    ...(readRole(form.role) === null ? { [INPUT.role]: 'Name it like prod-db or prod-db:admin.' } : {}),
    ...aboutDuration(form.duration),
    ...(form.start !== null && form.start <= now
      ? { [INPUT.start]: 'This time has passed. Choose one that is still to come.' }
      : {}),
    ...aboutReason(form.reason ?? ''),
  }),
  async submit(deps, at, form) {
    const outcome = await deps.actions.submitRequest({
      delivery: at.delivery,
      workspace: at.workspace,
      requester: at.user,
      beneficiary: form.beneficiary === null ? at.user : asUserId(form.beneficiary),
      ...(readRole(await keyOf(deps, at, form.role ?? '')) ?? { resource: '', role: null }),
      durationMs: form.duration === null ? null : parseDuration(form.duration),
      startsAt: form.start,
      startZone: form.start === null ? null : await shownZone(deps, at.user),
      reason: form.reason ?? '',
    });
    return outcome.ok
      ? { kind: 'done', body: submittedBody(outcome.value, at.user) }
      : refusedForm(outcome.refusal, deps, at);
  },
  prefill: (form) => ({
    ...NOTHING_TYPED,
    ...readRole(form.role),
    duration: form.duration,
    reason: form.reason,
    beneficiary: form.beneficiary === null ? null : asUserId(form.beneficiary),
  }),
};

/** The moment was chosen already: the zone says only how it is told. */
async function shownZone(deps: SlackDeps, user: UserId): Promise<string | null> {
  const known = await zoneOf(deps, user);
  return known === 'unreadable' ? null : known.zone;
}

export function readRole(typed: string | null): { resource: string; role: string | null } | null {
  const [, resource, role] = /^([^\s:]+)(?:\s*:\s*([^\s:]+))?$/.exec(typed ?? '') ?? [];
  return resource === undefined
    ? null
    : { resource: resource.toLowerCase(), role: role?.toLowerCase() ?? null };
}
