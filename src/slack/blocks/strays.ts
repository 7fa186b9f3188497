import type { Button } from '@slack/web-api';
import type { NoticeView, ReadBack, ReconciledView } from '../../domain/views.js';
import type { Stray } from '../../domain/stray.js';
import { ACTION } from '../action-ids.js';
import { encodeDryRun, EVERY_CONNECTOR } from '../button-values.js';
import { draw, type Drawing } from './drawing.js';
import { firstOf, LIMITS, SHOWN, truncateMarkup } from './limits.js';
import { button, type Body } from './message.js';
import { code, counted, person, said, when } from './text.js';

/** Access in the targets that no row of Hallpass's explains, and what can be done about it. */

const NAMED = 10;
/** So many characters of all targets together: Slack refuses a message of some 13,000. */
const TOGETHER = 10_000;

export function orphansDrawing(connector: string, orphans: readonly Stray[]): Drawing {
  return {
    lead: `*Access that nothing explains* in ${code(connector)}: ${counted(orphans.length, 'account')} with a role that bears the mark of Hallpass, and no record of who asked for it or when it ends.`,
    lines: [strayLines(orphans)],
    small: [
      'A restored backup or a lost database does that. Nothing is taken away by itself: remove it, or adopt it by giving it a person and an end. Told every hour until then.',
    ],
    buttons: orphanButtons(connector),
  };
}

export function standingDrawing(connector: string, standing: readonly Stray[]): Drawing {
  return {
    lead: `*Standing access* in ${code(connector)}: ${counted(standing.length, 'member')} of managed roles that Hallpass did not put there.`,
    lines: [strayLines(standing)],
    small: ['Told once. Hallpass leaves standing access alone, unless the catalog says `on_drift: enforce`.'],
  };
}

export function dryRunDrawing({
  connector,
  standing,
  catalogSha256,
}: Extract<NoticeView, { kind: 'enforcement-asked' }>): Drawing {
  return {
    lead: `*Nothing was removed yet.* The catalog says \`on_drift: enforce\` for ${code(connector)}. Once you confirm, these lose their roles, and so does everybody whom others than Hallpass put there later: ${counted(standing.length, 'member')}.`,
    lines: [strayLines(standing)],
    small: [
      'Whoever should keep the role is given it in a window, or the catalog says `report` or `restore`.',
    ],
    buttons: [
      button({
        actionId: ACTION.enforce,
        label: 'Enforce from now on',
        value: encodeDryRun({ connector, catalogSha256 }),
        style: 'danger',
      }),
    ],
  };
}

/** To an admin who had every target looked at. */
export function reconciledBody(all: readonly ReconciledView[]): Body {
  const { shown, more } = firstOf(all, NAMED);
  const share = Math.floor(TOGETHER / Math.max(1, shown.length));
  const orphans = all.some((each) => each.orphans.length > 0);
  return draw({
    lead: `Looked at ${counted(all.length, 'target')} now.`,
    lines: [
      ...shown.map((view) => truncateMarkup(connectorText(view), Math.min(share, LIMITS.sectionText))),
      ...(more > 0 ? [`and ${more} more`] : []),
    ],
    ...(orphans ? { buttons: orphanButtons(EVERY_CONNECTOR) } : {}),
  });
}

function connectorText(view: ReconciledView): string {
  const { connector, looked, drifted, overdue, orphans, standing, stuck, problems } = view;
  const isWell = !stuck && [drifted, overdue, orphans, problems].every((each) => each.length === 0);
  const [problem] = problems;
  return [
    problem !== undefined && looked === 0
      ? `*${code(connector)}*: not read, so what is held there is not known.`
      : `*${code(connector)}*: ${counted(looked, 'access', 'accesses')} read back${isWell ? ', all as it should be' : ''}.`,
    ...(problem === undefined
      ? []
      : [`Not all of it could be read: ${said(problem, SHOWN.targetText)}. Nothing is concluded from that.`]),
    ...(stuck
      ? ['Something is to be gone from it, and taking it away fails: the list of what is stuck says what.']
      : []),
    ...section('Taken away by somebody else, within a window', readBackLines(drifted)),
    ...section('Past its end, and being taken away now', readBackLines(overdue)),
    ...section('Bears the mark of Hallpass, and nothing explains it', strayLines(orphans)),
    ...section('Standing access', strayLines(standing)),
  ].join('\n');
}

function section(title: string, lines: string): string[] {
  return lines === '' ? [] : [`${title}:\n${lines}`];
}

function strayLines(strays: readonly Stray[]): string {
  const { shown, more } = firstOf(strays, NAMED);
  const lines = shown.map(
    ({ id, account, role, foundAt }) =>
      `• ${code(id)}: account ${code(account.name)}, role ${code(role)}, found ${when(foundAt)}`,
  );
  return [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}

function readBackLines(all: readonly ReadBack[]): string {
  const { shown, more } = firstOf(all, NAMED);
  const lines = shown.map(
    ({ account, role, owner }) =>
      `• ${owner === null ? 'Somebody' : person(owner)}: account ${code(account.name)}, role ${code(role)}`,
  );
  return [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}

function orphanButtons(connector: string): Button[] {
  const value = connector.length > LIMITS.buttonValue ? EVERY_CONNECTOR : connector;
  return [
    button({ actionId: ACTION.removeOrphan, label: 'Remove…', value, style: 'danger' }),
    button({ actionId: ACTION.adoptOrphan, label: 'Adopt…', value }),
  ];
}
