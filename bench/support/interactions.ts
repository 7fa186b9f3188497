/** Slack interactions: recorded from the emulated Slack, and sent at a steady rate by a process of their own. */
import { createServer } from 'node:http';
import { z } from 'zod';
import { closeServer, listenLocally, readBody } from '../../src/emulated-slack/local-http.js';
import type { SlackWorld } from '../../src/emulated-slack/world.js';
import { freePort } from '../../test/support/servers/free-port.js';
import { APPROVER, CHANNEL, HOLDERS, SIGNING_SECRET } from './place.js';
import { startChild, type Child } from './processes.js';

const answerSchema = z.object({ sent: z.array(z.object({ ackMs: z.number(), status: z.number() })) });

export async function startLoad(): Promise<Child> {
  const load = startChild('bench/children/load.js');
  await load.answer(z.object({ ready: z.literal(true) }));
  return load;
}

/** How long each took until its acknowledgement, in milliseconds. */
export async function send(
  load: Child,
  { port, bodies, perSecond }: { port: number; bodies: readonly string[]; perSecond: number },
): Promise<number[]> {
  load.send({
    url: `http://127.0.0.1:${port}/slack/events`,
    signingSecret: SIGNING_SECRET,
    perSecond,
    bodies,
  });
  const { sent } = await load.answer(answerSchema);
  const bad = sent.find(({ status }) => status !== 200);
  if (bad !== undefined) {
    throw new Error(`An interaction was answered with ${bad.status}`);
  }
  return sent.map(({ ackMs }) => ackMs);
}

/** The same sent to a Bolt that only acknowledges. */
export async function sendToBare(
  load: Child,
  sending: { bodies: readonly string[]; perSecond: number },
): Promise<number[]> {
  const port = await freePort();
  const bare = startChild('bench/children/bare-bolt.js', { port, signingSecret: SIGNING_SECRET });
  try {
    await bare.answer(z.object({ ready: z.literal(true) }));
    return await send(load, { port, ...sending });
  } finally {
    await bare.kill();
  }
}

/** What the emulated Slack sends for what people do. */
export async function record(world: SlackWorld, act: () => Promise<void>): Promise<string[]> {
  const bodies: string[] = [];
  const recorder = createServer((request, response) => {
    void readBody(request).then((body) => {
      bodies.push(body);
      response.end();
    });
  });
  world.deliverTo(await listenLocally(recorder));
  await act();
  await closeServer(recorder);
  return bodies;
}

/** An approval of the request that was seeded in this place. */
export async function approve(world: SlackWorld, place: number): Promise<void> {
  await world.click({ user: APPROVER, message: card(place), actionId: 'request.approve' });
}

function card(place: number) {
  const button = {
    type: 'button',
    action_id: 'request.approve',
    text: { type: 'plain_text', text: 'Approve' },
    value: `1:R-pending-${place % HOLDERS}`,
  };
  return {
    channel: CHANNEL,
    ts: `1700000000.${String(place).padStart(6, '0')}`,
    threadTs: undefined,
    author: 'U0EMULATEDAPP',
    text: 'A request',
    blocks: [{ type: 'actions', block_id: 'decide', elements: [button] }],
    onlyFor: undefined,
    version: 1,
  };
}
