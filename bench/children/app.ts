/** Hallpass itself in a process of its own, with a slow target in the place of the catalog's connectors. */
import { z } from 'zod';
import { start } from '../../src/commands/start.js';
import { createStore } from '../../src/store/create-store.js';
import { createSlowTarget } from './slow-target.js';

const orderSchema = z.object({
  env: z.record(z.string(), z.string()),
  callMs: z.union([z.number(), z.literal('hangs')]),
});

const order = orderSchema.parse(JSON.parse(process.argv[2] ?? ''));
const target = createSlowTarget(order);

process.on('message', () => void process.send?.({ calls: target.calls() }));
// Whoever started this process is gone: nobody would ever end it.
process.on('disconnect', () => process.exit(1));

const code = await start(
  {
    args: [],
    env: order.env,
    stopping: new AbortController().signal,
    onHangUp: () => undefined,
    isTerminal: false,
    out: (text) => void process.stdout.write(`${text}\n`),
    err: (text) => void process.stderr.write(`${text}\n`),
  },
  { createStore, createConnectors: () => ({ get: () => target, close: async () => undefined }) },
);
// The channel to whoever started it would keep it.
process.exit(code);
