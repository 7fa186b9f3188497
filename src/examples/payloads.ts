/** One of each thing that Hallpass shows in Slack, with plain content, and with content that is as long as it can be. */
import type { HomeView as SlackHome, ModalView } from '@slack/web-api';
import { asGrantId, asUserId } from '../domain/ids.js';
import type { UserId } from '../domain/ids.js';
import { NOT_WAITING } from '../domain/unanswered.js';
import { HOUR_MS, MINUTE_MS } from '../domain/time.js';
import type { GrantCardView, HomeView, NoticeView, OfferView, RequestCardView } from '../domain/views.js';
import { refusedBody } from '../slack/blocks/answers.js';
import {
  adoptOrphanFormView,
  denyFormView,
  emergencyFormView,
  prolongFormView,
  removeOrphanFormView,
  requestFormView,
  revokeFormView,
} from '../slack/blocks/forms.js';
import { grantCard } from '../slack/blocks/grant-card.js';
import { helpBody } from '../slack/blocks/help.js';
import { historyBody } from '../slack/blocks/history.js';
import { homeTab } from '../slack/blocks/home.js';
import type { Body } from '../slack/blocks/message.js';
import { mineBody } from '../slack/blocks/mine.js';
import { noticeBody } from '../slack/blocks/notices.js';
import { offerListBody } from '../slack/blocks/offer-list.js';
import { requestCard } from '../slack/blocks/request-card.js';
import { reconciledBody } from '../slack/blocks/strays.js';
import { removalFormView, stuckBody } from '../slack/blocks/stuck.js';
import { whoHasBody } from '../slack/blocks/who-has.js';
import { NOTHING_TYPED } from '../slack/parse-command.js';
import {
  activeGrant,
  approvedCardView,
  approvedRequest,
  closedRequest,
  DANA,
  emergencyForm,
  endedGrant,
  endingGrant,
  entitlementView,
  failedGrant,
  failingView,
  grantCardView,
  holderView,
  listedStuck,
  MIA,
  NOW,
  openingGrant,
  orphan,
  pendingRequest,
  requestCardView,
  SAM,
  scheduledGrant,
  stepView,
  stuckView,
} from './views.js';

export type Example = { readonly name: string } & (
  | { readonly message: Body }
  | { readonly view: ModalView | SlackHome }
);

/** `command` is what it is called here: `/access`. */
export function examplePayloads(command: string): Example[] {
  const messages = { ...requestCards(), ...holderCards(), ...notices(), ...lists(command) };
  const views = { ...forms(command), 'Home tab': homeTab(home(), command) };
  return [
    ...Object.entries(messages).map(([name, message]) => ({ name, message })),
    ...Object.entries(views).map(([name, view]) => ({ name, view })),
  ];
}

const LONG = 'عربي <!channel> 🛂 '.repeat(60);
const MANY_PEOPLE: readonly UserId[] = Array.from({ length: 400 }, (_, nth) => asUserId(`U${1_000 + nth}`));

const LONG_CARD: Partial<RequestCardView> = {
  request: pendingRequest({ reason: LONG, resource: 'r'.repeat(80), role: 'a'.repeat(80), policy: LONG }),
  title: LONG,
  parts: Array.from({ length: 40 }, () => LONG),
  steps: Array.from({ length: 20 }, () =>
    stepView({ name: LONG, from: [LONG, LONG], filledBy: MANY_PEOPLE }),
  ),
  ping: MANY_PEOPLE,
  tier: 'critical',
  shorterMs: [MINUTE_MS, 5 * MINUTE_MS],
  entitlements: Array.from({ length: 40 }, () =>
    entitlementView({
      connector: 'c'.repeat(80),
      role: LONG,
      howTo: LONG,
      failing: failingView({ text: LONG }),
    }),
  ),
};

