import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { asGrantId, asUserId } from '../../src/domain/ids.js';
import { accept, refuse } from '../../src/domain/result.js';
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time.js';
import { NOT_WAITING } from '../../src/domain/unanswered.js';
import type { SeenMessage, SeenView } from '../../src/emulated-slack/ledger.js';
import type { SlackWorld } from '../../src/emulated-slack/world.js';
import type { Actions } from '../../src/slack/actions.js';
import { createActions, createStage, lastOf, startStageWorld } from '../support/slack-stage.js';
import {
  activeGrant,
  APPROVALS,
  approvedCardView,
  grantCardView,
  pendingRequest,
  requestCardView,
  listedStuck,
} from '../../src/examples/views.js';

let world: SlackWorld;
const cleanUps: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  world = await startStageWorld();
});
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) {
    await cleanUp();
  }
  await world.stop();
});

async function start(change: Partial<Actions> = {}) {
  const { actions, asked } = createActions(change);
  const stage = createStage(world, { actions });
  const origin = await stage.start();
  cleanUps.push(async () => stage.app.stop());
  return { ...stage, asked, origin };
}

/** What only this person sees, as they read it, once there is something new. */
async function answerTo(user: string, before = 0): Promise<string> {
  const seen = await world.until(() => world.ephemeralsTo(user)[before], { what: `an answer to ${user}` });
  return world.textOf(seen, { reader: user });
}

async function postCard({ messenger }: Awaited<ReturnType<typeof start>>): Promise<SeenMessage> {
  await messenger.post(APPROVALS, { kind: 'request-card', view: requestCardView() });
  return world.until(() => lastOf(world.messagesIn('approvals')), { what: 'the card' });
}

/** The form with its content, which takes the place of "Loading…". */
async function formShownTo(user: string, content: string): Promise<SeenView> {
  return await world.until(() => {
    const view = world.modalOf(user);
    return view !== undefined && world.textOf(view).includes(content) && view;
  });
}

describe('a command', () => {
  test('is handed on as it was understood, and answered to its sender alone', async () => {
    const { asked } = await start();

    const { status, body } = await world.command({
      user: 'dana',
      channel: 'team',
      text: 'prod-db:admin for @mia 1h30m stuck migration 4711',
    });

    expect({ status, body }).toEqual({ status: 200, body: '' });
    expect(await answerTo('dana')).toContain('2 people are pinged in #approvals');
    expect(asked).toEqual([
      {
        name: 'submitRequest',
        input: {
          delivery: expect.any(String),
          workspace: { teamId: 'T0HOME', enterpriseId: null },
          requester: 'U03DANA',
          beneficiary: 'U01MIA',
          resource: 'prod-db',
          role: 'admin',
          durationMs: 90 * MINUTE_MS,
          startsAt: null,
          startZone: null,
          reason: 'stuck migration 4711',
        },
      },
    ]);
    expect(world.messagesIn('team')).toEqual([]);
  });

  test('that nobody knows is answered with what was likely meant', async () => {
    await start();

    await world.command({ user: 'dana', text: 'who-hs prod-db' });

    expect(await answerTo('dana')).toContain('Did you mean `/access who-has prod-db`?');
  });

  test('for too long a time is answered with a button for the longest allowed, which asks anew', async () => {
    const { asked } = await start({
      submitRequest: async (input) =>
        input.durationMs === 9 * HOUR_MS
          ? refuse({ code: 'duration-too-long', roleKey: 'prod-db:readonly', maxMs: 4 * HOUR_MS })
          : createActions().actions.submitRequest(input),
    });
    await world.command({ user: 'dana', text: 'prod-db 9h it is stuck' });
    expect(await answerTo('dana')).toContain('at most 4 h');
    const [refused] = world.ephemeralsTo('dana');

    await world.click({ user: 'dana', actionId: 'request.longest-allowed', message: refused ?? neverSeen() });

    await world.until(() => asked.length === 2, { what: 'the second request' });
    expect(asked[1]?.input).toMatchObject({
      durationMs: 4 * HOUR_MS,
      reason: 'it is stuck',
      requester: 'U03DANA',
    });
    // In the place of the refusal.
    await world.until(() => world.textOf(world.ephemeralsTo('dana')[0] ?? neverSeen()).includes('Asked:'));
    expect(world.ephemeralsTo('dana')).toHaveLength(1);
  });

  test('with a reason that is too long is refused with the reason kept', async () => {
    const { asked } = await start();

    await world.command({ user: 'dana', text: `prod-db 30m ${'why '.repeat(200)}` });

    const answer = await answerTo('dana');
    expect(answer).toContain('The reason may have 500 characters');
    expect(answer).toContain('why why why');
    expect(asked).toEqual([]);
  });

  test('whoami names the ids that a catalog needs', async () => {
    await start();

    await world.command({ user: 'dana', channel: 'team', text: 'whoami' });

    const answer = await answerTo('dana');
    expect(answer).toContain('You are `U03DANA`');
    expect(answer).toContain('This channel is `C0TEAM`');
  });
});

