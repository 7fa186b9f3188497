import type { Command } from './command.js';

/** The demo stands on development packages (a pretend Slack, a PostgreSQL engine), so it runs from a clone. */
export async function demo(command: Command): Promise<number> {
  const { runDemo } = await import('../demo/run-demo.js');
  return await runDemo(command);
}
