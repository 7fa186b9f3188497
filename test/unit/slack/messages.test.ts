import type { KnownBlock, ModalView } from '@slack/web-api';
import * as fc from 'fast-check';
import { ticketLink } from '../../../src/domain/ticket.js';
import { describe, expect, test } from 'vitest';
import { asChannelId, asEntitlementId, asGrantId, asUserId } from '../../../src/domain/ids.js';
import type { UserId } from '../../../src/domain/ids.js';
import { TERMS_PARTS, UNTENABLE } from '../../../src/domain/renewal.js';
import type { Decision } from '../../../src/domain/request.js';
import { HOUR_MS, MINUTE_MS } from '../../../src/domain/time.js';
import { NOT_WAITING } from '../../../src/domain/unanswered.js';
import type {
  BackgroundView,
  EntitlementView,
  GrantCardView,
  HistoryView,
  HomeView,
  MineView,
  NoticeView,
  OfferView,
  ReconciledView,
  ListedStuck,
  RequestCardView,
  ReviewView,
  StuckView,
  WhoHasView,
} from '../../../src/domain/views.js';
import type { Stray } from '../../../src/domain/stray.js';
import { blockProblems } from '../../../src/emulated-slack/block-limits.js';
import { asText } from '../../../src/emulated-slack/read-as-person.js';
import {
  decidedText,
  faultBody,
  refusedBody,
  revokedBody,
  submittedBody,
} from '../../../src/slack/blocks/answers.js';
import {
  denyFormView,
  prolongFormView,
  requestFormView,
  type StartTyped,
  revokeFormView,
} from '../../../src/slack/blocks/forms.js';
import { grantCard } from '../../../src/slack/blocks/grant-card.js';
import { helpBody, unknownBody } from '../../../src/slack/blocks/help.js';
import { sentenceBody, type Body } from '../../../src/slack/blocks/message.js';
import { historyBody } from '../../../src/slack/blocks/history.js';
import { homeTab } from '../../../src/slack/blocks/home.js';
import { mineBody } from '../../../src/slack/blocks/mine.js';
import { noticeBody } from '../../../src/slack/blocks/notices.js';
import { offerListBody } from '../../../src/slack/blocks/offer-list.js';
import { backgroundLines, becameText } from '../../../src/slack/blocks/background.js';
import { requestCard } from '../../../src/slack/blocks/request-card.js';
import { reconciledBody } from '../../../src/slack/blocks/strays.js';
import { secretView } from '../../../src/slack/blocks/secrets.js';
import { removalFormView, stuckBody, unstuckText } from '../../../src/slack/blocks/stuck.js';
import { whoAmIBody } from '../../../src/slack/blocks/whoami.js';
import { whoHasBody } from '../../../src/slack/blocks/who-has.js';
import { Secret } from '../../../src/secret.js';
import { NOTHING_TYPED, type Unclear } from '../../../src/slack/parse-command.js';
import {
  activeGrant,
  APPROVALS,
  approvedCardView,
  approvedRequest,
  closedRequest,
  DANA,
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
  scheduledGrant,
  orphan,
  pendingRequest,
  requestCardView,
  SAM,
  stepView,
  stuckView,
} from '../../../src/examples/views.js';

const NAMES = new Map<string, string>([
  [DANA, 'dana'],
  [MIA, 'mia'],
  [SAM, 'sam'],
  ['C0APPROVALS', 'approvals'],
  ['C0LEADS', 'leads'],
]);

function read(body: Body): string {
  return asText(
    { text: body.text, blocks: body.blocks.map((block) => ({ ...block })) },
    {
      nameOf: (id) => NAMES.get(id),
      groupHandle: () => undefined,
      timeZone: 'Europe/Berlin',
      now: new Date(NOW),
    },
  );
}

function isKnown(block: ModalView['blocks'][number]): block is KnownBlock {
  return 'type' in block;
}

const OFFER: OfferView = {
  roleKey: 'prod-db:readonly',
  resource: 'prod-db',
  role: 'readonly',
  isDefault: true,
  title: 'Orders database, production',
  parts: [],
  minMs: MINUTE_MS,
  defaultMs: 30 * MINUTE_MS,
  maxMs: 4 * HOUR_MS,
  approvals: [stepView()],
  forOthers: true,
};

const WHO_HAS: WhoHasView = {
  about: { kind: 'resource', resource: 'prod-db' },
  holders: [holderView()],
  total: 1,
  offset: 0,
  pageSize: 10,
  marked: [],
  standing: [],
  unlisted: [],
  mayExport: false,
};

