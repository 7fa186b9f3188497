/** Takes secrets, and what people typed, out of what is logged. Too much is better than too little. */

const removed = '[removed]';
const longestText = 8_192;
const deepest = 4;

const secretsInText: readonly (readonly [RegExp, string])[] = [
  // Up to the last @ of the word: a password that was not percent-encoded may hold @ and / itself.
  [/\b([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s"'<>]*@/gi, `$1${removed}@`],
  // A response_url lets whoever has it speak in the conversation.
  [/\bhttps:\/\/hooks\.slack(?:-gov)?\.com\/[^\s"'<>]*/gi, removed],
  [/\bxox[a-z](?:\.xox[a-z])?-[\w-]+/gi, removed],
  [/\bxapp-[\w-]+/gi, removed],
  [/\b(?:gh[a-z]_|github_pat_)\w+/gi, removed],
  [/\b(bearer)\s+[\w.~+/=-]{8,}/gi, `$1 ${removed}`],
  [/\b(password|passwd|pwd|secret|token|api_?key)(\s*=\s*)[^\s&;,"']+/gi, `$1$2${removed}`],
];

export function scrubText(text: string): string {
  const cut = text.length > longestText ? `${text.slice(0, longestText)}…` : text;
  const scrubbed = secretsInText.reduce((left, [pattern, instead]) => left.replace(pattern, instead), cut);
  return scrubbed.replace(/\b(basic)\s+([\w.~+/=-]+)/gi, (all: string, basic: string, next: string) =>
    isPlainWord(next) ? all : `${basic} ${removed}`,
  );
}

/**
 * "Basic auth is off" is no credential. One is `user:password` in base64, so that what has no colon in it, however
 * it came to be cut off, holds no password. Whatever else does not read as a word is taken for one.
 */
function isPlainWord(text: string): boolean {
  const reads = /^[A-Z]?[a-z]{0,16}(?:-[a-z]{1,16}){0,2}\.?$/.test(text);
  return reads && !Buffer.from(text, 'base64').includes(':');
}

/** Compared in small letters without `_` and `-`, at any depth. */
const removedKeys = new Set([
  'authorization',
  'blocks',
  'cookie',
  'headers',
  'pass',
  'reason',
  'responseurl',
  'setcookie',
  'text',
  'triggerid',
]);
const removedKeyEndings = ['token', 'secret', 'password', 'passwd', 'apikey', 'privatekey', 'credentials'];

function isRemovedKey(key: string): boolean {
  const plain = key.toLowerCase().replaceAll(/[_-]/g, '');
  return removedKeys.has(plain) || removedKeyEndings.some((ending) => plain.endsWith(ending));
}

export function scrubFacts(facts: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return scrubEntries(facts, 0);
}

function scrubEntries(facts: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(facts).map(([key, value]: [string, unknown]) => [
      key,
      isRemovedKey(key) ? removed : scrubValue(value, depth + 1),
    ]),
  );
}

function scrubValue(value: unknown, depth: number, stacks = true): unknown {
  if (typeof value === 'string') {
    return scrubText(value);
  }
  if (typeof value === 'bigint') {
    return value.toString();
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  if (depth > deepest) {
    return '[deeper]';
  }
  if (value instanceof Error) {
    return describeError(value, depth, stacks);
  }
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  }
  if (Array.isArray(value)) {
    return value.map((item: unknown) => scrubValue(item, depth + 1));
  }
  return scrubEntries(value, depth);
}

export type ErrorFacts = {
  readonly type: string;
  readonly code?: string;
  readonly message: string;
  readonly stack?: string;
  readonly cause?: unknown;
  readonly errors?: readonly unknown[];
};

/** Foreseen, and told in words: where in our code it was noticed helps nobody. */
const withoutStack = new Set(['ConnectorError']);

/**
 * Only these properties: a driver's error carries more, such as the arguments of the command that failed,
 * which for a Redis AUTH are the password.
 */
function describeError(error: Error, depth: number, stacks = true): ErrorFacts {
  const withStacks = stacks && !withoutStack.has(error.name);
  const code: unknown = 'code' in error ? error.code : undefined;
  const errors: unknown = 'errors' in error ? error.errors : undefined;
  return {
    type: error.name,
    ...(typeof code === 'string' || typeof code === 'number' ? { code: scrubText(String(code)) } : {}),
    message: scrubText(error.message),
    ...(error.stack === undefined || !withStacks ? {} : { stack: scrubText(error.stack) }),
    ...(error.cause === undefined ? {} : { cause: scrubValue(error.cause, depth + 1, withStacks) }),
    ...(Array.isArray(errors)
      ? { errors: errors.slice(0, 3).map((one: unknown) => scrubValue(one, depth + 1, withStacks)) }
      : {}),
  };
}