function requestCards(): Record<string, Body> {
  const stuck = [entitlementView({ failing: failingView() })];
  const views: Record<string, RequestCardView> = {
    waiting: requestCardView({ shorterMs: [5 * MINUTE_MS] }),
    claimed: requestCardView({
      request: pendingRequest({
        waiting: { ...NOT_WAITING, claim: { by: MIA, at: NOW } },
      }),
    }),
    'partly approved': requestCardView({ steps: [stepView({ count: 2, filledBy: [MIA] })] }),
    'to begin later': approvedCardView(scheduledGrant()),
    'being opened': approvedCardView(openingGrant()),
    granted: approvedCardView(activeGrant()),
    'being taken away': approvedCardView(endingGrant()),
    stuck: approvedCardView(endingGrant(), { entitlements: stuck }),
    ended: approvedCardView(endedGrant()),
    'not opened': approvedCardView(failedGrant()),
    denied: requestCardView({ request: closedRequest('denied') }),
    cancelled: requestCardView({ request: closedRequest('cancelled') }),
    expired: requestCardView({ request: closedRequest('expired') }),
    'as long as can be': requestCardView(LONG_CARD),
  };
  return named('request card', views, requestCard);
}

function holderCards(): Record<string, Body> {
  const views: Record<string, GrantCardView> = {
    'to begin later': grantCardView({ grant: scheduledGrant() }),
    'being opened': grantCardView({ grant: openingGrant() }),
    ready: grantCardView(),
    'with a login of its own': grantCardView({ entitlements: [entitlementView({ issuesSecret: true })] }),
    'being taken away': grantCardView({ grant: endingGrant() }),
    ended: grantCardView({ grant: endedGrant() }),
    'not opened': grantCardView({ grant: failedGrant() }),
    'as long as can be': grantCardView({
      title: LONG,
      parts: LONG_CARD.parts ?? [],
      approvedBy: MANY_PEOPLE,
      entitlements: LONG_CARD.entitlements ?? [],
    }),
  };
  return named('holder’s message', views, grantCard);
}

function notices(): Record<string, Body> {
  const request = pendingRequest();
  const about = { request, title: 'Orders database, production' };
  const orphans = [orphan()];
  const views: NoticeView[] = [
    { kind: 'request-received', ...about, steps: [stepView()] },
    { kind: 'request-for-you', ...about },
    { kind: 'request-approved', ...about, by: [MIA], inPlaceOf: [], startsAt: NOW, endsAt: NOW + HOUR_MS },
    { kind: 'request-denied', ...about, by: MIA, reason: 'not today' },
    { kind: 'request-expired', ...about },
    {
      kind: 'request-nudge',
      request,
      steps: [stepView()],
      mention: [MIA, SAM],
      inPlaceOf: [],
      waitedMs: HOUR_MS,
      by: null,
    },
    { kind: 'request-taken-over', from: MIA, by: SAM },
    { kind: 'request-cancelled', ...about, by: MIA, reason: LONG },
    { kind: 'request-voided', ...about, left: MIA },
    { kind: 'card-not-shown', where: DANA, error: 'cannot_dm_bot' },
    { kind: 'holder-left', who: DANA, grants: [activeGrant()], requests: [request] },
    { kind: 'stand-in-named', delegator: MIA, untilAt: NOW + HOUR_MS },
    { kind: 'clock-behind', behindMs: HOUR_MS, open: 3 },
    { kind: 'connector-back', connector: 'orders-db' },
    { kind: 'grant-prolonged', card: grantCardView() },
    { kind: 'grant-reminder', card: grantCardView() },
    { kind: 'grant-revoked', card: grantCardView({ grant: endingGrant() }) },
    { kind: 'grant-not-opened', card: grantCardView({ grant: failedGrant() }) },
    { kind: 'revocation-stuck', connector: 'orders-db', stuck: [stuckView()] },
    { kind: 'orphans-found', connector: 'orders-db', orphans },
    { kind: 'standing-found', connector: 'orders-db', standing: orphans },
    { kind: 'enforcement-asked', connector: 'orders-db', standing: orphans, catalogSha256: 'c'.repeat(64) },
  ];
  return Object.fromEntries(views.map((view) => [`notice, ${view.kind}`, noticeBody(view)]));
}