describe('the card in the approvers’ channel', () => {
  test('a pending request says who, what, how long, as whom, why, and offers both decisions', () => {
    expect(read(requestCard(requestCardView()))).toMatchInlineSnapshot(`
      "Orders database, production (readonly): 30 min
      @dana asks for prod-db:readonly for 30 min
      Reason: stuck migration 4711
      Resource
      Orders database, production
      Time
      30 min from approval
      Account
      \`dana\` in \`orders-db\`, role \`app_readonly\`
      Policy
      standard
      Approvals
      0 of 1 from dba-leads
      At the end all their sessions on \`orders-db\` are cut. Unanswered, the request expires today 18:00. Request \`r_4F2K\`
      To decide: @mia @sam
      [Approve] [Deny] [Claim]"
    `);
  });

  test('a request that was escalated says who can decide as well, and where its card stands', () => {
    const escalation = { at: NOW, to: ['platform-leads', 'security'], channel: asChannelId('C0LEADS') };

    expect(read(requestCard(requestCardView({ escalation })))).toContain(
      'Escalated today 17:00. platform-leads and security can decide as well. The card goes to #leads as well.',
    );
    expect(read(requestCard(requestCardView({ escalation: { ...escalation, to: [] } })))).toContain(
      'Escalated today 17:00. The card goes to #leads as well.',
    );
  });

  test('a request that somebody looks at says who, and can be taken over or given back', () => {
    const waiting = { ...NOT_WAITING, claim: { by: SAM, at: NOW } };
    const card = read(requestCard(requestCardView({ request: pendingRequest({ waiting }) })));

    expect(card).toContain('Looked at by @sam since today 17:00.');
    expect(card).toContain('[Approve] [Deny] [Take over] [Release]');
  });

  test('its text begins with name, role and duration, and holds everything for those who hear it', () => {
    const { text } = requestCard(requestCardView());

    expect(text).toMatch(/^<@U03DANA> asks for \*prod-db:readonly\* for 30 min\./);
    expect(text).toContain('Reason: stuck migration 4711.');
    expect(text).toContain('`dana` in `orders-db`');
  });

  test('somebody who asks for another person is named beside them', () => {
    const card = read(requestCard(requestCardView({ request: pendingRequest({ requester: SAM }) })));

    expect(card).toContain('@dana asks for prod-db:readonly for 30 min (@sam asks for them)');
  });

  test('the first of two approvals is shown while the second is missing', () => {
    const steps = [stepView({ count: 2, filledBy: [MIA] })];

    expect(read(requestCard(requestCardView({ steps })))).toContain('1 of 2 from dba-leads (@mia)');
  });

  test('who approves in whose place is said wherever they are named', () => {
    const inPlaceOf = [{ standIn: SAM, delegator: MIA }];
    const steps = [stepView({ filledBy: [SAM], inPlaceOf })];
    const waiting = read(requestCard(requestCardView({ steps, ping: [SAM, DANA], inPlaceOf })));
    const approved = approvedCardView(activeGrant());
    const decisions = approved.decisions.map((one) => ({ ...one, approver: SAM, inPlaceOf: MIA }));

    expect(waiting).toContain('1 of 1 from dba-leads (@sam for @mia)');
    expect(waiting).toContain('To decide: @sam for @mia, @dana');
    expect(read(requestCard({ ...approved, decisions }))).toContain('Approved by @sam for @mia.');
    expect(read(grantCard(grantCardView({ approvedBy: [SAM], inPlaceOf })))).toContain(
      ', approved by @sam for @mia',
    );
  });

  test('a step that waits for the one before it says so', () => {
    const steps = [stepView({ name: 'Database' }), stepView({ name: 'Security', waits: true })];

    expect(read(requestCard(requestCardView({ steps })))).toContain(
      'Security: 0 of 1 from dba-leads, after the step before',
    );
  });

  test('denials that are not enough yet stand on the card, and their quorum', () => {
    const card = read(requestCard(requestCardView({ decisions: [denialBy(MIA)], denialsNeeded: 2 })));

    expect(card).toContain('1 of 2 (@mia)');
  });

  test('critical access asks once more before an approval, and other access does not', () => {
    const buttons = (tier: RequestCardView['tier']) =>
      requestCard(requestCardView({ tier, shorterMs: [MINUTE_MS] })).blocks.flatMap((block) =>
        block.type === 'actions' ? block.elements : [],
      );

    expect(buttons('critical').filter((each) => 'confirm' in each)).toMatchObject([
      {
        action_id: 'request.approve',
        confirm: {
          title: { text: 'Approve critical access?' },
          text: { text: 'Orders database, production: prod-db:readonly. Look twice at who asks, and why.' },
        },
      },
      { action_id: 'request.approve-for-less', confirm: { confirm: { text: 'Approve' } } },
    ]);
    expect(buttons('standard').filter((each) => 'confirm' in each)).toEqual([]);
  });

  test('what helps to decide stands on a card that waits', () => {
    const background: BackgroundView = {
      earlier: [
        { request: approvedRequest(), grant: endedGrant() },
        { request: closedRequest('denied'), grant: null },
        { request: approvedRequest(), grant: failedGrant() },
      ],
      earlierTotal: 5,
      holds: [{ role: 'writer', endsAt: NOW + HOUR_MS }],
      standing: [{ connector: 'orders-db', role: 'app_readonly' }],
      timeZone: 'Asia/Tokyo',
    };

    expect(
      backgroundLines(pendingRequest(), background).map((line) =>
        line.replaceAll(/<!date[^|]*\|([^>]*)>/g, '$1'),
      ),
    ).toMatchInlineSnapshot(`
      [
        "Last 3 requests for <@U03DANA>, of 5: 2026-11-23 16:00 UTC approved for 30 min, kept to the end; 2026-11-23 16:00 UTC denied; 2026-11-23 16:00 UTC approved, never opened.",
        "<@U03DANA> holds of \`prod-db\` already: \`writer\` until 2026-11-23 17:00 UTC.",
        "Standing access, not given by Hallpass: \`app_readonly\` in \`orders-db\`.",
        "Asked Tue 24 Nov 01:00 (Asia/Tokyo), by their clock.",
      ]
    `);
    expect(backgroundLines(pendingRequest(), null)).toEqual([]);
  });

  test('nothing is told as over that was not read back as gone', () => {
    const request = approvedRequest();

    expect(becameText({ request, grant: endingGrant() })).toBe(
      'approved for 30 min, over and not known to be gone yet',
    );
  });

  test('a first request is said to be one, but not where more time is asked for', () => {
    const nothing: BackgroundView = { earlier: [], earlierTotal: 0, holds: [], standing: [], timeZone: null };

    expect(backgroundLines(pendingRequest(), nothing)).toEqual([
      'The first request for this role for <@U03DANA>.',
    ]);
    expect(backgroundLines(pendingRequest({ extendsGrant: asGrantId('g_1') }), nothing)).toEqual([]);
  });

  test('critical access warns, and other access does not', () => {
    const warning = 'Critical access. Look twice at who asks, for what, and why.';

    expect(read(requestCard(requestCardView({ tier: 'critical' })))).toContain(warning);
    expect(read(requestCard(requestCardView({ tier: 'low' })))).not.toContain(warning);
  });

  test('everybody whose denial it took is named, with what they said', () => {
    const decisions = [denialBy(MIA, 'not today'), denialBy(SAM)];
    const card = read(requestCard(requestCardView({ request: closedRequest('denied'), decisions })));

    expect(card).toContain('Denied by @mia, @sam');
    expect(card).toContain('Denied because: not today');
  });

  test('whoever denied it, and was not enough, is told so', () => {
    const told = decidedText({
      request: pendingRequest(),
      title: 'Orders database',
      grant: null,
      steps: [stepView()],
      verdict: 'deny',
      denialsMissing: 1,
    });

    expect(told).toContain(
      'Your denial of *prod-db:readonly* for <@U03DANA> counts. 1 denial is still missing',
    );
  });

  test('an active card says who approved and until when, and can be revoked', () => {
    expect(read(requestCard(approvedCardView(activeGrant())))).toMatchInlineSnapshot(`
      "@dana · prod-db:readonly · 30 min
      Approved by @mia. Access until today 17:30.
      Reason: stuck migration 4711
      At the end all their sessions on \`orders-db\` are cut.
      Orders database, production · \`dana\` in \`orders-db\`, role \`app_readonly\` Request \`r_4F2K\`, policy standard
      [Revoke]"
    `);
  });

  test.each<[state: string, view: RequestCardView, says: string]>([
    [
      'scheduled',
      approvedCardView(scheduledGrant()),
      'Approved by @mia. Starts today 17:00, until today 17:30.',
    ],
    ['opening', approvedCardView(openingGrant()), 'Approved by @mia. The access is being opened.'],
    ['ending', approvedCardView(endingGrant()), 'The access is being taken away: its time was over.'],
    ['ended', approvedCardView(endedGrant()), 'The access ended'],
    [
      'called off',
      approvedCardView(endedGrant({ activeAt: null, startsAt: NOW + HOUR_MS })),
      'Called off today 17:00, before it started',
    ],
    ['failed', approvedCardView(failedGrant()), 'Why not: no such role'],
    ['denied', requestCardView({ request: closedRequest('denied') }), 'Denied'],
    ['cancelled', requestCardView({ request: closedRequest('cancelled') }), 'Cancelled'],
    ['expired', requestCardView({ request: closedRequest('expired') }), 'nobody decided in time'],
  ])('a card that is %s says so and has no button for a decision', (_state, view, says) => {
    const card = requestCard(view);

    expect(read(card)).toContain(says);
    expect(JSON.stringify(card.blocks)).not.toContain('request.approve');
  });

  test('a removal that fails is told with since when, how often, and the target’s own words', () => {
    const entitlements = [entitlementView({ failing: failingView() })];
    const card = read(requestCard(approvedCardView(endingGrant(), { entitlements })));

    expect(card).toContain(
      'Removal is failing for `dana` in `orders-db` since today 17:00 (4 tries); still trying.',
    );
    expect(card).toContain('orders-db says: connection refused');
  });

  test('a simulated request is marked in its headline and its text', () => {
    const card = requestCard(requestCardView({ entitlements: [entitlementView({ simulated: true })] }));

    expect(read(card)).toContain('SIMULATED · Orders database, production (readonly): 30 min');
    expect(card.text).toContain('*SIMULATED*: nothing is given in `orders-db`.');
  });

  test('what the end means for open sessions is said', () => {
    const ends = (sessionsAtEnd: 'cut' | 'may-continue' | 'none'): string =>
      read(requestCard(requestCardView({ entitlements: [entitlementView({ sessionsAtEnd })] })));

    expect(ends('cut')).toContain('At the end all their sessions on `orders-db` are cut.');
    expect(ends('may-continue')).toContain('open sessions may continue');
    expect(ends('none')).not.toContain('sessions');
  });

  test('standing access is said to stay', () => {
    const view = approvedCardView(endedGrant(), { entitlements: [entitlementView({ standing: true })] });

    expect(read(requestCard(view))).toContain('was there before and stays');
  });

  test('a ticket links to its page, and nothing in either ends the link early', () => {
    const body = (ticket: RequestCardView['ticket']) =>
      JSON.stringify(requestCard(requestCardView({ ticket })));

    expect(body({ name: 'OPS-123', link: 'https://jira.example.com/browse/OPS-123?a&b' })).toContain(
      '<https://jira.example.com/browse/OPS-123?a&amp;b|OPS-123>',
    );
    expect(body({ name: 'a|b>c', link: 'https://t.example.com/a|b' })).toContain(
      '<https://t.example.com/a%7Cb|ab&gt;c>',
    );
    expect(read(requestCard(requestCardView({ ticket: { name: 'OPS-9', link: null } })))).toContain('OPS-9');
  });

  test('more time says until when', () => {
    const request = pendingRequest({ extendsGrant: asGrantId('g_9C1M') });
    const view = requestCardView({ request, prolongsUntil: NOW + HOUR_MS });

    expect(read(requestCard(view))).toContain('30 min more, until today 18:00');
    expect(read(requestCard({ ...view, prolongsUntil: null }))).not.toContain('30 min more, until');
  });

  test('the same view is the same message, and another one has other block ids', () => {
    const once = requestCard(requestCardView());
    const other = requestCard(requestCardView({ title: 'Another title' }));

    expect(requestCard(requestCardView())).toEqual(once);
    expect(other.blocks[0]?.block_id).not.toBe(once.blocks[0]?.block_id);
  });
});