describe('the request form', () => {
  test('opens with what was typed, says what is wrong beside its field, and asks', async () => {
    const { asked } = await start();
    await world.command({ user: 'dana', text: 'prod-db 30 stuck' });
    const view = await world.until(
      () => {
        const shown = world.modalOf('dana');
        return shown !== undefined && world.textOf(shown).includes('[Ask]') ? shown : undefined;
      },
      { what: 'the form' },
    );
    expect(world.textOf(view)).toContain('stuck');

    const wrong = await world.submitView({ user: 'dana', view });
    expect(wrong.body).toEqual({
      response_action: 'errors',
      errors: { duration: 'Write it like 30m, 2h, 1h30m or 1d.' },
    });

    await world.submitView({ user: 'dana', view, values: { duration: '45m' } });
    await world.until(() => world.textOf(world.modalOf('dana') ?? neverSeen()).includes('Asked:'), {
      what: 'the answer in the modal',
    });
    expect(asked[asked.length - 1]).toMatchObject({
      name: 'submitRequest',
      input: { resource: 'prod-db', role: 'readonly', durationMs: 45 * MINUTE_MS, reason: 'stuck' },
    });
  });

  test('comes back with everything in it when the request is refused', async () => {
    await start({
      submitRequest: async () => refuse({ code: 'target-unavailable', connector: 'orders-db' }),
    });
    await world.command({ user: 'dana', text: 'prod-db' });
    const view = await world.until(() => {
      const shown = world.modalOf('dana');
      return shown !== undefined && world.textOf(shown).includes('[Ask]') ? shown : undefined;
    });

    await world.submitView({ user: 'dana', view, values: { duration: '2 h', reason: 'a long story' } });

    const again = await world.until(() => {
      const shown = world.textOf(world.modalOf('dana') ?? neverSeen());
      return shown.includes('Not sent.') ? shown : undefined;
    });
    expect(again).toContain('`orders-db` cannot be reached now');
    expect(again).toContain('a long story');
    expect(again).toContain('2 h');
  });
});

