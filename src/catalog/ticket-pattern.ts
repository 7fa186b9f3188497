/** Patterns in the syntax of RE2: no text that a person types can keep the process busy with one. */
import { RE2JS, RE2JSSyntaxException } from 're2js';

/** What is wrong with a pattern, or null. */
export function patternProblem(pattern: string): string | null {
  try {
    return RE2JS.compile(pattern).matcher('').find()
      ? 'this pattern finds a ticket in nothing at all; write one that needs some characters, such as [A-Z]+-[0-9]+'
      : null;
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) {
      return `not a pattern of RE2 (${error.message}); write one such as [A-Z]+-[0-9]+`;
    }
    throw error;
  }
}

/** Finds the first ticket in a text. */
export function ticketFinder(pattern: string): (text: string) => string | null {
  const compiled = RE2JS.compile(pattern);
  return (text) => {
    const found = compiled.matcher(text);
    return found.find() && found.group() !== '' ? found.group() : null;
  };
}
