import { REASON_MAX_LENGTH } from '../domain/eligibility.js';
import { formatDuration } from '../domain/duration.js';
import type { Refusal } from '../domain/refusal.js';
import { refusedBody, submittedBody } from './blocks/answers.js';
import type { Body } from './blocks/message.js';
import type { Interaction, SlackDeps } from './interaction.js';
import { prefillOf, type RequestCommand } from './parse-command.js';
import { openRequestForm } from './request-form.js';
import { refusalText } from './refusal-text.js';
import { requestedStart } from './requested-start.js';

/** `/access request prod-db 30m why`, and the same from a button that asks again. */
export async function requestCommand(
  deps: SlackDeps,
  at: Interaction,
  command: RequestCommand,
): Promise<void> {
  const role = await roleAsReason(deps, at, command);
  if (role !== null) {
    const prefill = { ...prefillOf(command), role, reason: null };
    return await openRequestForm(deps, at, { prefill });
  }
  const body = await submit(deps, at, command);
  if (body !== null) {
    await at.tell(body);
  }
}

/** `prod-db readonly`: a reason that is nothing but the name of a role of that resource is no reason. */
async function roleAsReason(
  { actions }: SlackDeps,
  at: Interaction,
  { resource, role, reason }: RequestCommand,
): Promise<string | null> {
  if (role !== null || !/^[\w.-]+$/.test(reason)) {
    return null;
  }
  const { offers } = await actions.offers({ viewer: at.user });
  const meant = offers.find((each) => each.resource === resource && each.role === reason.toLowerCase());
  return meant?.role ?? null;
}

/** Null when the same delivery was answered before. */
export async function submit(
  deps: SlackDeps,
  at: Interaction,
  command: RequestCommand,
): Promise<Body | null> {
  if (command.reason.length > REASON_MAX_LENGTH) {
    return refused({ code: 'reason-too-long', maxLength: REASON_MAX_LENGTH }, deps, at, command);
  }
  const start = await requestedStart(deps, at.user, command.start);
  if ('problem' in start) {
    return refusedBody(start.problem, keptOf(deps.command, command, null));
  }
  const outcome = await deps.actions.submitRequest({
    delivery: at.delivery,
    workspace: at.workspace,
    requester: at.user,
    beneficiary: command.beneficiary ?? at.user,
    resource: command.resource,
    role: command.role,
    durationMs: command.durationMs,
    ...start,
    reason: command.reason,
  });
  return outcome.ok ? submittedBody(outcome.value, at.user) : refused(outcome.refusal, deps, at, command);
}

function refused(refusal: Refusal, deps: SlackDeps, at: Interaction, command: RequestCommand): Body | null {
  const text = refusalText(refusal, { viewer: at.user, command: deps.command });
  if (text === null) {
    return null;
  }
  const longest = refusal.code === 'duration-too-long' ? { ...command, durationMs: refusal.maxMs } : null;
  return refusedBody(text, keptOf(deps.command, command, longest));
}

/** Nothing that was typed is lost. */
function keptOf(name: string, command: RequestCommand, longest: RequestCommand | null) {
  return { typed: typedText(name, command), prefill: prefillOf(command), longest };
}

function typedText(name: string, command: RequestCommand): string {
  const { resource, role, durationMs, start, reason, beneficiary } = command;
  const what = role === null ? resource : `${resource}:${role}`;
  const whom = beneficiary === null ? '' : ` for @${beneficiary}`;
  const time = durationMs === null ? '' : ` ${formatDuration(durationMs)}`;
  const from = start === null ? '' : ` ${start}`;
  return `${name} request ${what}${whom}${time}${from} ${reason}`.trimEnd();
}