describe('a click', () => {
  test('on Approve reaches the decision with the terms that stood above it, and is answered privately', async () => {
    const stage = await start();
    const card = await postCard(stage);

    await world.click({ user: 'mia', actionId: 'request.approve', message: card });

    expect(await answerTo('mia')).toContain('Approved: prod-db:readonly for @dana');
    expect(stage.asked).toEqual([
      {
        name: 'decideRequest',
        input: {
          delivery: expect.any(String),
          requestId: 'r_4F2K',
          termsVersion: 1,
          approver: 'U01MIA',
          verdict: 'approve',
          durationMs: null,
          reason: null,
        },
      },
    ]);
  });

  test('of somebody of another organisation is refused privately, and asks nothing of Hallpass', async () => {
    const stage = await start();
    const card = await postCard(stage);

    await world.click({ user: 'olga', actionId: 'request.approve', message: card });

    expect(await answerTo('olga')).toContain('Only members of this workspace can use this.');
    expect(stage.asked).toEqual([]);
  });

  test('on Deny asks for a reason, which reaches the decision', async () => {
    const stage = await start();
    const card = await postCard(stage);
    await world.click({ user: 'mia', actionId: 'request.deny', message: card });
    const view = await formShownTo('mia', '@dana asks for prod-db:readonly');

    await world.submitView({ user: 'mia', view, values: { reason: 'use the replica' } });

    await world.until(() => world.textOf(world.modalOf('mia') ?? neverSeen()).includes('Denied:'));
    expect(stage.asked[stage.asked.length - 1]?.input).toMatchObject({
      verdict: 'deny',
      reason: 'use the replica',
      requestId: 'r_4F2K',
      termsVersion: 1,
    });
  });

  test('on Revoke asks for the reason that the holder reads', async () => {
    const stage = await start();
    await stage.messenger.post(APPROVALS, { kind: 'request-card', view: approvedCardView(activeGrant()) });
    const card = await world.until(() => lastOf(world.messagesIn('approvals')));

    await world.click({ user: 'mia', actionId: 'grant.revoke', message: card });
    await world.submitView({
      user: 'mia',
      view: await formShownTo('mia', '@dana loses prod-db:readonly'),
      values: { reason: 'a mistaken click' },
    });

    await world.until(() =>
      world.textOf(world.modalOf('mia') ?? neverSeen()).includes('is being taken away'),
    );
    expect(stage.asked[stage.asked.length - 1]).toMatchObject({
      name: 'revokeGrant',
      input: { by: 'U01MIA', which: 'g_9C1M', reason: 'a mistaken click' },
    });
  });

  test('on I’m done and on Extend do what they say', async () => {
    const stage = await start();
    const { messenger, asked } = stage;
    await messenger.notify(activeGrant().beneficiary, { kind: 'grant-reminder', card: grantCardView() });
    const reminder = await world.until(() => lastOf(world.dmsTo('dana')));

    await world.click({ user: 'dana', actionId: 'grant.done', message: reminder });
    expect(await answerTo('dana')).toContain('is being taken away');

    await world.click({ user: 'dana', actionId: 'grant.prolong', message: reminder });
    const view = await world.until(() => {
      const shown = world.modalOf('dana');
      return shown !== undefined && world.textOf(shown).includes('How much more') ? shown : undefined;
    });
    await world.submitView({ user: 'dana', view, values: { duration: '20 min', reason: 'nearly there' } });
    await world.until(() => asked.some(({ name }) => name === 'prolongGrant'));
    expect(asked[asked.length - 1]?.input).toMatchObject({
      grantId: asGrantId('g_9C1M'),
      durationMs: 20 * MINUTE_MS,
      reason: 'nearly there',
    });
  });

  test('by `extend`, with all of it, asks at once, and with parts missing opens the form with the rest', async () => {
    const { asked } = await start();
    await world.command({ user: 'dana', text: 'extend prod-db 20m nearly there' });
    expect(await answerTo('dana')).toContain('Asked:');
    expect(asked.at(-1)).toMatchObject({
      name: 'extendGrant',
      input: { which: 'prod-db', durationMs: 20 * MINUTE_MS, reason: 'nearly there' },
    });

    await world.command({ user: 'dana', text: 'extend 20m' });
    const view = await world.until(() => {
      const shown = world.modalOf('dana');
      return shown !== undefined && world.textOf(shown).includes('How much more') ? shown : undefined;
    });
    expect(world.textOf(view)).toContain('20 min');
    await world.submitView({ user: 'dana', view, values: { reason: 'nearly there' } });
    await world.until(() => asked.some(({ name }) => name === 'prolongGrant'));
    expect(asked.at(-1)?.input).toMatchObject({ durationMs: 20 * MINUTE_MS, reason: 'nearly there' });
  });

  test('on Nudge, Claim and Release do what they say', async () => {
    const { asked, messenger } = await start();
    await world.command({ user: 'dana', text: 'prod-db 30m stuck' });
    await answerTo('dana');
    const [answer] = world.ephemeralsTo('dana');
    await world.click({ user: 'dana', actionId: 'request.nudge', message: answer ?? neverSeen() });
    await world.until(() => asked.some(({ name }) => name === 'nudgeRequest'));
    expect(asked.at(-1)?.input).toMatchObject({ by: 'U03DANA', which: pendingRequest().id });

    const claims = { ...NOT_WAITING, claim: { by: asUserId('U02SAM'), at: 1 } };
    const view = requestCardView({ request: pendingRequest({ waiting: claims }) });
    await messenger.post(APPROVALS, { kind: 'request-card', view });
    const card = await world.until(() => lastOf(world.messagesIn('approvals')));
    for (const [actionId, wanted] of [
      ['request.claim', true],
      ['request.release', false],
    ] as const) {
      await world.click({ user: 'mia', actionId, message: card });
      await world.until(() => asked.at(-1)?.name === 'claimRequest');
      expect(asked.pop()?.input).toMatchObject({ by: 'U01MIA', claims: wanted });
    }
  });

  test('on Cancel takes the place of the answer it stood on', async () => {
    await start();
    await world.command({ user: 'dana', text: 'prod-db 30m stuck' });
    await answerTo('dana');
    const [answer] = world.ephemeralsTo('dana');

    await world.click({ user: 'dana', actionId: 'request.cancel', message: answer ?? neverSeen() });

    await world.until(() =>
      world.textOf(world.ephemeralsTo('dana')[0] ?? neverSeen()).includes('Cancelled:'),
    );
    expect(world.ephemeralsTo('dana')).toHaveLength(1);
  });

  test('on a button that no longer exists, or with a forged value, is answered', async () => {
    const stage = await start();
    const card = await postCard(stage);

    const gone = await world.click({ user: 'mia', actionId: 'old.button', message: card, value: 'x' });
    expect(gone.status).toBe(200);
    expect(await answerTo('mia')).toContain('This message is out of date.');

    await world.click({ user: 'mia', actionId: 'request.approve', message: card, value: 'forged' });
    expect(await answerTo('mia', 1)).toContain('This message is out of date.');
    expect(stage.asked).toEqual([]);
  });
});

