import { formatDuration } from '../../domain/duration.js';
import type { AutoRule } from '../../domain/catalog.js';
import type { ExplainedStep, ExplainView } from '../../domain/views.js';
import { missText, pingedText, refusalText, type Reader } from '../refusal-text.js';
import { partsText } from './access-lines.js';
import { firstOf, SHOWN } from './limits.js';
import { section, toBody, type Body } from './message.js';
import { bold, channel, code, counted, listed, said } from './text.js';

/** Steps that are shown. */
const STEPS = 8;

/** What asking for a role would come to: may I, for how long, who decides. */
export function explainBody(view: ExplainView, reader: Reader): Body {
  const sections = [
    `${bold(view.roleKey, SHOWN.roleKey)} · ${said(view.title, SHOWN.title)}\n${mayText(view, reader)}`,
    ...(view.parts.length === 0 ? [] : [`*A bundle*\n${bundleText(view)}`]),
    `*For how long*\n${timeText(view)}`,
    `*Reason*\n${reasonText(view)}`,
    ...(view.rules.length === 0 ? [] : [`*Approved at once*\n${rulesText(view, reader)}`]),
    `*Who decides*\n${approvalText(view)}`,
    `*Then*\n${thenText(view)}`,
  ];
  return toBody({ text: sections.join('\n'), blocks: sections.map(section) });
}

/** The same in few words, beside the role in a form. */
export function besideRole(view: ExplainView, reader: Reader): string {
  const { policy, pinged, problem, rules, steps, tier } = view;
  const why = problem === null ? null : refusalText(problem, reader);
  if (why !== null) {
    return `Asked for now, it would be refused. ${why}`;
  }
  const atOnce = rules.filter((each) => each.why === null).map(({ rule }) => ruleText(rule));
  const deciders = firstOf(steps, STEPS).shown.map(stepText);
  return [
    ...(tier === 'critical' ? ['This access is critical.'] : []),
    ...(atOnce.length === 0 ? [] : [`Approved at once: ${listed(atOnce)}.`]),
    ...(deciders.length === 0 ? [] : [`Decided by ${listed(deciders)}; ${pingedText(pinged)}.`]),
    `${formatDuration(policy.defaultMs)}, if you name no time; at most ${formatDuration(policy.maxMs)}.`,
  ].join(' ');
}

function ruleText(rule: AutoRule): string {
  return `${said(rule.name, SHOWN.title)}, up to ${formatDuration(rule.upToMs)}`;
}

function mayText({ problem, roleKey }: ExplainView, reader: Reader): string {
  const why = problem === null ? null : refusalText(problem, reader);
  return why === null
    ? `You may ask for it now: ${code(`${reader.command} request ${roleKey} <time> <reason>`, 200)}.`
    : `Asked for now, it would be refused. ${why}`;
}

function bundleText({ parts }: ExplainView): string {
  return `It gives ${partsText(parts)}, under one request. Whoever asks for it must be allowed to ask for each of them, and it counts as each of them.`;
}

function timeText({ policy }: ExplainView): string {
  const { minMs, defaultMs, maxMs, startWithinMs } = policy;
  return `${formatDuration(defaultMs)}, if you name none; ${formatDuration(minMs)} to ${formatDuration(maxMs)}. It can begin later, at most ${formatDuration(startWithinMs)} ahead.`;
}

function reasonText({ policy }: ExplainView): string {
  const { reasonRequired, reasonMinLength, ticket } = policy;
  const length = reasonMinLength > 0 ? `, of at least ${reasonMinLength} characters` : '';
  const named = ticket === null ? '' : `, with ${said(ticket.say, SHOWN.name)} in it`;
  if (reasonRequired || ticket !== null) {
    return `Needed${length}${named}.`;
  }
  return length === '' ? 'Not needed.' : `Not needed; where there is one${length}.`;
}

function rulesText({ rules }: ExplainView, reader: Reader): string {
  const { shown, more } = firstOf(rules, STEPS);
  const lines = shown.map(({ rule, why }) => {
    const now = why === null ? 'it holds now' : missText(why, reader);
    return `• ${ruleText(rule)}: ${now}`;
  });
  return [...lines, ...(more > 0 ? [`• and ${counted(more, 'more rule')}`] : [])].join('\n');
}

function approvalText({ steps, policy, tier }: ExplainView): string {
  if (steps.length === 0) {
    return 'Nobody: only the rules above approve.';
  }
  const { shown, more } = firstOf(steps, STEPS);
  const lines = shown.map((step) => `• ${stepText(step)}`);
  const all = steps.length > 1 ? [`All of these${policy.inOrder ? ', in this order' : ''}.`] : [];
  return [
    ...(tier === 'critical' ? ['This access is critical.'] : []),
    ...lines,
    ...(more > 0 ? [`• and ${counted(more, 'more step')}`] : []),
    ...all,
    'One person counts once, and you never do.',
    policy.denials === 1
      ? 'Any of them can deny it.'
      : `${counted(policy.denials, 'denial')} of different people end it.`,
  ].join('\n');
}

function stepText({ name, from, count, people, unreadable }: ExplainedStep): string {
  const named = name === null ? '' : `${said(name, SHOWN.name)}: `;
  const groups = firstOf(from, 5).shown.map((group) => code(group));
  const unread =
    unreadable.length === 0
      ? ''
      : `; who is in ${listed(firstOf(unreadable, 5).shown.map((group) => code(group)))} can't be read now`;
  const of = people === 1 ? 'the only person' : `${count} of the ${people} people`;
  const enough = `${of} in ${groups.join(' or ')}`;
  const tooFew = `${count} from ${groups.join(' or ')}, where ${people === 0 ? 'nobody' : counted(people, 'person', 'people')} can approve it for you`;
  return `${named}${people < count ? tooFew : enough}${unread}`;
}

function thenText({ policy, pinged, steps, rules }: ExplainView): string {
  if (steps.length === 0) {
    return `The card appears in ${channel(policy.announce ?? policy.channel)}, and nobody is pinged.`;
  }
  const { escalate, unansweredAfterMs } = policy;
  const called =
    escalate === null ? '' : ` After ${formatDuration(escalate.afterMs)} without a decision it is escalated.`;
  const where = rules.length === 0 ? 'The' : 'Where no rule holds, the';
  return `${where} request appears in ${channel(policy.channel)}. ${pingedText(pinged)}.${called} Unanswered, it expires after ${formatDuration(unansweredAfterMs)}.`;
}
