/** Sends recorded Slack requests at a steady rate, signed anew, and says how long each acknowledgement took. */
import { createHmac } from 'node:crypto';
import { Agent, request } from 'node:http';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';

const orderSchema = z.object({
  url: z.string(),
  signingSecret: z.string(),
  perSecond: z.number(),
  bodies: z.array(z.string()),
});
// Slack, too, keeps its connections.
const agent = new Agent({ keepAlive: true });

process.on('disconnect', () => process.exit(1));
process.on('message', (message) => {
  sendAll(orderSchema.parse(message)).then(
    (sent) => process.send?.({ sent }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.send?.({ ready: true });

async function sendAll({ url, signingSecret, perSecond, bodies }: z.infer<typeof orderSchema>) {
  const startAt = performance.now() + 50;
  const sent = bodies.map(async (body, place) => {
    // By the clock, whatever became of those before: a slow answer must not thin out the load.
    await pause(Math.max(0, startAt + (place * 1_000) / perSecond - performance.now()));
    const before = performance.now();
    const status = await post(url, body, signingSecret);
    return { ackMs: performance.now() - before, status };
  });
  return await Promise.all(sent);
}

function post(url: string, body: string, signingSecret: string): Promise<number> {
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const signature = createHmac('sha256', signingSecret).update(`v0:${timestamp}:${body}`).digest('hex');
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': Buffer.byteLength(body),
    'x-slack-request-timestamp': timestamp,
    'x-slack-signature': `v0=${signature}`,
  };
  return new Promise((resolve, reject) => {
    const sending = request(url, { method: 'POST', headers, agent }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(answer.statusCode ?? 0));
    });
    sending.once('error', reject);
    sending.end(body);
  });
}
