import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SlackWorld } from '../../src/emulated-slack/world.js';
import { waitFor } from '../support/wait-for.js';
import { createActions, createStage, SOCKET, startStageWorld } from '../support/slack-stage.js';

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

async function start() {
  const { actions, asked } = createActions();
  const stage = createStage(world, { mode: SOCKET, actions });
  await stage.start();
  cleanUps.push(async () => stage.app.stop());
  await world.until(() => world.openSockets() === 2, { what: 'two sockets' });
  return { ...stage, asked };
}

test('commands come through either of two sockets', async () => {
  const { asked } = await start();

  for (let each = 0; each < 4; each += 1) {
    expect((await world.command({ user: 'dana', text: 'mine' })).status).toBe(200);
  }

  await world.until(() => asked.length === 4);
});

test('no command is lost while Slack has both sockets made anew, one after the other', async () => {
  const { asked } = await start();
  const outcomes: number[] = [];

  for (let each = 0; each < 30; each += 1) {
    if (each === 5 || each === 15) {
      world.refreshSockets();
    }
    outcomes.push((await world.command({ user: 'dana', text: 'mine' })).status);
  }

  expect(outcomes.filter((status) => status !== 200)).toEqual([]);
  await world.until(() => asked.length === 30);
  await world.until(() => world.openSockets() === 2, { what: 'two sockets again' });
});

test('a network that goes away is noticed and healed', async () => {
  const { app, asked } = await start();

  world.dropSockets();
  await world.until(() => !app.isConnected(), { what: 'the loss noticed' });
  await world.until(() => world.openSockets() === 2, { what: 'two sockets again' });

  expect(await world.command({ user: 'dana', text: 'mine' })).toMatchObject({ status: 200 });
  await world.until(() => asked.length === 1);
});

// An unhandled rejection, which would end the process, fails the run.
test('a token that was revoked while running ends no process, and works again when it is restored', async () => {
  const { app, lines } = await start();
  world.fail('apps.connections.open', { error: 'invalid_auth' });

  world.dropSockets();
  await world.until(() => lines.some(({ facts }) => facts['error'] === 'invalid_auth'), {
    what: 'the refusal in the log',
    timeoutMs: 5_000,
  });
  expect(app.isConnected()).toBe(false);

  world.heal('apps.connections.open');
  await world.until(() => app.isConnected(), { what: 'the app connected again', timeoutMs: 10_000 });
});

test('a Slack out of reach is one line a try, with its host and the cause', async () => {
  const { app, lines } = await start();
  const { host } = new URL(world.apiUrl);
  const told = () => lines.filter(({ level }) => level === 'warn' || level === 'error');

  await world.stop();
  await waitFor('three tries', () => told().filter(({ facts }) => 'failures' in facts).length >= 3);
  await app.stop();

  const lost = told().findIndex(({ facts }) => 'failures' in facts);
  expect(told().slice(0, lost)).toEqual(
    told()
      .slice(0, lost)
      .map(() => ({
        level: 'warn',
        facts: { host },
        message: 'The connection to Slack broke; making a new one',
      })),
  );
  expect(lost).toBeLessThanOrEqual(2);
  const tries = told().slice(lost);
  const failures = Number(tries[0]?.facts['failures']);
  expect(tries).toEqual(
    tries.map((_, at) => ({
      level: 'warn',
      facts: { host, error: 'ECONNREFUSED', failures: failures + at },
      message: 'No connection to Slack; trying again',
    })),
  );
});

test('stop leaves no socket behind', async () => {
  const { app } = await start();

  await app.stop();

  await world.until(() => world.openSockets() === 0, { what: 'no socket' });
  expect(app.isConnected()).toBe(false);
});
