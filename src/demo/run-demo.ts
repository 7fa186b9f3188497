import type { Command } from '../commands/command.js';

export async function runDemo(command: Command): Promise<number> {
  await Promise.resolve();
  command.err('not yet');
  return 1;
}
