import { describe, expect, test } from 'vitest';
import { runCommand } from '../../src/cli.js';

async function run(name: string, ...args: string[]): Promise<{ code: number; out: string[]; err: string[] }> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCommand(name, {
    args,
    env: {},
    stopping: new AbortController().signal,
    isTerminal: false,
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
  });
  return { code, out, err };
}

describe('the command line', () => {
  test.each([['help'], ['--help'], ['-h'], ['removed', '--help'], ['start', '-h']])(
    'gives help for `hallpass %s %s`, and does nothing else',
    async (name, ...args) => {
      const help = expect.stringMatching(/^Usage: hallpass COMMAND/);

      expect(await run(name, ...args)).toEqual({ code: 0, out: [help], err: [] });
    },
  );

  test.each(['start', 'schema', 'audit', 'demo'])('`hallpass %s` takes no arguments', async (name) => {
    expect(await run(name, '--quiet')).toEqual({ code: 2, out: [], err: [`Usage: hallpass ${name}`] });
  });

  test('says for which kind of connector there is no SQL', async () => {
    const { code, err } = await run('sql', 'webhook');

    expect(code).toBe(2);
    expect(err.join('')).toMatch(/^hallpass: there is no SQL for "webhook"\n\nUsage: hallpass sql KIND/);
  });
});