describe('when something breaks', () => {
  const BROKEN = new Error('secret database text');

  test('the person reads an id to quote and gets back what was typed; the log has the cause once', async () => {
    const { lines } = await start({
      submitRequest: async () => {
        throw BROKEN;
      },
    });

    await world.command({ user: 'dana', text: 'prod-db 30m stuck migration' });

    const answer = await answerTo('dana');
    expect(answer).toContain(
      'Something broke on our side, and it is not known whether it was done: look before you try again. Quote `evt_1` to your admin.',
    );
    expect(answer).toContain('Your text was: /access prod-db 30m stuck migration');
    expect(answer).toContain('[Ask again]');
    expect(answer).not.toContain('secret');
    expect(lines.filter(({ facts }) => facts['fault'] === 'evt_1')).toEqual([
      {
        level: 'error',
        message: 'A Slack interaction broke',
        facts: { fault: 'evt_1', err: BROKEN, interaction: 'request', user: 'U03DANA' },
      },
    ]);
  });

  test('a form comes back with everything in it', async () => {
    await start({
      submitRequest: async () => {
        throw BROKEN;
      },
    });
    await world.command({ user: 'dana', text: 'prod-db' });
    const view = await world.until(() => {
      const shown = world.modalOf('dana');
      return shown !== undefined && world.textOf(shown).includes('[Ask]') ? shown : undefined;
    });

    await world.submitView({ user: 'dana', view, values: { reason: 'a long story' } });

    const again = await world.until(() => {
      const shown = world.textOf(world.modalOf('dana') ?? neverSeen());
      return shown.includes('evt_1') ? shown : undefined;
    });
    expect(again).toContain('a long story');
  });

  test('an answer that Slack did not take is sent once more, then as a direct message', async () => {
    await start();
    world.fail('response_url', { with: 'http_500', times: 2 });

    await world.command({ user: 'dana', channel: 'team', text: 'mine' });

    const dm = await world.until(() => lastOf(world.dmsTo('dana')), { what: 'a direct message' });
    expect(world.textOf(dm)).toContain('You hold nothing now.');
  });

  test('a form that took too long to open is told about', async () => {
    await start();
    world.fail('views.open', { error: 'expired_trigger_id' });

    await world.command({ user: 'dana', text: '' });

    expect(await answerTo('dana')).toContain('Slack took too long to open the form.');
  });
});