describe('a line under the card', () => {
  const nudge = {
    kind: 'request-nudge',
    request: pendingRequest(),
    steps: [stepView({ count: 2, filledBy: [MIA] })],
    mention: [SAM],
    inPlaceOf: [],
    // A little late, as it always is.
    waitedMs: 30 * MINUTE_MS + 1_700,
    by: null,
  } as const;
  const escalated = {
    kind: 'request-escalated',
    request: pendingRequest(),
    escalation: { at: NOW, to: ['platform-leads'], channel: asChannelId('C0LEADS') },
    mention: [SAM],
    inPlaceOf: [],
    waitedMs: 30 * MINUTE_MS,
  } as const;

  test.each<[what: string, notice: NoticeView, says: string]>([
    [
      'a nudge says what is missing, whom it waits for, since when and until when',
      nudge,
      'Still waiting for 1 of 2 approvals: @sam. Asked 30 min ago, expires today 18:00.',
    ],
    [
      'a nudge names whom somebody stands in for',
      { ...nudge, inPlaceOf: [{ standIn: SAM, delegator: DANA }] },
      'Still waiting for 1 of 2 approvals: @sam for @dana. Asked 30 min ago, expires today 18:00.',
    ],
    [
      'a nudge of the requester says whose it is',
      { ...nudge, by: DANA, steps: [stepView()], mention: [MIA, SAM] },
      '@dana reminds you. Still waiting for an approval: @mia @sam. Asked 30 min ago, expires today 18:00.',
    ],
    [
      'a nudge that pings nobody names nobody',
      { ...nudge, mention: [] },
      'Still waiting for 1 of 2 approvals. Asked 30 min ago, expires today 18:00.',
    ],
    [
      'an escalation says who is called in, and where the card stands as well',
      escalated,
      'Escalated: nobody has decided within 30 min. platform-leads can decide as well: @sam. The card goes to #leads as well. Unanswered, the request expires today 18:00.',
    ],
    [
      'an escalation to a channel alone',
      { ...escalated, escalation: { ...escalated.escalation, to: [] }, mention: [] },
      'Escalated: nobody has decided within 30 min. The card goes to #leads as well. Unanswered, the request expires today 18:00.',
    ],
    [
      'a take-over names both',
      { kind: 'request-taken-over', from: SAM, by: MIA },
      '@mia looks at it now, instead of @sam.',
    ],
    [
      'new terms say what is new, and who has to look again',
      {
        kind: 'request-terms-changed',
        request: pendingRequest({ termsVersion: 2, durationMs: HOUR_MS }),
        changed: ['time', 'policy'],
        voters: [SAM, MIA],
      },
      'The terms have changed: the time (now 1 h) and the policy (now standard). Earlier votes no longer count: @sam @mia. Look again, and decide on the card as it is now.',
    ],
    [
      'a second card that Slack does not take',
      { kind: 'request-copy-unseen', channel: asChannelId('C0LEADS'), error: 'not_in_channel' },
      "The card can't be posted in #leads: Slack says `not_in_channel`. Have somebody there invite me with `/invite`. I keep trying.",
    ],
    [
      'the next step says what it needs, and of whom',
      {
        kind: 'request-next-step',
        step: stepView({ name: 'Security', from: ['security', 'leads'], count: 2 }),
        mention: [SAM],
        inPlaceOf: [{ standIn: SAM, delegator: MIA }],
      },
      'It is the turn of Security: 2 approvals from security or leads: @sam for @mia.',
    ],
    [
      'who asked again, and why',
      { kind: 'request-asked-again', by: SAM, reason: 'it is *urgent*' },
      '@sam asked for the same again.\nReason: it is *urgent*',
    ],
    [
      'whose access ended early, and which groups they are no longer in',
      {
        kind: 'request-access-lost',
        holder: DANA,
        lost: { why: 'not-in', groups: ['engineers', 'on-call-db'] },
        opened: true,
      },
      'Ends early: @dana is in none of `engineers` and `on-call-db` any more.',
    ],
    [
      'whose access was called off because they approve by now',
      { kind: 'request-access-lost', holder: DANA, lost: { why: 'approves' }, opened: false },
      'Called off: @dana approves for this role by now, and may not hold it as well.',
    ],
    [
      'who stands in, for whom and until when',
      { kind: 'stand-in-named', delegator: MIA, untilAt: pendingRequest().expiresAt },
      'You stand in for @mia until today 18:00: requests that they may approve call on you, and you decide in their place. Card and audit trail name both of you.',
    ],
    [
      'a request that waits, to whoever asked',
      { kind: 'request-received', request: pendingRequest(), title: 'Orders database', steps: [stepView()] },
      'prod-db:readonly (Orders database) for 30 min\nYou asked for it in #approvals. Approvals so far: 0 of 1 from dba-leads. You are told when it is decided.\nThe request said: stuck migration 4711\nRequest `r_4F2K`. Unanswered, it expires today 18:00.\n[Nudge] [Cancel]',
    ],
    [
      'who no longer stands in',
      { kind: 'stand-in-over', delegator: MIA },
      'You no longer stand in for @mia. Requests call on them again; what you approved in their place where other approvals are still missing no longer counts.',
    ],
  ])('%s', (_, notice, says) => {
    expect(read(noticeBody(notice))).toBe(says);
  });

  test('names so many people at most', () => {
    const mention = Array.from({ length: 50 }, (_, index) => asUserId(`U${index}`));

    expect(read(noticeBody({ ...nudge, mention }))).toContain(' and 20 more. Asked');
  });
});

describe('what the holder reads', () => {
  test('access that is ready says how to use it and until when', () => {
    expect(read(grantCard(grantCardView()))).toMatchInlineSnapshot(`
      "prod-db:readonly (Orders database, production), approved by @mia
      Access until today 17:30.
      How to use orders-db: psql -h orders.internal -U dana orders
      At the end all your sessions on \`orders-db\` are cut.
      \`dana\` in \`orders-db\`, role \`app_readonly\` Access \`g_9C1M\`
      [I'm done] [Extend]"
    `);
  });

  test('access that began later says that it is there, how to use it and until when', () => {
    expect(read(noticeBody({ kind: 'grant-opened', card: grantCardView() }))).toMatchInlineSnapshot(`
      "prod-db:readonly (Orders database, production)
      It has begun: your access is there now, until today 17:30.
      How to use orders-db: psql -h orders.internal -U dana orders
      At the end all your sessions on \`orders-db\` are cut.
      Access \`g_9C1M\`
      [I'm done] [Extend]"
    `);
    const entitlements = [entitlementView({ issuesSecret: true })];
    expect(read(noticeBody({ kind: 'grant-opened', card: grantCardView({ entitlements }) }))).toContain(
      "[Reveal login] [I'm done] [Extend]",
    );
  });

  test('the reminder offers both ways on', () => {
    expect(read(noticeBody({ kind: 'grant-reminder', card: grantCardView() }))).toMatchInlineSnapshot(`
      "prod-db:readonly (Orders database, production)
      This access ends today 17:30.
      At the end all your sessions on \`orders-db\` are cut.
      Access \`g_9C1M\`
      [I'm done] [Extend]"
    `);
  });

  test('the answer to a request says what was understood and how many are pinged', () => {
    const submitted = {
      request: pendingRequest(),
      grant: null,
      title: 'Orders database, production',
      steps: [stepView()],
      pinged: 2,
    };

    expect(read(submittedBody(submitted, DANA))).toMatchInlineSnapshot(`
      "Asked: prod-db:readonly (Orders database, production) for 30 min, for you as \`dana\` in \`orders-db\`.
      Reason: stuck migration 4711
      2 people are pinged in #approvals. Approvals so far: 0 of 1 from dba-leads.
      Request \`r_4F2K\`. Unanswered, it expires today 18:00.
      [Nudge] [Cancel]"
    `);
  });

  test('the answer to a request that waits already says so, with the buttons of whoever may use them', () => {
    const again = { request: pendingRequest(), grant: null, title: 'Orders database', steps: [], pinged: 0 };
    const submitted = { ...again, isRepeat: true } as const;

    expect(read(submittedBody(submitted, DANA))).toMatchInlineSnapshot(`
      "Waiting already: prod-db:readonly (Orders database) for 30 min, for you; you asked today 17:00.
      Nothing new was made. Under its card in #approvals stands that it was asked for again.
      Request \`r_4F2K\`. Unanswered, it expires today 18:00.
      [Nudge] [Cancel]"
    `);
    expect(read(submittedBody(submitted, MIA))).not.toContain('[');
    const waiting = { ...again.request.waiting, nudgedByRequesterAt: NOW };
    const nudged = { ...submitted, request: { ...again.request, waiting } };
    expect(read(submittedBody(nudged, DANA))).not.toContain('[Nudge]');
  });

  test('the answer to a request that a rule approved says so, and until when', () => {
    const submitted = {
      request: approvedRequest({ autoRule: 'Short reads' }),
      title: 'Orders database, production',
      steps: [],
      pinged: 0,
    };

    expect(read(submittedBody({ ...submitted, grant: openingGrant() }, DANA))).toMatchInlineSnapshot(`
      "prod-db:readonly (Orders database, production) for 30 min, for you as \`dana\` in \`orders-db\`.
      Approved automatically: Short reads. It lasts until today 17:30. A message says when it is open.
      Reason: stuck migration 4711
      Request \`r_4F2K\`"
    `);
    expect(read(submittedBody({ ...submitted, grant: activeGrant() }, DANA))).not.toContain(
      'when it is open',
    );
    const request = approvedRequest({ startsAt: NOW + HOUR_MS, startZone: 'Europe/Berlin' });
    const later = { ...submitted, request, grant: scheduledGrant() };
    expect(read(submittedBody(later, DANA))).toContain('From today 18:00 to today 18:30');
  });

  test('the cards of a request that a rule approved say so, and ping nobody', () => {
    const request = approvedRequest({ autoRule: 'Short <reads>' });
    const card = read(requestCard(requestCardView({ request, grant: activeGrant(), ping: [MIA] })));
    expect(card).toContain('Approved automatically: Short <reads>. Access until');
    expect(card).not.toMatch(/@mia|Approve\]/);
    expect(read(grantCard(grantCardView({ request, approvedBy: [] })))).toContain(
      '(Orders database, production), approved automatically: Short <reads>\n',
    );
  });

  test('who-has names the rule that approved', () => {
    const holders = [holderView({ approvedBy: [], autoRule: 'Short reads' })];
    expect(read(whoHasBody({ ...WHO_HAS, holders }))).toContain('approved automatically: Short reads');
  });

  test('a list says where rules alone approve', () => {
    const view = { offers: [{ ...OFFER, approvals: [] }], unreadable: [] };
    expect(read(offerListBody(view, { command: '/access', offset: 0 }))).toContain(
      'at most 4 h · approved by rules alone',
    );
  });

  test('a time that is too long is answered with a button for the longest allowed', () => {
    const ask = {
      kind: 'request' as const,
      resource: 'prod-db',
      role: null,
      durationMs: 4 * HOUR_MS,
      start: null,
      reason: 'why',
      beneficiary: null,
    };
    const body = refusedBody('`prod-db:readonly` is given for at most 4 h.', {
      typed: '/access request prod-db 9h why',
      prefill: { ...NOTHING_TYPED, resource: 'prod-db', reason: 'why' },
      longest: ask,
    });

    expect(read(body)).toMatchInlineSnapshot(`
      "\`prod-db:readonly\` is given for at most 4 h.
      Your text was: /access request prod-db 9h why
      [Ask for 4 h] [Change and ask again]"
    `);
  });
});

