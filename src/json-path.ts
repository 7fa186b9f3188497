/** Paths of RFC 9535 into an answer that somebody else gave. */
import { jsonpath, type JSONValue } from 'json-p3';

const environment = new jsonpath.JSONPathEnvironment();
// Their patterns are of the kind that some text keeps busy for ever, and the text is not ours.
environment.functionRegister.delete('match');
environment.functionRegister.delete('search');

/** What is wrong with a path, or null. */
export function pathProblem(path: string): string | null {
  try {
    environment.compile(path);
    return null;
  } catch (error) {
    if (error instanceof jsonpath.JSONPathError) {
      return `not a JSON path of RFC 9535 (${error.message}); write one such as $.oncalls[*].user.email`;
    }
    throw error;
  }
}

/**
 * `nobody`: the path leads to a list, and the list is empty. `nothing`: it leads nowhere, as where the answer has
 * another shape than the path was written for.
 */
export type Selected =
  | { readonly kind: 'values'; readonly values: readonly unknown[] }
  | { readonly kind: 'nobody' }
  | { readonly kind: 'nothing' };

/** `path` has passed `pathProblem`, `value` is what JSON.parse gave. */
export function selectByPath(path: string, value: JSONValue): Selected {
  const { segments } = environment.compile(path);
  let nodes: unknown[] = [value];
  for (let length = 1; length <= segments.length; length += 1) {
    const query = new jsonpath.JSONPathQuery(environment, segments.slice(0, length));
    const next = query.query(value).values();
    if (next.length === 0) {
      const areEmptyLists = nodes.every((node) => Array.isArray(node) && node.length === 0);
      return { kind: areEmptyLists ? 'nobody' : 'nothing' };
    }
    // Somebody without the key that the path names would be left out without a word.
    if (next.length < nodes.length && isOneName(segments[length - 1])) {
      return { kind: 'nothing' };
    }
    nodes = next;
  }
  return { kind: 'values', values: nodes };
}

function isOneName(segment: jsonpath.JSONPathSegment | undefined): boolean {
  const [first, ...others] = segment?.selectors ?? [];
  const isDescendant = segment?.toString().startsWith('..') === true;
  return others.length === 0 && !isDescendant && first instanceof jsonpath.selectors.NameSelector;
}
