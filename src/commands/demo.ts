import type { Command } from './command.js';

type RunDemo = (command: Command) => Promise<number>;

async function load(): Promise<RunDemo> {
  return (await import('../demo/run-demo.js')).runDemo;
}

/** The demo stands on development packages (a pretend Slack, a PostgreSQL engine), so it runs from a clone. */
export async function demo(command: Command, loadDemo = load): Promise<number> {
  let runDemo: RunDemo;
  try {
    runDemo = await loadDemo();
  } catch (error) {
    if (!isMissingPackage(error)) {
      throw error;
    }
    command.err(
      'hallpass: the demo needs development packages, which are not installed here; run it from a clone of the repository: npm ci && npm run demo',
    );
    return 1;
  }
  return await runDemo(command);
}

/** And not a file of our own, which would be a fault. */
function isMissingPackage(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === 'ERR_MODULE_NOT_FOUND' &&
    error.message.startsWith('Cannot find package')
  );
}
