import { execFile } from 'node:child_process';
import { existsSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const here = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Where a compiled file of src/ or bench/ is: what runs in production is not compiled at its start. */
export function built(path: string): string {
  return here(`.built/${path}`);
}

export async function build(): Promise<void> {
  const compiler = here('../node_modules/typescript/bin/tsc');
  await run(process.execPath, [compiler, '-p', here('tsconfig.build.json'), '--noCheck']);
  // What the code reads beside itself.
  for (const name of ['migrations', 'package.json']) {
    if (!existsSync(built(name))) {
      symlinkSync(here(`../${name}`), built(name));
    }
  }
}