describe('what one person holds and waits for', () => {
  test('a request that waits can be nudged about once, and taken back', () => {
    const pending = {
      requestId: pendingRequest().id,
      roleKey: 'prod-db:readonly',
      durationMs: 30 * MINUTE_MS,
      createdAt: NOW,
      expiresAt: NOW + HOUR_MS,
      beneficiary: DANA,
      nudgedAt: null,
      startsAt: null,
    };
    const nudged = { ...pending, nudgedAt: NOW };

    expect(read(mineBody({ grants: [], pending: [pending, nudged] }, { held: 0, asked: 0 })))
      .toMatchInlineSnapshot(`
      "You hold nothing now.
      Waiting for a decision
      prod-db:readonly for 30 min, for @dana · asked today 17:00, expires today 18:00 · \`r_4F2K\`
      [Nudge] [Cancel]
      prod-db:readonly for 30 min, for @dana · asked today 17:00, expires today 18:00 · \`r_4F2K\` · nudged today 17:00
      [Cancel]"
    `);
  });
});

describe('long lists of one’s own', () => {
  const grants = Array.from({ length: 20 }, (_each, index) => ({
    ...holderView({ roleKey: `held-${index}:viewer` }),
    mayExtend: false,
  }));
  const pending = Array.from({ length: 9 }, (_each, index) => ({
    requestId: pendingRequest().id,
    roleKey: `asked-${index}:viewer`,
    durationMs: 30 * MINUTE_MS,
    createdAt: NOW,
    expiresAt: NOW + HOUR_MS,
    beneficiary: DANA,
    nudgedAt: null,
    startsAt: null,
  }));
  const namesIn = (text: string): string[] => text.match(/(?:held|asked)-\d+/g) ?? [];
  const page = (held: number, asked: number): string => read(mineBody({ grants, pending }, { held, asked }));

  test('what is held and what waits are turned each for itself, and nothing is left out', () => {
    const first = page(0, 0);
    expect(first).toContain('You hold (1 to 8 of 20)');
    expect(first).toContain('Waiting for a decision (1 to 8 of 9)');
    expect(first.match(/\[Later\]/g)).toHaveLength(2);
    expect(first).not.toContain('[Earlier]');

    const all = [0, 8, 16].flatMap((held) => namesIn(page(held, 8)));
    expect(new Set(all).size).toBe(21);
    expect(page(16, 8)).toContain('Waiting for a decision (9 to 9 of 9)');
    expect(page(16, 8)).not.toContain('[Later]');
  });

  test('a page that is no longer there gives the last one', () => {
    expect(page(400, 400)).toBe(page(16, 8));
  });

  test('the buttons of one list keep the place of the other', () => {
    const valuesOf = (held: number, asked: number) =>
      mineBody({ grants, pending }, { held, asked }).blocks.flatMap((block) =>
        block.type === 'actions'
          ? block.elements.flatMap((one) =>
              'value' in one && /^(?:mine)\./.test(one.action_id ?? '') ? [one.value] : [],
            )
          : [],
      );

    expect(valuesOf(8, 0)).toEqual(['[0,0,0]', '[16,0,0]', '[8,0,8]']);
  });

  test('roles that may be requested come in pages, each role on one of them', () => {
    const offers = Array.from({ length: 47 }, (_each, index) => ({
      ...OFFER,
      roleKey: `role-${index}:viewer`,
    }));
    const listed = (offset: number): string =>
      read(offerListBody({ offers, unreadable: [] }, { command: '/access', offset }));

    expect(listed(0)).toContain('You may request (1 to 15 of 47)');
    expect(listed(0)).toMatch(/\[Later\]$/);
    expect(listed(45)).toMatch(/\[Earlier\]$/);
    expect([0, 15, 30, 45].flatMap((offset) => listed(offset).match(/role-\d+/g) ?? [])).toEqual(
      offers.map(({ roleKey }) => roleKey.split(':')[0]),
    );
    expect(listed(45)).toBe(listed(9_000));
  });
});

describe('who has it', () => {
  test('a holder is shown with the end, the account, the approver and the reason', () => {
    expect(read(whoHasBody(WHO_HAS))).toMatchInlineSnapshot(`
      "1 grant of \`prod-db\`
      @dana · prod-db:readonly · until today 17:30
      as \`dana\`, approved by @mia · \`g_9C1M\`
      Reason: stuck migration 4711"
    `);
  });

  test('nobody is said plainly', () => {
    expect(read(whoHasBody({ ...WHO_HAS, holders: [], total: 0 }))).toBe(
      'Nobody holds `prod-db` through Hallpass.',
    );
  });

  test('standing members are shown as such, and targets that cannot be listed are named', () => {
    const standing = [{ roleKey: 'prod-db:admin', connector: 'orders-db', account: 'root' }];
    const body = read(whoHasBody({ ...WHO_HAS, standing, unlisted: ['other-db'] }));

    expect(body).toContain('Standing access, not given by Hallpass and not taken away by it:');
    expect(body).toContain('Who else is in `other-db` could not be listed.');
  });

  test('long lists have pages', () => {
    const holders = Array.from({ length: 10 }, () => holderView());
    const page = (offset: number): string => read(whoHasBody({ ...WHO_HAS, holders, total: 25, offset }));

    expect(page(0)).toContain('25 grants of `prod-db` (1 to 10)');
    expect(page(0)).toMatch(/\[Later\]$/);
    expect(page(10)).toMatch(/\[Earlier\] \[Later\]$/);
  });

  test('however long all names are, the page stays within what Slack takes, and the next one begins where it ends', () => {
    const long = (seed: string): string => seed.repeat(200);
    const holders = Array.from({ length: 10 }, () =>
      holderView({
        roleKey: long('r'),
        accounts: Array.from({ length: 6 }, () => ({ id: '1', name: long('a') })),
        approvedBy: Array.from({ length: 6 }, () => asUserId(long('u'))),
        reason: long('why '),
      }),
    );
    const found = { roleKey: long('k'), connector: long('c'), account: long('n') };
    const standing = Array.from({ length: 30 }, () => found);
    const byHand = { by: { kind: 'person', userId: MIA }, at: NOW } as const;
    const marked = standing.map((one) => ({ ...one, byHand }));
    const body = whoHasBody({ ...WHO_HAS, holders, total: 30, standing, marked, mayExport: true });
    const shown = body.blocks.filter((block) => 'fields' in block).length;

    expectWellMade(body);
    expect(shown).toBeGreaterThan(3);
    expect(JSON.stringify(body.blocks)).toContain(`[${shown},`);
  });

  test('reasons are read to whoever hears the text alone', () => {
    expect(whoHasBody(WHO_HAS).text).toContain('Reason: stuck migration 4711');
  });

  test('whoever may have it as a file is offered one, where there is anything', () => {
    expect(read(whoHasBody({ ...WHO_HAS, mayExport: true }))).toMatch(/\[Send as CSV\]$/);
    expect(read(whoHasBody(WHO_HAS))).not.toContain('CSV');
    expect(read(whoHasBody({ ...WHO_HAS, holders: [], total: 0, mayExport: true }))).not.toContain('CSV');
  });

  test('a reason that may not be read is not there', () => {
    expect(read(whoHasBody({ ...WHO_HAS, holders: [holderView({ reason: null })] }))).not.toContain('4711');
  });
});

describe('the request form', () => {
  const atOnce = { at: null, problem: null };
  const form = (prefill: Partial<typeof NOTHING_TYPED>, start: StartTyped = atOnce) =>
    requestFormView({
      unclear: null,
      command: '/access',
      offers: [OFFER],
      unreadable: [],
      prefill: { ...NOTHING_TYPED, ...prefill },
      start,
      about: null,
    });

  test('what was typed is in it', () => {
    const shown = JSON.stringify(
      form({ resource: 'prod-db', duration: '30', reason: 'stuck', beneficiary: MIA }).blocks,
    );

    expect(shown).toContain('"initial_option":{"text":{"type":"plain_text","text":"prod-db:readonly');
    expect(shown).toContain('"initial_value":"30"');
    expect(shown).toContain('"initial_value":"stuck"');
    expect(shown).toContain(`"initial_user":"${MIA}"`);
  });

  test.each<[unclear: Unclear, forOthers: boolean, said: string]>([
    ['person', true, 'Slack does not know whom your reason begins with. Choose them below'],
    ['person', false, 'Your reason begins with somebody else. What you may request is for yourself alone.'],
    ['start', false, 'Your reason begins like a time of day.'],
    ['duration', false, 'How long you need it was not understood. Choose it below.'],
  ])('why it came up instead of an answer is told: %s', (unclear, forOthers, said) => {
    const offers = [{ ...OFFER, forOthers }];
    const start = { at: null, problem: null };
    const base = { command: '/access', offers, unreadable: [], prefill: NOTHING_TYPED, start, about: null };

    expect(JSON.stringify(requestFormView({ ...base, unclear }))).toContain(said);
  });

  test('a start that was typed is in it, and one that is none is told', () => {
    const at = { at: NOW + HOUR_MS, problem: null };
    const passed = { at: null, problem: 'You typed "at 09:00". 09:00 has passed.' };

    expect(JSON.stringify(form({}, at))).toContain(`"initial_date_time":${(NOW + HOUR_MS) / 1_000}`);
    expect(JSON.stringify(form({}, passed))).toContain('09:00 has passed.');
  });

  test('a name that is not on the list is kept as text', () => {
    const shown = JSON.stringify(form({ resource: 'prod-bd', role: 'admin' }).blocks);

    expect(shown).toContain('"initial_value":"prod-bd:admin"');
    expect(shown).not.toContain('static_select');
  });

  test('somebody else can be named only where a policy allows it', () => {
    const view = requestFormView({
      unclear: null,
      command: '/access',
      offers: [{ ...OFFER, forOthers: false }],
      unreadable: [],
      prefill: NOTHING_TYPED,
      start: atOnce,
      about: null,
    });

    expect(JSON.stringify(view)).not.toContain('users_select');
  });
});

