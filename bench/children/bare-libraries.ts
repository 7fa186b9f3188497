/** The floor of memory: the libraries that Hallpass runs on, loaded, connected and idle. */
import { App, HTTPReceiver, LogLevel } from '@slack/bolt';
import SqliteDatabase from 'better-sqlite3';
import { Queue, Worker } from 'bullmq';
import { z } from 'zod';

const order = z.object({ port: z.number(), redis: z.string() }).parse(JSON.parse(process.argv[2] ?? ''));

const receiver = new HTTPReceiver({ signingSecret: 'of-nobody', logLevel: LogLevel.ERROR });
const app = new App({
  receiver,
  logLevel: LogLevel.ERROR,
  authorize: async () => ({ botToken: 'xoxb-none' }),
});
await app.start({ port: order.port, host: '127.0.0.1' });
const database = new SqliteDatabase(':memory:');
const connection = { url: order.redis, maxRetriesPerRequest: null };
const queue = new Queue('bare', { connection, prefix: 'bare' });
const worker = new Worker('bare', async () => undefined, { connection, prefix: 'bare' });
await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);
process.on('disconnect', () => process.exit(1));
process.send?.({ ready: database.open });