describe('what Slack delivers', () => {
  test('twice reaches the use case with the same key', async () => {
    const { asked } = await start();

    const delivered = await world.command({ user: 'dana', text: 'prod-db 30m it is stuck' });
    await world.redeliver(delivered);

    await world.until(() => asked.length === 2);
    const keys = asked.map(({ input }) => JSON.stringify(input));
    expect(keys[0]).toBe(keys[1]);
  });

  test('with a bad signature, an old stamp or a stamp of the future is refused', async () => {
    const { asked } = await start();
    const command = { user: 'dana', text: 'prod-db 30m stuck' };
    const now = Math.floor(Date.now() / 1000);

    const answers = [
      await world.command({ ...command, signingSecret: 'another' }),
      await world.command({ ...command, timestamp: now - 400 }),
      await world.command({ ...command, timestamp: now + 400 }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401]);
    expect(asked).toEqual([]);
  });

  test('that is too large is refused', async () => {
    const { asked } = await start();

    const { status } = await world.command({ user: 'dana', text: 'x'.repeat(300 * 1024) });

    expect(status).toBe(413);
    expect(asked).toEqual([]);
  });
});

describe('starting and stopping', () => {
  test('the health probes answer, and the rest of the port does not', async () => {
    const { origin } = await start();

    const statuses = await Promise.all(
      ['/healthz', '/readyz', '/', '/slack/events'].map(async (path) => (await fetch(origin + path)).status),
    );

    expect(statuses).toEqual([200, 200, 404, 404]);
  });

  test('Slack being away at the start stops nothing; people are told until it knows us', async () => {
    world.fail('auth.test', { with: 'http_500', times: 3 });
    const { actions, asked } = createActions();
    const stage = createStage(world, { actions });
    cleanUps.push(async () => stage.app.stop());
    const { port } = await stage.app.start();
    world.deliverTo(`http://127.0.0.1:${port ?? 0}/slack/events`);
    expect(stage.app.isConnected()).toBe(false);

    await world.command({ user: 'dana', text: 'mine' });

    expect(await answerTo('dana')).toMatch(/Hallpass has just started|You hold nothing now/);
    await world.until(() => stage.app.isConnected(), { what: 'the app connected', timeoutMs: 8_000 });
    await world.command({ user: 'dana', text: 'list' });
    await world.until(() => asked.some(({ name }) => name === 'offers'));
  });

  test('stop waits for what is under way', async () => {
    let finish = (): void => {};
    const slow = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const { app, asked } = await start({
      mine: async () => {
        await slow;
        return { grants: [], pending: [] };
      },
    });
    await world.command({ user: 'dana', text: 'mine' });
    await world.until(() => asked.length === 1);

    let isStopped = false;
    const stopping = app.stop().then(() => {
      isStopped = true;
    });
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    expect(isStopped).toBe(false);
    finish();
    await stopping;

    expect(await answerTo('dana')).toContain('You hold nothing now.');
  });
});

