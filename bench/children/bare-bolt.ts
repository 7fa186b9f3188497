/** The floor of an acknowledgement: Bolt with its own receiver, which acknowledges everything and does nothing. */
import { App, HTTPReceiver, LogLevel } from '@slack/bolt';
import { z } from 'zod';

const orderSchema = z.object({ signingSecret: z.string(), port: z.number() });
const order = orderSchema.parse(JSON.parse(process.argv[2] ?? ''));

const receiver = new HTTPReceiver({
  signingSecret: order.signingSecret,
  endpoints: ['/slack/events'],
  logLevel: LogLevel.ERROR,
});
const app = new App({
  receiver,
  logLevel: LogLevel.ERROR,
  authorize: async () => ({ botToken: 'xoxb-none' }),
});
app.command(/.*/, async ({ ack }) => ack());
app.action(/.*/, async ({ ack }) => ack());
await app.start({ port: order.port, host: '127.0.0.1' });
process.on('disconnect', () => process.exit(1));
process.send?.({ ready: true });