function lists(command: string): Record<string, Body> {
  const page = { total: 30, offset: 10, pageSize: 10 };
  const about = { kind: 'all' as const };
  const holders = Array.from({ length: 10 }, () => holderView({ reason: LONG }));
  const item = { request: approvedRequest(), grant: activeGrant(), by: [MIA], inPlaceOf: [] };
  const items = Array.from({ length: 8 }, () => ({ ...item, autoRule: null, emergency: false }));
  const found = { connector: 'orders-db', looked: 1, drifted: [], overdue: [], problems: [], stuck: true };
  const { own } = home();
  return {
    'who-has': whoHasBody({
      about,
      holders,
      ...page,
      marked: [],
      standing: [],
      unlisted: [],
      mayExport: true,
    }),
    history: historyBody({ about, backMs: HOUR_MS, items, ...page, pageSize: 8, mayExport: true }),
    mine: mineBody(own, { held: 0, asked: 0 }),
    list: offerListBody({ offers: offers(120), unreadable: [] }, { command, offset: 0 }),
    stuck: stuckBody({ stuck: [listedStuck()], ...page, pageSize: 5, at: NOW, mayAct: true }),
    reconcile: reconciledBody([{ ...found, orphans: [orphan()], standing: [orphan()] }]),
    help: helpBody(command),
    'a refusal': refusedBody(LONG, {
      typed: LONG,
      prefill: { ...NOTHING_TYPED, reason: 'why' },
      longest: null,
    }),
  };
}

function forms(command: string): Record<string, ModalView> {
  const form = { command, unreadable: [], unclear: null, start: { at: null, problem: null }, about: null };
  const title = 'Orders database, production';
  const request = pendingRequest();
  const grant = activeGrant();
  const prefill = { ...NOTHING_TYPED, resource: 'db-1', duration: '30m', reason: LONG };
  return {
    'request form': requestFormView({ ...form, offers: offers(100), prefill: NOTHING_TYPED }),
    'request form of many roles': requestFormView({ ...form, offers: offers(500), prefill }),
    'emergency form': emergencyFormView(emergencyForm(), { duration: null, reason: null }),
    'form of a denial': denyFormView({ request, title, reasonRequired: true }),
    'form of a revocation': revokeFormView({ grant, title }),
    'form for more time': prolongFormView({ grant, title, leftMs: HOUR_MS }, { duration: '', reason: '' }),
    'form of a removal by hand': removalFormView({ stuck: stuckView() }),
    'form to remove access that nothing explains': removeOrphanFormView({ orphans: [orphan()] }),
    'form to adopt it': adoptOrphanFormView({ orphans: [orphan()] }),
  };
}

function home(): HomeView {
  const held = { ...holderView({ grantId: asGrantId('G-4F2K1M') }), mayExtend: true };
  const { id: requestId, durationMs, startsAt, createdAt, expiresAt } = pendingRequest();
  const asked = { requestId, durationMs, startsAt, createdAt, expiresAt, beneficiary: DANA };
  return {
    place: { held: 0, deciding: 0, asked: 0 },
    own: { grants: [held], pending: [{ ...asked, roleKey: 'prod-db:readonly', nudgedAt: null }] },
    deciding: [requestCardView(), requestCardView(LONG_CARD)],
    decidingIsMore: true,
    reviews: [
      approvedCardView(activeGrant(), {
        review: { count: 2, overrode: [], closedAt: null, verdicts: [], ping: [MIA] },
      }),
    ],
    admin: { failing: 1, orphans: 1, standing: 1, unanswered: 1, isAdmin: true },
  };
}

function offers(count: number): OfferView[] {
  return Array.from({ length: count }, (_, nth) => ({
    roleKey: `db-${nth}:readonly`,
    resource: `db-${nth}`,
    role: 'readonly',
    isDefault: true,
    title: `Database ${nth}`,
    parts: [],
    minMs: MINUTE_MS,
    defaultMs: 30 * MINUTE_MS,
    maxMs: 4 * HOUR_MS,
    approvals: [stepView()],
    forOthers: true,
  }));
}

function named<View>(
  what: string,
  views: Record<string, View>,
  drawn: (view: View) => Body,
): Record<string, Body> {
  return Object.fromEntries(Object.entries(views).map(([name, view]) => [`${what}, ${name}`, drawn(view)]));
}
