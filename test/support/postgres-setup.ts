import { readFile } from 'node:fs/promises';
import { shippedSql } from '../../src/connectors/postgres/sql/shipped-sql.js';

export const POSTGRES_MODES = ['group', 'function', 'ephemeral'] as const;
export type PostgresMode = (typeof POSTGRES_MODES)[number];

/** The set-up that the README tells people to run, as it stands there; with the functions, after a first sweep. */
export async function setupFromReadme(version: string, mode: PostgresMode): Promise<string[]> {
  const readme = new URL('../../src/connectors/postgres/README.md', import.meta.url);
  const text = await readFile(readme, 'utf8');
  const here = Number(version) >= 16 ? 'PostgreSQL 16 and later' : 'PostgreSQL 15';
  if (mode === 'group') {
    return [blockUnder(`group on ${here}`, text)];
  }
  const logins = mode === 'ephemeral' ? [blockUnder('ephemeral on PostgreSQL 15, 16 and later', text)] : [];
  return [shippedSql, blockUnder(`function on ${here}`, text), ...logins, 'SELECT hallpass.sweep()'];
}

function blockUnder(heading: string, text: string): string {
  const section = text.split(`### ${heading}\n`)[1];
  const block = /^\n```sql\n([\s\S]*?)```/.exec(section ?? '')?.[1];
  if (block === undefined) {
    throw new Error(`The README has no SQL right under "${heading}"`);
  }
  return block;
}