function neverSeen(): never {
  throw new Error('There is nothing to see');
}

describe('what is stuck', () => {
  test('each page takes the place of the one before, and a retry is answered beside it', async () => {
    const { asked } = await start({
      listStuck: async ({ offset }) =>
        accept({ stuck: [listedStuck()], total: 9, offset, pageSize: 5, at: 0, mayAct: true }),
    });
    await world.command({ user: 'mia', text: 'stuck' });
    expect(await answerTo('mia')).toContain('9 revocations are not done');
    const list = world.ephemeralsTo('mia')[0];
    if (list === undefined) {
      throw new Error('There is no list.');
    }
    await world.click({ user: 'mia', actionId: 'stuck.later', message: list });
    await world.until(() => asked.filter(({ name }) => name === 'listStuck').length === 2, {
      what: 'the next page',
    });
    await world.click({ user: 'mia', actionId: 'stuck.retry', message: list });
    expect(await answerTo('mia', 1)).toContain('is gone: that was read back');

    expect(asked.map(({ name, input }) => [name, input])).toMatchObject([
      ['listStuck', { viewer: 'U01MIA', offset: 0 }],
      ['listStuck', { viewer: 'U01MIA', offset: 1 }],
      ['retryStuck', { by: 'U01MIA', entitlementId: 'E-1f0c' }],
    ]);
  });

  test('an admin’s mark is asked for with a reason, and the form says what came of it', async () => {
    const { asked } = await start({
      listStuck: async ({ offset }) =>
        accept({ stuck: [listedStuck()], total: 1, offset, pageSize: 5, at: 0, mayAct: true }),
    });
    await world.command({ user: 'mia', text: 'stuck' });
    await answerTo('mia');
    const list = world.ephemeralsTo('mia')[0];
    if (list === undefined) {
      throw new Error('There is no list.');
    }
    await world.click({ user: 'mia', actionId: 'stuck.mark-removed', message: list });
    const view = await formShownTo('mia', 'Hallpass reads it back first');
    await world.submitView({ user: 'mia', view, values: { reason: 'dropped by the DBA' } });
    await formShownTo('mia', 'Marked as removed by hand, on your word');

    expect(asked.at(-1)).toMatchObject({
      name: 'markRemoved',
      input: { by: 'U01MIA', entitlementId: 'E-1f0c', reason: 'dropped by the DBA' },
    });
  });
});

test('ending all of what is left asks for each anew: what is refused meanwhile is said beside what is done', async () => {
  const other = {
    grantId: asGrantId('G-2'),
    beneficiary: activeGrant().beneficiary,
    roleKey: 'prod-db:admin',
    upcomingAt: null,
    endsAt: 0,
  };
  const { asked } = await start({
    revokeGrant: async ({ which }) =>
      which === 'G-3'
        ? refuse({ code: 'may-not-revoke', roleKey: 'prod-db:admin' })
        : accept({
            grant: activeGrant(),
            title: 'Orders database',
            stillHeldBy: which === 'G-1' ? [other, { ...other, grantId: asGrantId('G-3') }] : [],
          }),
  });
  await world.command({ user: 'mia', text: 'revoke G-1 a leak' });
  await answerTo('mia');
  const answer = world.ephemeralsTo('mia')[0];
  if (answer === undefined) {
    throw new Error('There is no answer.');
  }
  await world.click({ user: 'mia', actionId: 'grant.end-all', message: answer });
  const said = await answerTo('mia', 1);

  expect(said).toContain('prod-db:readonly of @dana is being taken away');
  expect(said).toContain('G-3: Only the approvers of `prod-db:admin` and admins can revoke it.');
  const calls = asked.map(({ input }) => input).slice(1);
  expect(calls).toMatchObject([
    { by: 'U01MIA', which: 'G-2', reason: 'a leak' },
    { by: 'U01MIA', which: 'G-3', reason: 'a leak' },
  ]);
});
