import { runCommand } from '../../src/cli.js';
import type { Environment } from '../../src/variables.js';

/** `hallpass …` in this process: its exit code, and what it prints; `said` is both, as they came. */
export async function atCommandLine(
  env: Environment,
  name: string,
  ...args: string[]
): Promise<{ code: number; out: string; err: string; said: string }> {
  const said: { readonly to: 'out' | 'err'; readonly text: string }[] = [];
  const code = await runCommand(name, {
    args,
    env,
    stopping: new AbortController().signal,
    onHangUp: () => undefined,
    isTerminal: false,
    out: (text) => void said.push({ to: 'out', text }),
    err: (text) => void said.push({ to: 'err', text }),
  });
  const printed = (to?: 'out' | 'err') =>
    said
      .filter((one) => to === undefined || one.to === to)
      .map(({ text }) => text)
      .join('\n');
  return { code, out: printed('out'), err: printed('err'), said: printed() };
}
