import type { Button, KnownBlock, ModalView } from '@slack/web-api';
import type { RemovalForm, Unstuck } from '../../domain/asking.js';
import { formatDuration } from '../../domain/duration.js';
import { isWordTaken } from '../../domain/stuck.js';
import type { ListedStuck, StuckPage, StuckView } from '../../domain/views.js';
import { markedAdvice, stuckAdvice } from '../../domain/what-to-do.js';
import { ACTION, FORM } from '../action-ids.js';
import { actorText } from './access-lines.js';
import { formView, reasonInput } from './forms.js';
import { SHOWN, truncate } from './limits.js';
import { actions, button, plainSection, section, toBody, type Body } from './message.js';
import { pageButtons } from './pages.js';
import { code, counted, person, said, when } from './text.js';

/** Each stuck revocation with its error, its age and what to do; for admins with the buttons to do it. */
export function stuckBody(page: StuckPage): Body {
  const heading = headingText(page);
  const pages = buttonsOfPages(page);
  const blocks: KnownBlock[] = [
    section(heading),
    ...page.stuck.flatMap((stuck) => stuckBlocks(stuck, page)),
    ...(pages.length === 0 ? [] : [actions(pages)]),
  ];
  const text = [
    heading,
    ...page.stuck.map((stuck) =>
      [
        factsText(stuck, page.at).replaceAll('\n', ', '),
        said(errorText(stuck), SHOWN.targetText),
        adviceText(stuck),
      ].join('. '),
    ),
  ];
  return toBody({ text: text.join('\n'), blocks });
}

function headingText({ total, offset, stuck }: StuckPage): string {
  if (total === 0) {
    return 'Nothing is stuck: all that should be gone was read back as gone.';
  }
  const range = total > stuck.length ? ` (${offset + 1} to ${offset + stuck.length})` : '';
  return `*${counted(total, 'revocation is', 'revocations are')} not done*${range}`;
}

function stuckBlocks(stuck: ListedStuck, { at, mayAct }: StuckPage): KnownBlock[] {
  return [
    section(factsText(stuck, at)),
    plainSection(errorText(stuck)),
    section(adviceText(stuck)),
    ...(mayAct ? [actions(stuckButtons(stuck))] : []),
  ];
}

function factsText(stuck: ListedStuck, at: number): string {
  const { holder, failing, shortId } = stuck;
  const { since, attempts } = failing;
  const mark = markText(stuck);
  return `${holder === null ? 'Somebody' : person(holder)} · ${accessText(stuck)}\nsince ${when(since)} (${formatDuration(at - since)}) · ${counted(attempts, 'try', 'tries')} · ${code(shortId)}${mark === null ? '' : `\n${mark}`}`;
}

function markText(stuck: StuckView): string | null {
  const { byHand, failing } = stuck;
  if (byHand === null) {
    return null;
  }
  const marked = `Marked as removed by hand by ${actorText(byHand.by)} ${when(byHand.at)}`;
  return failing.nextAt !== null && wasLookedAt(stuck)
    ? `${marked}; Hallpass could not read it back, and looks again ${when(failing.nextAt)}.`
    : `${marked}; Hallpass has not looked at the target since.`;
}

function wasLookedAt({ byHand, failing: { nextAt } }: StuckView): boolean {
  return isWordTaken({ byHand, nextAt });
}

function accessText({ connector, role, account }: Pick<StuckView, 'connector' | 'role' | 'account'>): string {
  return `${code(role)} as ${code(account.name)} in ${code(connector)}`;
}

function errorText({ connector, failing, byHand }: StuckView): string {
  return `${truncate(connector, SHOWN.name)} ${byHand === null ? 'says' : 'said at the last look'}: ${truncate(failing.text, SHOWN.targetText)}`;
}

function adviceText(stuck: StuckView): string {
  return stuck.byHand === null ? `*To do:* ${stuckAdvice(stuck.kind)}` : markedAdvice(wasLookedAt(stuck));
}

function stuckButtons({ id }: StuckView): Button[] {
  return [
    button({ actionId: ACTION.retryStuck, label: 'Retry now', value: id }),
    button({ actionId: ACTION.markRemoved, label: 'Mark as removed by hand…', value: id }),
  ];
}

function buttonsOfPages({ offset, pageSize, total, stuck }: StuckPage): Button[] {
  const next = offset + stuck.length;
  return pageButtons({
    offset,
    pageSize,
    next: next < total && stuck.length > 0 ? next : null,
    actions: { earlier: ACTION.earlierStuck, later: ACTION.laterStuck },
    valueAt: String,
  });
}

export function removalFormView({ stuck }: RemovalForm): ModalView {
  const mark = markText(stuck);
  return formView({
    callbackId: FORM.removal,
    title: 'Removed by hand',
    submit: 'Mark',
    metadata: stuck.id,
    blocks: [
      section(
        `${stuck.holder === null ? 'Somebody' : person(stuck.holder)} · ${accessText(stuck)}\nHallpass reads it back first. What is still there is not marked. Where the target cannot tell, your word is taken, and the card names you.${mark === null ? '' : `\n${mark} Your mark takes its place.`}`,
      ),
      reasonInput('Reason', 'Who removed it, and how you know. The audit trail keeps it.', null),
    ],
  });
}

/** To the admin who had it retried, or marked it. */
export function unstuckText({ stuck, outcome }: Unstuck, command: string): string {
  const what = accessText(stuck);
  switch (outcome) {
    case 'gone':
      return `${what} is gone: that was read back.`;
    case 'failing':
      return `Tried just now, and it failed again: ${what}. The target says: ${said((stuck.error?.text ?? '').replace(/\.$/, ''), SHOWN.targetText)}. Hallpass goes on trying.`;
    case 'there':
      return `It is still there: ${what}. It is not marked, and Hallpass goes on trying. Take it away in the target first, then mark it again.`;
    case 'taken':
      return `Marked as removed by hand, on your word: ${what}. Hallpass could not read it back. It looks again every 5 min, and tells the admins if it is found there after all.`;
    case 'under-way':
      return `The target is being asked about ${what} just now. \`${command} stuck\` shows in a moment what came of it.`;
    default:
      return outcome satisfies never;
  }
}