const HOSTILE = [
  '<!channel> <!here> <!everyone> <@U0EVIL> <!subteam^S0EVIL> <#C0EVIL|x>',
  '@here @channel @everyone #general',
  '*Approved by @mia* _it_ ~is~ `code` > quote',
  '\u202Eevil\u202C \u200B\u2066x\u2069',
  'line\nline\r\n\tline\u2028line',
  'مرحبا שלום',
  '👩‍👩‍👧‍👦'.repeat(400),
  '&amp; &lt; <<<>>> &&&',
  '\uD800 half',
  'x'.repeat(10_240),
  '<'.repeat(10_240),
  '`*'.repeat(5_000),
  '',
  ' ',
];
const text = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary', maxLength: 300 }));
const few = <Item>(item: fc.Arbitrary<Item>): fc.Arbitrary<Item[]> => fc.array(item, { maxLength: 40 });
const somebody = fc.oneof(fc.constantFrom(DANA, MIA, SAM), text.map(asUserId));
const at = fc.integer({ min: 0, max: 4_102_444_800_000 });

const failing = fc.record({
  direction: fc.constantFrom('grants' as const, 'revocations' as const),
  since: at,
  attempts: fc.nat(),
  nextAt: at,
  text,
});
const byHand = fc.record({
  by: fc.oneof(
    fc.record({ kind: fc.constant('person' as const), userId: somebody }),
    fc.record({ kind: fc.constant('operator' as const), name: text }),
  ),
  at,
});
const stuckRow: fc.Arbitrary<StuckView> = fc.record({
  id: fc.constant(asEntitlementId('E-1f0c')),
  connector: text,
  role: text,
  account: fc.record({ id: text, name: text }),
  holder: fc.option(somebody),
  failing,
  kind: fc.constantFrom(
    'unreachable' as const,
    'retryable' as const,
    'final' as const,
    'unknown-account' as const,
    'wrong-target' as const,
  ),
  byHand: fc.option(byHand),
});
const listedStuckRow: fc.Arbitrary<ListedStuck> = stuckRow.map((row) => ({ ...row, shortId: row.id }));
const entitlement = fc.record({
  connector: text,
  role: text,
  account: fc.record({ id: text, name: text }),
  simulated: fc.boolean(),
  sessionsAtEnd: fc.constantFrom('cut' as const, 'may-continue' as const, 'none' as const),
  nativeExpiry: fc.constantFrom('exact' as const, 'coarse' as const, 'none' as const, null),
  issuesSecret: fc.boolean(),
  howTo: fc.option(text),
  seen: fc.constant('present' as const),
  standing: fc.boolean(),
  failing: fc.option(failing),
  byHand: fc.option(byHand),
});
const ending = fc.record({
  cause: fc.constantFrom('window' as const, 'done' as const, 'revoked' as const, 'not-opened' as const),
  by: fc.oneof(
    fc.record({ kind: fc.constant('person' as const), userId: somebody }),
    fc.record({ kind: fc.constant('operator' as const), name: text }),
    fc.constant({ kind: 'hallpass' as const }),
  ),
  reason: fc.option(text),
  at,
});
const core = fc.record({
  resource: text,
  role: text,
  policy: text,
  beneficiary: somebody,
  requester: somebody,
});
const grant = fc
  .record({
    core,
    ending,
    state: fc.constantFrom(
      'scheduled' as const,
      'opening' as const,
      'active' as const,
      'ending' as const,
      'ended' as const,
      'failed' as const,
    ),
  })
  .map(({ core: parts, ending: how, state }) => {
    switch (state) {
      case 'scheduled':
        return scheduledGrant(parts);
      case 'opening':
        return openingGrant(parts);
      case 'ending':
        return endingGrant({ ...parts, ending: how });
      case 'ended':
        return endedGrant({ ...parts, ending: how });
      case 'failed':
        return failedGrant({ ...parts, ending: how });
      case 'active':
        return activeGrant(parts);
      default:
        return state satisfies never;
    }
  });
function denialBy(approver: UserId, reason: string | null = null): Decision {
  return {
    requestId: pendingRequest().id,
    approver,
    verdict: 'deny',
    reason,
    durationMs: null,
    termsVersion: 1,
    inPlaceOf: null,
    catalogSha256: 'c',
    at: NOW,
  };
}

const inPlaceOf = few(fc.record({ standIn: somebody, delegator: somebody }));
const step = fc.record({
  name: fc.option(text),
  from: few(text),
  count: fc.nat(9),
  filledBy: few(somebody),
  inPlaceOf,
  waits: fc.boolean(),
});
const request = fc
  .record({
    core,
    reason: text,
    state: fc.constantFrom('pending', 'approved', 'denied'),
    more: fc.boolean(),
  })
  .map(({ core: parts, reason, state, more }) => {
    const common = { ...parts, reason, extendsGrant: more ? asGrantId('g_1') : null };
    return state === 'pending'
      ? pendingRequest(common)
      : state === 'approved'
        ? approvedRequest(common)
        : { ...closedRequest('denied'), ...common };
  });
function ticketPage(ticket: string): string | null {
  return ticketLink(ticket, {
    find: () => ticket,
    say: '',
    link: 'https://jira.example.com/browse/{ticket}',
  });
}
const escalation = fc.record({
  at,
  to: few(text),
  channel: fc.option(fc.constant(APPROVALS)),
});
const parts = fc.subarray([...TERMS_PARTS]);
const untenable = fc.constantFrom(...UNTENABLE);
const review: fc.Arbitrary<ReviewView> = fc.record({
  count: fc.integer({ min: 2, max: 10 }),
  overrode: few(
    fc.record({
      limit: fc.constantFrom(
        'conflict-held' as const,
        'conflict-asked' as const,
        'held' as const,
        'role' as const,
        'pending' as const,
        'per-hour' as const,
      ),
      detail: text,
    }),
  ),
  closedAt: fc.option(at),
  verdicts: few(
    fc.record({
      requestId: fc.constant(pendingRequest().id),
      reviewer: somebody,
      verdict: fc.constantFrom('justified' as const, 'not-justified' as const),
      note: fc.option(text),
      at,
    }),
  ),
  ping: fc.array(somebody, { maxLength: 400 }),
});
const background: fc.Arbitrary<BackgroundView> = fc.record({
  earlier: fc.array(fc.record({ request, grant: fc.option(grant) }), { maxLength: 3 }),
  earlierTotal: fc.nat(),
  holds: fc.array(fc.record({ role: text, endsAt: at }), { maxLength: 20 }),
  standing: few(fc.record({ connector: text, role: text })),
  timeZone: fc.option(fc.constantFrom('Europe/Berlin', 'America/Argentina/ComodRivadavia')),
});
const cardView: fc.Arbitrary<RequestCardView> = fc.record({
  request,
  denialsNeeded: fc.integer({ min: 1, max: 100 }),
  tier: fc.constantFrom('low', 'standard', 'critical'),
  title: text,
  parts: few(text),
  decisions: few(
    fc.record({
      requestId: fc.constant(pendingRequest().id),
      approver: somebody,
      verdict: fc.constantFrom('approve' as const, 'deny' as const),
      reason: fc.option(text),
      durationMs: fc.option(fc.nat()),
      termsVersion: fc.constant(1),
      inPlaceOf: fc.option(somebody),
      catalogSha256: fc.constant('c'),
      at,
    }),
  ),
  steps: few(step),
  ping: fc.array(somebody, { maxLength: 400 }),
  inPlaceOf,
  escalation: fc.option(escalation),
  review: fc.option(review),
  entitlements: few(entitlement),
  grant: fc.option(grant),
  agreedMs: fc.nat(),
  shorterMs: fc.array(fc.integer({ min: 1 }), { maxLength: 4 }),
  ticket: fc.option(fc.record({ name: text, link: fc.option(text.map(ticketPage)) })),
  left: fc.option(somebody),
  untenable: fc.option(untenable),
  background: fc.option(background),
  prolongsUntil: fc.option(at),
});
const holderCard: fc.Arbitrary<GrantCardView> = fc.record({
  grant,
  request: fc.constant(approvedRequest()),
  title: text,
  parts: few(text),
  approvedBy: few(somebody),
  inPlaceOf,
  agreedMs: fc.nat(),
  entitlements: few(entitlement),
  mayExtend: fc.boolean(),
});
const stray: fc.Arbitrary<Stray> = fc
  .record({ connector: text, role: text, account: fc.record({ id: text, name: text }), foundAt: at })
  .map(orphan);
