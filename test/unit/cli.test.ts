import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runCommand } from '../../src/cli.js';

async function run(name: string, ...args: string[]): Promise<{ code: number; out: string[]; err: string[] }> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCommand(name, {
    args,
    env: {},
    stopping: new AbortController().signal,
    onHangUp: () => undefined,
    isTerminal: false,
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
  });
  return { code, out, err };
}

const COMMANDS = [
  'start',
  'check',
  'policy',
  'reload',
  'schema',
  'sql',
  'audit',
  'reconcile',
  'orphans',
  'stuck',
  'retry',
  'removed',
  'clock',
  'doctor',
  'demo',
];

describe('the command line', () => {
  test.each([['help'], ['--help'], ['-h'], ['help', '--help']])(
    'lists every command for `hallpass %s %s`',
    async (name, ...args) => {
      const { code, out, err } = await run(name, ...args);

      expect({ code, err }).toEqual({ code: 0, err: [] });
      const listed = [...out.join('').matchAll(/^ {2}([a-z]+) /gm)].map(([, one]) => one);
      expect(listed).toEqual([...COMMANDS, 'help']);
    },
  );

  test.each(COMMANDS)('`hallpass %s --help` says how it is used, and does nothing else', async (name) => {
    const help = await run(name, '--help');

    expect(help).toEqual({
      code: 0,
      out: [expect.stringMatching(new RegExp(`^Usage: hallpass ${name}\\b[^]*\\nExit codes: 0 `))],
      err: [],
    });
    expect(await run(name, 'more', '-h')).toEqual(help);
    expect(await run('help', name)).toEqual(help);
  });

  test.each(['--version', '-V'])('`hallpass %s` is the version of the package', async (name) => {
    const [, version] = /"version": "([^"]+)"/.exec(readFileSync('package.json', 'utf8')) ?? [];

    expect(await run(name)).toEqual({ code: 0, out: [version], err: [] });
  });

  test.each([['nope'], ['help', 'nope']])(
    '`hallpass %s %s` says which commands there are',
    async (...words) => {
      const [name = '', ...args] = words;

      expect(await run(name, ...args)).toEqual({
        code: 2,
        out: [],
        err: [expect.stringMatching(/^hallpass: there is no command "nope"\n\nUsage: hallpass COMMAND\n/)],
      });
    },
  );

  test.each(['start', 'schema', 'audit', 'reconcile', 'stuck', 'doctor', 'demo'])(
    '`hallpass %s` takes no arguments',
    async (name) => {
      const text = `hallpass: ${name} takes no "--quiet"\n\nUsage: hallpass ${name}\n`;

      expect(await run(name, '--quiet')).toEqual({ code: 2, out: [], err: [expect.stringContaining(text)] });
    },
  );

  test.each([
    ['check', '--quiet'],
    ['check', 'a.yaml', 'b.yaml'],
    ['sql', 'postgres', 'more'],
    ['orphans', 'show'],
    ['orphans', 'remove', 'x'],
    ['orphans', 'remove', 'x', '--force'],
    ['retry'],
    ['retry', '--all'],
    ['removed', 'x'],
    ['removed', 'x', '--reason', ''],
    ['removed', 'x', '--reason', 'gone', '--force'],
    ['clock', 'set'],
  ])('`hallpass %s %s %s %s` is answered by the usage of that command', async (...words) => {
    const [name = '', ...args] = words;

    expect(await run(name, ...args)).toEqual({
      code: 2,
      out: [],
      err: [expect.stringContaining(`Usage: hallpass ${name}`)],
    });
  });

  test('tells a kind of connector without SQL from one that does not exist', async () => {
    const webhook = await run('sql', 'webhook');
    const mysql = await run('sql', 'mysql');

    expect(webhook).toMatchObject({
      code: 2,
      err: [expect.stringMatching(/^hallpass: connectors of the kind webhook need no SQL/)],
    });
    expect(mysql).toMatchObject({
      code: 2,
      err: [
        expect.stringMatching(/^hallpass: there is no kind of connector "mysql"; the kinds are postgres,/),
      ],
    });
  });
});
