import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test.each([true, false])(
  'what was logged before an exit reaches the pipe, all of it (pretty: %s)',
  (pretty) => {
    const module = fileURLToPath(new URL('../../../src/ops/log.ts', import.meta.url));
    const program = `
    import { createLog } from ${JSON.stringify(module)};
    const log = createLog({ level: 'info', pretty: ${pretty} });
    for (let i = 0; i < 5000; i += 1) log.info({}, 'one of many');
    log.error({}, 'last words');
    process.exit(3);
  `;
    const { status, stderr, stdout } = spawnSync(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', program],
      { encoding: 'utf8' },
    );
    expect({ status, stderr }).toEqual({ status: 3, stderr: '' });
    expect(stdout.match(/one of many/g)).toHaveLength(5_000);
    expect(stdout).toContain('last words');
  },
);
