import type { HomeView as SlackHome, KnownBlock } from '@slack/web-api';
import { formatDuration } from '../../domain/duration.js';
import type { HomeAdminView, HomePlace, HomeView, RequestCardView } from '../../domain/views.js';
import { ACTION } from '../action-ids.js';
import { encodeHomePlace, encodePrefill } from '../button-values.js';
import { NOTHING_TYPED } from '../parse-command.js';
import { SHOWN } from './limits.js';
import { reviewButtons } from './emergency-lines.js';
import { askedRow, askedText, heldRow, holdingText, rowBlocks } from './mine.js';
import { actions, button, header, section, type Body } from './message.js';
import { pageButtons, pageOf, type Page } from './pages.js';
import { besideReason } from './reason-beside.js';
import { claimButtons, tierLines, voteButtons } from './request-card.js';
import { bold, code, fromText, person, roleKeyOf, said, when } from './text.js';

/** Lines of what is held, and of what was asked for, on one page. */
const ROWS = 10;
const DECIDING_ROWS = 5;

/** The app's Home tab. It is shown to one person alone. */
export function homeTab(view: HomeView, command: string): SlackHome {
  const { own, deciding, place } = view;
  const reviews = view.reviews.filter((each) => reviewButtons(each).length > 0);
  const held = pageOf(own.grants, place.held, ROWS);
  const asked = pageOf(own.pending, place.asked, ROWS);
  return {
    type: 'home',
    blocks: [
      header('Your access'),
      actions([askButton()]),
      ...(view.admin === null ? [] : adminBlocks(view.admin, command)),
      { type: 'divider' },
      ...(deciding.length === 0 && reviews.length > 0 ? [] : [section(decidingText(view))]),
      ...deciding.flatMap(decidingBlocks),
      ...pageBlocks(view, 'deciding', decidingPage(view)),
      ...reviewBlocks(reviews),
      { type: 'divider' },
      section(holdingText(own)),
      ...held.shown.flatMap((grant) => rowBlocks(heldRow(grant))),
      ...pageBlocks(view, 'held', held),
      { type: 'divider' },
      section(askedText(own)),
      ...asked.shown.flatMap((request) => rowBlocks(askedRow(request))),
      ...pageBlocks(view, 'asked', asked),
    ],
  };
}

/** In its place for whoever can't use it, and while it can't be put together. */
export function homeTabOf({ blocks }: Body): SlackHome {
  return { type: 'home', blocks: [...blocks] };
}

function askButton() {
  const value = encodePrefill(NOTHING_TYPED) ?? '';
  return button({ actionId: ACTION.askAgain, label: 'Request access', value, style: 'primary' });
}

function decidingText({ deciding, place }: HomeView): string {
  return deciding.length === 0 && place.deciding === 0
    ? 'Nothing waits for your decision.'
    : '*Waiting for your decision*';
}

function reviewBlocks(reviews: readonly RequestCardView[]): KnownBlock[] {
  return reviews.length === 0
    ? []
    : [
        section('*Waiting for your review*'),
        ...reviews.flatMap((view) => [
          besideReason(reviewText(view), view.request.reason),
          actions(reviewButtons(view)),
        ]),
      ];
}

function reviewText({ request, title }: RequestCardView): string {
  return [
    `${person(request.beneficiary)} took ${bold(roleKeyOf(request), SHOWN.roleKey)} in an emergency`,
    `${said(title, SHOWN.title)} · ${when(request.createdAt)} · ${code(request.id)}`,
  ].join('\n');
}

function decidingBlocks(view: RequestCardView): KnownBlock[] {
  const { request, title } = view;
  const more = request.extendsGrant === null ? '' : ' more';
  const asker =
    request.requester === request.beneficiary ? '' : ` (${person(request.requester)} asks for them)`;
  const lines = [
    `${person(request.beneficiary)} asks for ${bold(roleKeyOf(request), SHOWN.roleKey)} for ${formatDuration(request.durationMs)}${more}${fromText(request)}${asker}`,
    `${said(title, SHOWN.title)} · expires ${when(request.expiresAt)} · ${code(request.id)}`,
    ...tierLines(view),
  ];
  return [
    besideReason(lines.join('\n'), request.reason),
    actions([...voteButtons(view), ...claimButtons(view)]),
  ];
}

/** What needs a look; nothing at all is said plainly as well. */
function adminBlocks(admin: HomeAdminView, command: string): KnownBlock[] {
  const { failing, orphans, standing, unanswered, isAdmin } = admin;
  const look = (name: string) => code(`${command} ${name}`);
  const lines = [
    ...(failing === 0 ? [] : [`*Revocations that fail: ${failing}* · ${look('stuck')}`]),
    ...(orphans === 0 ? [] : [`Access that nothing explains: ${orphans} · ${look('reconcile')}`]),
    ...(standing === 0 ? [] : [`Standing access, not given by Hallpass: ${standing} · ${look('reconcile')}`]),
    ...(unanswered === 0
      ? []
      : [`Requests that nobody has answered since the approvers were nudged: ${unanswered}`]),
  ];
  const heading = isAdmin ? '*For admins*' : '*For auditors*';
  return [
    { type: 'divider' },
    section([heading, ...(lines.length === 0 ? ['Nothing needs a look.'] : lines)].join('\n')),
  ];
}

function decidingPage({ place, decidingIsMore }: HomeView) {
  const offset = place.deciding;
  return { offset, pageSize: DECIDING_ROWS, next: decidingIsMore ? offset + DECIDING_ROWS : null };
}

function pageBlocks({ place }: HomeView, list: keyof HomePlace, page: Page): KnownBlock[] {
  const buttons = pageButtons({
    ...page,
    actions: { earlier: ACTION.earlierAtHome, later: ACTION.laterAtHome },
    valueAt: (first) => encodeHomePlace({ ...place, [list]: first }),
  });
  return buttons.length === 0 ? [] : [actions(buttons)];
}