const readBack = fc.record({
  role: text,
  account: fc.record({ id: text, name: text }),
  owner: fc.option(somebody),
});
const reconciled: fc.Arbitrary<ReconciledView> = fc.record({
  connector: text,
  looked: fc.nat(),
  drifted: few(readBack),
  overdue: few(readBack),
  orphans: few(stray),
  standing: few(stray),
  stuck: fc.boolean(),
  problems: few(text),
});
const notice: fc.Arbitrary<NoticeView> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('request-for-you' as const, 'request-expired' as const),
    request,
    title: text,
  }),
  fc.record({
    kind: fc.constant('card-not-shown' as const),
    where: somebody,
    error: text,
  }),
  fc.record({
    kind: fc.constant('request-approved' as const),
    request,
    title: text,
    by: few(somebody),
    inPlaceOf: fc.constant([]),
    startsAt: at,
    endsAt: at,
  }),
  fc.record({
    kind: fc.constantFrom('request-denied' as const, 'request-cancelled' as const),
    request,
    title: text,
    by: fc.option(somebody),
    reason: fc.option(text),
  }),
  fc.record({
    kind: fc.constantFrom(
      'grant-reminder' as const,
      'grant-prolonged' as const,
      'grant-revoked' as const,
      'grant-not-opened' as const,
    ),
    card: holderCard,
  }),
  fc.record({
    kind: fc.constant('revocation-stuck' as const),
    connector: text,
    stuck: few(stuckRow),
  }),
  fc.record({ kind: fc.constant('connector-back' as const), connector: text }),
  fc.record({
    kind: fc.constant('access-drifted' as const),
    card: holderCard,
    connector: text,
    role: text,
    account: fc.record({ id: text, name: text }),
    now: fc.constantFrom('gone' as const, 'restoring' as const, 'back' as const),
    own: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('orphans-found' as const), connector: text, orphans: few(stray) }),
  fc.record({ kind: fc.constant('standing-found' as const), connector: text, standing: few(stray) }),
  fc.record({
    kind: fc.constant('enforcement-asked' as const),
    connector: fc.string({ minLength: 1, maxLength: 80 }),
    standing: few(stray),
    catalogSha256: fc.constant('c'.repeat(64)),
  }),
  fc.record({
    kind: fc.constant('alarm-not-shown' as const),
    channel: fc.constant(asChannelId('C0APPROVALS')),
    error: text,
  }),
  fc.record({
    kind: fc.constant('request-nudge' as const),
    request,
    steps: few(step),
    mention: fc.array(somebody, { maxLength: 400 }),
    inPlaceOf,
    waitedMs: fc.nat(),
    by: fc.option(somebody),
  }),
  fc.record({
    kind: fc.constant('request-escalated' as const),
    request,
    escalation,
    mention: fc.array(somebody, { maxLength: 400 }),
    inPlaceOf,
    waitedMs: fc.nat(),
  }),
  fc.record({
    kind: fc.constant('emergency-not-shown' as const),
    seen: fc.boolean(),
    request,
    title: text,
    error: text,
  }),
  fc.record({
    kind: fc.constant('review-nag' as const),
    request,
    missing: fc.integer({ min: 1, max: 10 }),
    mention: fc.array(somebody, { maxLength: 400 }),
    unreadable: few(text),
    waitedMs: fc.nat(),
  }),
  fc.record({ kind: fc.constant('request-taken-over' as const), from: somebody, by: somebody }),
  fc.record({
    kind: fc.constant('request-copy-unseen' as const),
    channel: fc.constant(APPROVALS),
    error: text,
  }),
  fc.record({ kind: fc.constant('request-voided' as const), request, title: text, left: somebody }),
  fc.record({
    kind: fc.constant('request-terms-changed' as const),
    request,
    changed: parts,
    voters: fc.array(somebody, { maxLength: 400 }),
  }),
  fc.record({ kind: fc.constant('request-renewed' as const), request, title: text, changed: parts }),
  fc.record({ kind: fc.constant('request-untenable' as const), request, title: text, why: untenable }),
  fc.record({
    kind: fc.constant('holder-left' as const),
    who: somebody,
    grants: few(grant),
    requests: few(request),
  }),
  fc.record({ kind: fc.constant('stand-in-named' as const), delegator: somebody, untilAt: at }),
  fc.record({ kind: fc.constant('stand-in-over' as const), delegator: somebody }),
  fc.record({ kind: fc.constant('request-received' as const), request, title: text, steps: few(step) }),
  fc.record({ kind: fc.constant('many-left' as const) }),
  fc.record({
    kind: fc.constant('many-ineligible' as const),
    ended: fc.boolean(),
    total: fc.nat(1_000),
    grants: few(grant),
    groups: few(text),
  }),
  fc.record({
    kind: fc.constant('request-access-lost' as const),
    holder: somebody,
    lost: fc.oneof(
      fc.constant({ why: 'approves' as const }),
      fc.record({ why: fc.constant('not-in' as const), groups: few(text) }),
    ),
    opened: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('clock-behind' as const), behindMs: fc.nat(), open: fc.nat() }),
);
const holder = fc
  .record({
    roleKey: text,
    parts: few(text),
    beneficiary: somebody,
    accounts: few(fc.record({ id: text, name: text })),
    state: fc.constantFrom('scheduled' as const, 'opening' as const, 'active' as const, 'ending' as const),
    startsAt: at,
    endsAt: at,
    approvedBy: few(somebody),
    reason: fc.option(text),
    standing: fc.boolean(),
  })
  .map(holderView);
const about: fc.Arbitrary<WhoHasView['about']> = fc.oneof(
  fc.constant({ kind: 'all' as const }),
  fc.record({ kind: fc.constant('resource' as const), resource: fc.string({ maxLength: 60 }) }),
  fc.record({ kind: fc.constant('person' as const), userId: fc.constantFrom(DANA, MIA) }),
);
const whoHas: fc.Arbitrary<WhoHasView> = fc.record({
  about,
  holders: few(holder),
  total: fc.nat(100),
  offset: fc.nat(100),
  pageSize: fc.integer({ min: 1, max: 40 }),
  marked: few(fc.record({ roleKey: text, connector: text, account: text, byHand })),
  standing: few(fc.record({ roleKey: text, connector: text, account: text })),
  unlisted: few(text),
  mayExport: fc.boolean(),
});
const ownGrant = fc.tuple(holder, fc.boolean()).map(([one, mayExtend]) => ({ ...one, mayExtend }));
const mine: fc.Arbitrary<MineView> = fc.record({
  grants: few(ownGrant),
  pending: few(
    fc.record({
      requestId: fc.constant(pendingRequest().id),
      roleKey: text,
      durationMs: fc.nat(),
      startsAt: fc.option(at),
      createdAt: at,
      expiresAt: at,
      beneficiary: somebody,
      nudgedAt: fc.option(at),
    }),
  ),
});
const historyView: fc.Arbitrary<HistoryView> = fc.record({
  about,
  backMs: fc.nat(),
  items: fc.array(
    fc.record({
      request,
      grant: fc.option(grant),
      by: few(somebody),
      inPlaceOf: few(fc.record({ delegator: somebody, standIn: somebody })),
      autoRule: fc.option(text),
      emergency: fc.boolean(),
    }),
    { maxLength: 8 },
  ),
  total: fc.nat(100),
  offset: fc.nat(100),
  pageSize: fc.constant(8),
  mayExport: fc.boolean(),
});
const place = fc.record({ held: fc.nat(30), deciding: fc.nat(30), asked: fc.nat(30) });
const home: fc.Arbitrary<HomeView> = fc.record({
  place,
  own: fc.record({
    grants: fc.array(ownGrant, { maxLength: 60 }),
    pending: mine.map(({ pending }) => pending),
  }),
  deciding: fc.array(cardView, { maxLength: 5 }),
  decidingIsMore: fc.boolean(),
  reviews: fc.array(cardView, { maxLength: 5 }),
  admin: fc.option(
    fc.record({
      failing: fc.nat(),
      orphans: fc.nat(),
      standing: fc.nat(),
      unanswered: fc.nat(),
      isAdmin: fc.boolean(),
    }),
  ),
});
const offers: fc.Arbitrary<OfferView[]> = fc.array(
  fc.record({
    roleKey: text,
    resource: text,
    role: text,
    isDefault: fc.boolean(),
    title: text,
    parts: few(text),
    minMs: fc.nat(),
    defaultMs: fc.nat(),
    maxMs: fc.nat(),
    approvals: fc.array(step, { maxLength: 3 }),
    forOthers: fc.boolean(),
  }),
  { maxLength: 120 },
);

/** Ids that our own texts may mention; every other one came out of somebody's words. */
const OURS = new Set([`<@${DANA}>`, `<@${MIA}>`, `<@${SAM}>`, '<#C0APPROVALS>']);

function textsIn(value: unknown): { type: unknown; text: string; verbatim: unknown; emoji: unknown }[] {
  if (Array.isArray(value)) {
    return value.flatMap(textsIn);
  }
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  const { type, text: words, verbatim, emoji }: Record<string, unknown> = { ...value };
  const own = typeof words === 'string' ? [{ type, text: words, verbatim, emoji }] : [];
  return [...own, ...Object.values(value).flatMap(textsIn)];
}

