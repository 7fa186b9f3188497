import { expect, test } from 'vitest';
import type { Command } from '../../../src/commands/command.js';
import { demo } from '../../../src/commands/demo.js';

function commandWith(said: string[]): Command {
  return {
    args: [],
    env: {},
    stopping: new AbortController().signal,
    onHangUp: () => undefined,
    isTerminal: false,
    out: (text) => said.push(text),
    err: (text) => said.push(text),
  };
}

async function importing(specifier: string): Promise<never> {
  await import(specifier);
  throw new Error('It is there');
}

test('without the development packages the demo says in one sentence where it runs', async () => {
  const said: string[] = [];
  const code = await demo(commandWith(said), () => importing('a-package-that-is-not-installed'));
  expect(code).toBe(1);
  expect(said).toEqual([
    'hallpass: the demo needs development packages, which are not installed here; run it from a clone of the repository: npm ci && npm run demo',
  ]);
});

test('a missing file of our own is a fault, and not explained away', async () => {
  const missing = new URL('not-there.js', import.meta.url).href;
  await expect(demo(commandWith([]), () => importing(missing))).rejects.toThrow('not-there.js');
});
