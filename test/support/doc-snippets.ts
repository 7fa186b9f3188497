import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The pieces of a catalog that a page of docs/ shows. */
export function snippetsOf(page: string): string[] {
  const text = readFileSync(fileURLToPath(new URL(`../../docs/${page}`, import.meta.url)), 'utf8');
  return [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, snippet = '']) => snippet);
}