function foreignMarkup(markup: string): string[] {
  return (markup.match(/<[^>]*>?/g) ?? []).filter(
    (token) =>
      !OURS.has(token) &&
      !/^<!date\^\d+\^\{date_short_pretty\} \{time\}\|[\d: -]+ UTC>$/.test(token) &&
      !/^<https:\/\/jira\.example\.com\/browse\/[\w%.!~*'()-]*\|[^<>|]*>$/.test(token),
  );
}

function expectHarmless(shown: { text?: string; blocks: readonly unknown[] }): void {
  const objects = textsIn(shown.blocks);
  for (const object of objects) {
    expect(object).toMatchObject(object.type === 'mrkdwn' ? { verbatim: true } : { emoji: false });
  }
  const markups = [
    ...objects.filter(({ type }) => type === 'mrkdwn').map((each) => each.text),
    shown.text ?? '',
  ];
  expect(markups.flatMap(foreignMarkup)).toEqual([]);
}

function expectWellMade(body: Body): void {
  expect(blockProblems({ ...body, ts: '1.1' })).toEqual([]);
  expectHarmless(body);
}

describe('hostile and huge input pings nobody and is refused by no one', () => {
  const ways: [name: string, body: fc.Arbitrary<Body>][] = [
    ['a request card', cardView.map(requestCard)],
    ['a grant card', holderCard.map(grantCard)],
    ['a notice', notice.map(noticeBody)],
    ['a look at every target', few(reconciled).map(reconciledBody)],
    ['who-has', whoHas.map(whoHasBody)],
    ['mine', fc.tuple(mine, place).map(([view, from]) => mineBody(view, from))],
    ['what was asked for', historyView.map(historyBody)],
    [
      'what is stuck',
      fc
        .record({
          stuck: fc.array(listedStuckRow, { maxLength: 5 }),
          total: fc.nat(100),
          offset: fc.nat(100),
          pageSize: fc.constant(5),
          at,
          mayAct: fc.boolean(),
        })
        .map(stuckBody),
    ],
    [
      'what came of an admin’s act on it',
      fc
        .tuple(stuckRow, fc.constantFrom('gone', 'failing', 'there', 'taken', 'under-way'), text)
        .map(([stuck, outcome, said]) =>
          sentenceBody(
            unstuckText({ stuck: { ...stuck, error: { kind: 'final', text: said } }, outcome }, '/access'),
          ),
        ),
    ],
    [
      'list',
      fc
        .tuple(offers, few(text), fc.nat(130))
        .map(([all, unreadable, offset]) =>
          offerListBody({ offers: all, unreadable }, { command: '/access', offset }),
        ),
    ],
    [
      'whoami',
      fc
        .record({ email: fc.option(text), groups: few(text), connectors: few(text) })
        .map(({ email, groups, connectors }) =>
          whoAmIBody(
            {
              userId: DANA,
              email,
              groups,
              accounts: connectors.map((connector) => ({
                connector,
                account: null,
                missing: 'no-rule' as const,
              })),
            },
            {
              workspace: { teamId: 'T1', enterpriseId: null },
              channel: null,
              reader: { viewer: DANA, command: '/access' },
            },
          ),
        ),
    ],
    [
      'an unknown command',
      fc.tuple(text, text).map(([typed, suggestion]) => unknownBody({ typed, suggestion }, '/access')),
    ],
    ['a fault', text.map((typed) => faultBody('evt_1', typed, { ...NOTHING_TYPED, reason: typed }))],
    [
      'an answer to a request',
      fc
        .record({ title: text, reason: text, steps: few(step), role: text })
        .map(({ title, reason, steps, role }) =>
          submittedBody(
            { request: pendingRequest({ reason, role }), grant: null, title, steps, pinged: 3 },
            DANA,
          ),
        ),
    ],
    [
      'an answer to a decision',
      fc
        .tuple(request, fc.option(grant), few(step), fc.constantFrom('approve', 'deny'), fc.nat(100))
        .map(([made, opened, steps, verdict, denialsMissing]) =>
          sentenceBody(
            decidedText({ request: made, title: '', grant: opened, steps, verdict, denialsMissing }),
          ),
        ),
    ],
    [
      'an answer to an end',
      fc
        .tuple(
          grant,
          few(
            fc.record({
              grantId: text.map(asGrantId),
              beneficiary: somebody,
              roleKey: text,
              upcomingAt: fc.option(at),
              endsAt: at,
            }),
          ),
        )
        .map(([ended, stillHeldBy]) => revokedBody({ grant: ended, title: '', stillHeldBy }, 'why')),
    ],
    ['help', fc.constant(helpBody('/access'))],
  ];
  test.each(ways)('%s', (_name, body) => {
    fc.assert(fc.property(body, expectWellMade), { numRuns: 60, endOnFailure: true });
  });

  test('forms', () => {
    const prefill = fc.record({
      resource: fc.option(text),
      role: fc.option(text),
      duration: fc.option(text),
      start: fc.option(text),
      reason: fc.option(text),
      beneficiary: fc.option(fc.constantFrom(MIA, SAM)),
    });
    const form = fc.oneof(
      fc
        .record({
          offers,
          prefill,
          unreadable: few(text),
          start: fc.record({ at: fc.option(at), problem: fc.option(text) }),
          about: fc.option(fc.constant('Decided by `dba-leads`.')),
          unclear: fc.option(fc.constantFrom<Unclear>('person', 'start', 'duration')),
        })
        .map((spec) => requestFormView({ command: '/access', ...spec })),
      fc
        .tuple(text, text, fc.boolean())
        .map(([resource, title, reasonRequired]) =>
          denyFormView({ request: pendingRequest({ resource }), title, reasonRequired }),
        ),
      fc
        .tuple(grant, text, text)
        .map(([running, title, typed]) =>
          prolongFormView({ grant: running, title, leftMs: 60_000 }, { duration: typed, reason: typed }),
        ),
      fc.tuple(grant, text).map(([running, title]) => revokeFormView({ grant: running, title })),
      stuckRow.map((stuck) => removalFormView({ stuck })),
      home.map((view) => homeTab(view, '/access')),
    );
    fc.assert(
      fc.property(form, (view) => {
        expect(blockProblems(view)).toEqual([]);
        expectHarmless({ blocks: view.blocks });
      }),
      { numRuns: 100, endOnFailure: true },
    );
  });

  test('who, which role and how long are never cut, and everybody to be pinged is', () => {
    fc.assert(
      fc.property(cardView, (view) => {
        const card = requestCard({
          ...view,
          request: pendingRequest({ reason: view.request.reason }),
          ping: [MIA, SAM],
          inPlaceOf: [],
        });
        const shown = JSON.stringify(card.blocks);

        expect(card.text).toMatch(/^<@U03DANA> asks for \*prod-db:readonly\* for 30 min/);
        expect(shown).toContain(': 30 min","emoji":false}');
        expect(shown).toContain(`To decide: <@${MIA}> <@${SAM}>`);
        expect(shown).toContain('request.approve');
        expect(shown).toContain('request.deny');
      }),
      { numRuns: 60, endOnFailure: true },
    );
  });
});

test('the holder of running access reads that its target does not know the new end yet', () => {
  const entitlements = [entitlementView({ failing: failingView({ direction: 'grants' }) })];

  expect(read(grantCard(grantCardView({ entitlements })))).toContain(
    'The new end is not set yet in `orders-db`',
  );
  expect(read(grantCard(grantCardView()))).not.toContain('not set yet');
});

describe('who ends the access when Hallpass cannot', () => {
  const sentences: readonly [EntitlementView['nativeExpiry'], string][] = [
    ['exact', '`orders-db` ends it without Hallpass, a minute after the end.'],
    ['coarse', '`orders-db` ends it without Hallpass, some time after the end.'],
    ['none', '`orders-db` cannot end it alone: the end relies on Hallpass.'],
  ];
  test.each(sentences)('%s', (nativeExpiry, sentence) => {
    const entitlements = [entitlementView({ nativeExpiry })];

    expect(read(requestCard(requestCardView({ entitlements })))).toContain(sentence);
    expect(read(grantCard(grantCardView({ entitlements })))).toContain(sentence);
    const standing = [entitlementView({ nativeExpiry, standing: true })];
    expect(read(grantCard(grantCardView({ entitlements: standing })))).not.toContain(sentence);
  });
});

test('a request that is void says because of whom', () => {
  const view = requestCardView({ request: closedRequest('cancelled'), left: DANA });

  expect(read(requestCard(view))).toContain(
    ': @dana is deactivated in Slack, or no longer a full member of this workspace.',
  );
});

describe('the window with a login', () => {
  const secrets = (value: string) => [
    {
      connector: 'orders-db',
      fields: [
        { label: 'User', value: new Secret('hp_dana_1a2b3c4d') },
        { label: 'Password', value: new Secret(value) },
      ],
      howTo: 'psql asks for the password.',
    },
  ];
  const shown = (value: string) =>
    secretView('Your login', { grant: activeGrant(), title: 'Orders', secrets: secrets(value) });

  test('shows each part as it is, to copy, and says that nothing keeps it', () => {
    const { blocks } = shown('a*b_c<d>&`e`');

    expect(read({ text: '', blocks: blocks.filter(isKnown) })).toMatchInlineSnapshot(`
      "prod-db:readonly (Orders), until today 17:30.
      \`orders-db\`
      User
      hp_dana_1a2b3c4d
      Password
      a*b_c<d>&\`e\`
      psql asks for the password.
      Shown only now and stored nowhere. Reveal login makes a new password; the one before then stops working."
    `);
  });

  test.each(['x', 'p'.repeat(5_000), '<!channel>', '\u202Eabc'])(
    'fits into what Slack takes: %j',
    (value) => {
      expect(blockProblems(shown(value))).toEqual([]);
    },
  );

  test('a message that can be kept never holds it: only the button that opens the window', () => {
    const view = grantCardView({ entitlements: [entitlementView({ issuesSecret: true })] });

    expect(read(grantCard(view))).toContain('[Reveal login]');
    expect(read(grantCard(grantCardView()))).not.toContain('[Reveal login]');
  });
});

describe('what is stuck', () => {
  const PAGE = { total: 2, offset: 0, pageSize: 5, at: NOW, mayAct: true };
  const BY_MIA = { by: { kind: 'person', userId: MIA }, at: NOW } as const;

  test('each entry says who, where, since when, what the target says and what to do', () => {
    const stuck = [
      listedStuck(),
      listedStuck({
        id: asEntitlementId('E-77aa'),
        account: { id: '16403', name: 'lee' },
        holder: null,
        kind: 'unknown-account',
        failing: failingView({ attempts: 3, text: 'There is no account lee with this id' }),
      }),
    ];

    expect(read(stuckBody({ ...PAGE, stuck }))).toMatchInlineSnapshot(`
      "2 revocations are not done
      @dana · \`app_readonly\` as \`dana\` in \`orders-db\`
      since today 15:25 (1 h 35 min) · 21 tries · \`E-1f0c\`
      orders-db says: connection refused
      To do: Bring the target back. Hallpass asks every 5 s whether it answers, and then takes the access away at once.
      [Retry now] [Mark as removed by hand…]
      Somebody · \`app_readonly\` as \`lee\` in \`orders-db\`
      since today 17:00 (0 min) · 3 tries · \`E-77aa\`
      orders-db says: There is no account lee with this id
      To do: The account was dropped or replaced. See in the target that nothing is left of it; then mark it as removed by hand.
      [Retry now] [Mark as removed by hand…]"
    `);
  });

  test('what is marked says by whom, and asks for nothing; auditors get no buttons', () => {
    const looksAgain = failingView({
      since: NOW - 95 * MINUTE_MS,
      attempts: 21,
      nextAt: NOW + 4 * MINUTE_MS,
    });
    const stuck = [listedStuck({ byHand: BY_MIA, failing: looksAgain })];

    expect(read(stuckBody({ ...PAGE, total: 1, stuck, mayAct: false }))).toMatchInlineSnapshot(`
      "1 revocation is not done
      @dana · \`app_readonly\` as \`dana\` in \`orders-db\`
      since today 15:25 (1 h 35 min) · 21 tries · \`E-1f0c\`
      Marked as removed by hand by @mia today 17:00; Hallpass could not read it back, and looks again today 17:04.
      orders-db said at the last look: connection refused
      Nothing to do. Hallpass looks every 5 min; once it can read back that the access is gone, this entry goes too."
    `);
  });

  test('what was marked just now is not said to have been looked at', () => {
    const shown = read(stuckBody({ ...PAGE, stuck: [listedStuck({ byHand: BY_MIA })] }));

    expect(shown).toContain('Hallpass has not looked at the target since.');
    expect(shown).toContain('Nothing to do. Hallpass looks at the target at once');
    expect(shown).not.toContain('could not read it back');
  });

  test('whoever marks it again is told of the mark before', () => {
    const shown = JSON.stringify(removalFormView({ stuck: stuckView({ byHand: BY_MIA }) }));

    expect(shown).toContain('Marked as removed by hand by <@');
    expect(shown).toContain('Your mark takes its place.');
  });

  test('nothing stuck is said too', () => {
    expect(read(stuckBody({ ...PAGE, total: 0, stuck: [] }))).toMatchInlineSnapshot(
      `"Nothing is stuck: all that should be gone was read back as gone."`,
    );
  });

  test('more than fit on a page are leafed through', () => {
    const stuck = Array.from({ length: 5 }, () => listedStuck());
    const shown = read(stuckBody({ ...PAGE, total: 12, offset: 5, stuck }));

    expect(shown).toContain('12 revocations are not done (6 to 10)');
    expect(shown).toContain('[Earlier] [Later]');
  });

  test('what came of an admin’s act on it is said with the next step', () => {
    const error = { kind: 'final', text: 'No right to revoke.' } as const;
    const outcomes = ['gone', 'failing', 'there', 'taken', 'under-way'] as const;
    const texts = outcomes.map((outcome) =>
      unstuckText({ stuck: { ...stuckView(), error }, outcome }, '/access'),
    );

    expect(texts.join('\n')).toMatchInlineSnapshot(`
      "\`app_readonly\` as \`dana\` in \`orders-db\` is gone: that was read back.
      Tried just now, and it failed again: \`app_readonly\` as \`dana\` in \`orders-db\`. The target says: No right to revoke. Hallpass goes on trying.
      It is still there: \`app_readonly\` as \`dana\` in \`orders-db\`. It is not marked, and Hallpass goes on trying. Take it away in the target first, then mark it again.
      Marked as removed by hand, on your word: \`app_readonly\` as \`dana\` in \`orders-db\`. Hallpass could not read it back. It looks again every 5 min, and tells the admins if it is found there after all.
      The target is being asked about \`app_readonly\` as \`dana\` in \`orders-db\` just now. \`/access stuck\` shows in a moment what came of it."
    `);
  });

  test('the form says what a mark does', () => {
    const { blocks } = removalFormView({ stuck: stuckView() });

    expect(read({ text: '', blocks: blocks.filter(isKnown) })).toMatchInlineSnapshot(`
      "@dana · \`app_readonly\` as \`dana\` in \`orders-db\`
      Hallpass reads it back first. What is still there is not marked. Where the target cannot tell, your word is taken, and the card names you.
      Reason: []
      Who removed it, and how you know. The audit trail keeps it."
    `);
  });

  test('the alarm names each account, the target’s words and the way on', () => {
    const alarm = { kind: 'revocation-stuck', connector: 'orders-db', stuck: [stuckView()] } as const;

    expect(read(noticeBody(alarm))).toMatchInlineSnapshot(`
      "Access is not known to be gone in \`orders-db\`: 1 account past the end of the window.
      orders-db says: connection refused
      @dana: account \`dana\`, role \`app_readonly\`, since today 15:25 (21 tries)
      To do: Bring the target back. Hallpass asks every 5 s whether it answers, and then takes the access away at once. Hallpass keeps trying, for ever, and says so every hour. \`stuck\` after the command lists each of them, with buttons to retry it and to mark what was removed by hand."
    `);
  });

  test('an alarm that cannot be posted says what to do about it', () => {
    const alarm = {
      kind: 'alarm-not-shown',
      channel: asChannelId('C0APPROVALS'),
      error: 'not_in_channel',
    } as const;

    expect(read(noticeBody(alarm))).toMatchInlineSnapshot(
      `"The alarm about stuck revocations can't be posted in #approvals: Slack says \`not_in_channel\`. Have somebody there invite me with \`/invite\`. The channel is \`alarm_channel\` in the catalog. Until then the admins are told by direct message alone."`,
    );
  });

  test('a card never calls ended or revoked what counts as gone on an admin’s word alone', () => {
    const entitlements = [entitlementView({ byHand: BY_MIA })];
    const ofHolder = read(grantCard(grantCardView({ grant: endedGrant(), entitlements })));
    const ofApprovers = read(requestCard(approvedCardView(endedGrant(), { entitlements })));
    const failed = read(grantCard(grantCardView({ grant: failedGrant(), entitlements })));

    for (const shown of [ofHolder, ofApprovers, failed]) {
      expect(shown).toContain(
        'Marked as removed by hand by @mia; Hallpass could not read it back in `orders-db`.',
      );
      expect(shown).not.toMatch(/access ended|revoked|nothing of it is left/);
    }
  });

  test('who-has says what counts as removed by hand', () => {
    const marked = [{ roleKey: 'prod-db:readonly', connector: 'orders-db', account: 'dana', byHand: BY_MIA }];

    expect(read(whoHasBody({ ...WHO_HAS, holders: [], total: 0, marked }))).toMatchInlineSnapshot(`
      "Nobody holds \`prod-db\` through Hallpass.
      Marked as removed by hand; Hallpass could not read it back:
      \`dana\` in \`orders-db\` · prod-db:readonly · by @mia today 17:00"
    `);
  });
});

test('a revocation that leaves the same access to others offers to end them all', () => {
  const ended = { grant: activeGrant(), title: 'Orders database, production' };
  const other = {
    grantId: asGrantId('G-2'),
    beneficiary: DANA,
    roleKey: 'prod-db:admin',
    upcomingAt: null,
    endsAt: NOW,
  };

  expect(read(revokedBody({ ...ended, stillHeldBy: [other] }, 'a leak'))).toMatchInlineSnapshot(`
    "prod-db:readonly of @dana is being taken away. The card says when it is gone. The same access stays through \`G-2\` (prod-db:admin, until today 17:00); revoke that too if it has to go.
    [End them all]"
  `);
  expect(read(revokedBody({ ...ended, stillHeldBy: [] }, 'a leak'))).not.toContain('End them all');
});
