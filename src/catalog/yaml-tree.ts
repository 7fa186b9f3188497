/** Reads what is there of a YAML value that may be wrong anywhere, so that every mistake is found at once. */

export type Path = readonly PropertyKey[];

/** Something about the catalog, and where. `key`: point at the key rather than at its value. */
export type Finding = { readonly path: Path; readonly at: 'key' | 'value'; readonly message: string };

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function entriesOf(value: unknown): [string, unknown][] {
  return isRecord(value) ? Object.entries(value) : [];
}

export function itemsOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textsOf(value: unknown): string[] {
  return itemsOf(value).filter((item) => typeof item === 'string');
}

/** Own properties only: a group named `constructor` is just a name that is not there. */
export function valueAt(root: unknown, ...path: string[]): unknown {
  let value = root;
  for (const key of path) {
    value = isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }
  return value;
}

export function namesAt(root: unknown, ...path: string[]): string[] {
  return entriesOf(valueAt(root, ...path)).map(([name]) => name);
}

/** Every value under a pattern, with its path; `*` stands for every key of a map or item of a list. */
export function matchesOf(root: unknown, pattern: readonly string[]): { path: Path; value: unknown }[] {
  let found: { path: Path; value: unknown }[] = [{ path: [], value: root }];
  for (const segment of pattern) {
    found = found.flatMap(({ path, value }) => {
      const children: [PropertyKey, unknown][] = Array.isArray(value)
        ? [...value.entries()]
        : entriesOf(value);
      return children
        .filter(([key]) => segment === '*' || key === segment)
        .map(([key, child]) => ({ path: [...path, key], value: child }));
    });
  }
  return found;
}
