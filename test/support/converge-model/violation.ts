/** A rule of the model is broken in some state; the walk adds how it came to that. */
export class Violation extends Error {}

export function violate(what: string): never {
  throw new Violation(what);
}
