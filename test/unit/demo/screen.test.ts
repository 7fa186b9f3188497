import { expect, test } from 'vitest';
import { createScreen } from '../../../src/demo/screen.js';
import type { Answer } from '../../../src/demo/target.js';

const ROWS: Answer = { kind: 'rows', columns: ['member', 'role'], rows: [['dana', 'app_readonly']] };
const ESCAPE = String.fromCodePoint(27);

function shown(colour: boolean): string[] {
  const lines: string[] = [];
  const screen = createScreen({ out: (text) => lines.push(...text.split('\n')), colour });
  const long = 'a sentence that goes on and on '.repeat(6);
  screen.chapter('Dana asks');
  screen.does('dana', 'types  /access list');
  screen.message('only dana sees', `First line\n${long}`);
  screen.met(long);
  screen.proof('dana', 'select 1', ROWS);
  screen.proof('dana', 'select 2', { kind: 'refused', text: 'permission denied' });
  screen.unmet({ what: 'It comes', withinMs: 2_000, instead: long });
  return lines;
}

test('no line is longer than 80 columns, and without colour none holds an escape code', () => {
  const lines = shown(false);
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  expect(lines.filter((line) => line.includes(ESCAPE) || /\s$/.test(line))).toEqual([]);
});

test('colour changes nothing but the colour', () => {
  const coloured = shown(true).join('\n');
  expect(coloured).toContain(ESCAPE);
  const codes = new RegExp(String.raw`${ESCAPE}\[\d+m`, 'g');
  expect(coloured.replaceAll(codes, '')).toBe(shown(false).join('\n'));
});

test('an answer of the database is shown as psql shows it', () => {
  const lines: string[] = [];
  createScreen({ out: (text) => lines.push(text), colour: false }).proof('dana', 'select 1', ROWS);
  expect(lines).toEqual([
    '  SQL, as dana',
    '    select 1',
    '    member | role',
    '    -------+-------------',
    '    dana   | app_readonly',
    '    (1 row)',
  ]);
});
