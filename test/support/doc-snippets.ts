import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The pieces of a catalog that a page of docs/ shows. */
export function snippetsOf(page: string): string[] {
  return [...textOf(page).matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, snippet = '']) => snippet);
}

/** What each block of a page is said to be, whatever that is and wherever it stands. */
export function fencesOf(page: string): string[] {
  const fences = [...textOf(page).matchAll(/^[ >]*(?:```|~~~)(.*)$/gm)].map(([, words = '']) => words.trim());
  return fences.filter((_, index) => index % 2 === 0);
}

export function textOf(page: string): string {
  return readFileSync(fileURLToPath(new URL(`../../docs/${page}`, import.meta.url)), 'utf8');
}
