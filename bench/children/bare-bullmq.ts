/** The floor of a wake-up: BullMQ's own delayed jobs, and how late each one comes. */
import { setTimeout as pause } from 'node:timers/promises';
import { Queue, Worker } from 'bullmq';
import { z } from 'zod';

const orderSchema = z.object({
  redis: z.string(),
  /** Before they are due by this, everything is armed. */
  dueAt: z.array(z.number()),
  /** What each job then waits for. */
  callsMs: z.array(z.number()),
});
const order = orderSchema.parse(JSON.parse(process.argv[2] ?? ''));
const connection = { url: order.redis, maxRetriesPerRequest: null };
const queue = new Queue('bare', { connection, prefix: 'bare' });
const late: number[] = [];

const worker = new Worker<{ at: number }>(
  'bare',
  async ({ data }) => {
    for (const ms of order.callsMs) {
      await pause(ms);
    }
    late.push(Date.now() - data.at);
    if (late.length === order.dueAt.length) {
      process.send?.({ late });
    }
  },
  { connection, prefix: 'bare', concurrency: 50 },
);
worker.on('error', (error) => void process.stderr.write(`${error.message}\n`));
process.on('disconnect', () => process.exit(1));
await worker.waitUntilReady();
const now = Date.now();
await queue.addBulk(
  order.dueAt.map((at) => ({
    name: 'wake',
    data: { at },
    opts: { delay: Math.max(0, at - now), removeOnComplete: true },
  })),
);
