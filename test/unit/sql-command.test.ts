import { describe, expect, test } from 'vitest';
import { runCommand } from '../../src/cli.js';
import { sqlVersion } from '../../src/connectors/postgres/sql/version.js';

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const code = await runCommand('sql', {
    args,
    env: {},
    stopping: new AbortController().signal,
    onHangUp: () => undefined,
    isTerminal: false,
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
  });
  return { code, ...said };
}

describe('hallpass sql', () => {
  test('prints what a DBA runs, all or nothing, and which version it is', async () => {
    const { code, out } = await run('postgres');

    expect(code).toBe(0);
    expect(out).toMatch(/^-- .*\n/);
    expect(out).toContain(`version ${sqlVersion}`);
    expect(out.match(/^(BEGIN|COMMIT);$/gm)).toEqual(['BEGIN;', 'COMMIT;']);
    expect(out.trimEnd().endsWith('COMMIT;')).toBe(true);
  });

  test('every function in it is safe from a search path of somebody else, and none is open to everybody', async () => {
    const { out } = await run('postgres');

    const functions = out.match(/CREATE OR REPLACE FUNCTION[\s\S]*?AS \$hallpass\$/g) ?? [];

    expect(functions.length).toBeGreaterThan(30);
    expect(functions.filter((one) => !one.includes('SET search_path = pg_catalog, pg_temp'))).toEqual([]);
    expect(out).toContain('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA hallpass FROM PUBLIC;');
  });

  test.each([[[]], [['nix']], [['simulate']], [['postgres', 'more']]])(
    'for %j it says which kinds there are',
    async (args) => {
      expect(await run(...args)).toEqual({ code: 2, out: '', err: expect.stringContaining('postgres') });
    },
  );
});
