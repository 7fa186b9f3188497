import { z } from 'zod';
import { closestName } from '../domain/closest-name.js';
import type { Finding } from './yaml-tree.js';

type Issue = z.core.$ZodIssue;
type RawIssue = z.core.$ZodRawIssue;

const MAX_NAMES = 12;

/** A word that is kept for later, wherever it stands. */
export const NO_STEP_UP = 'there is no step-up yet, and nothing would be asked for; remove step_up';

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'expected text; put quotes around it',
  number: 'expected a number; write it without quotes',
  int: 'expected a whole number; write it without quotes',
  boolean: 'expected true or false; write it without quotes',
  array: 'expected a list; write it as [a, b] or with a dash before each',
  object: 'expected keys and values; write each as key: value',
  record: 'expected keys and values; write each as key: value',
};

/**
 * Words for what the schema itself has none for. An unknown key's message is the list of known ones,
 * from which findingsOf makes a suggestion for each.
 */
export function issueText(issue: RawIssue): string | undefined {
  const { input } = issue;
  if (issue.code === 'unrecognized_keys') {
    return issue.inst instanceof z.ZodObject ? Object.keys(issue.inst.shape).join(' ') : '';
  }
  if (issue.code === 'invalid_union' && typeof issue['discriminator'] === 'string') {
    return discriminatorText(issue['discriminator'], issue['options'], input);
  }
  if (input === undefined || input === null) {
    const key = issue.path?.at(-1);
    return key === undefined
      ? 'the catalog is empty; begin with a copy of access.example.yaml'
      : `"${String(key)}" is missing; add it${isYesOrNo(issue) ? ': true or false' : ''}`;
  }
  return issue.code === 'invalid_type' ? EXPECTED[issue.expected] : undefined;
}

function isYesOrNo(issue: RawIssue): boolean {
  return issue.code === 'invalid_type' && issue.expected === 'boolean';
}

function discriminatorText(key: string, options: unknown, input: unknown): string {
  const known = Array.isArray(options) ? options.map(String) : [];
  const given = z.looseObject({ [key]: z.string() }).safeParse(input).data?.[key];
  if (given === undefined) {
    return `"${key}" is missing; add one of ${known.join(', ')}`;
  }
  return `unknown ${key} "${given}"; ${suggestion(given, known)}`;
}

/** What the person meant, or all there is to choose from. */
export function suggestion(typed: string, known: readonly string[]): string {
  const near = closestName(typed, known);
  if (near !== null) {
    return `did you mean "${near}"?`;
  }
  return known.length === 0 ? 'remove it' : `expected one of ${someOf(known)}`;
}

/** A message of a thousand names helps nobody. */
export function someOf(names: readonly string[]): string {
  return names.length <= MAX_NAMES ? names.join(', ') : `${names.slice(0, MAX_NAMES).join(', ')}, …`;
}

export function findingsOf(issue: Issue): Finding[] {
  if (issue.code === 'unrecognized_keys') {
    const known = issue.message === '' ? [] : issue.message.split(' ');
    return issue.keys.map((key) => ({
      path: [...issue.path, key],
      at: 'key',
      message: key === 'step_up' ? NO_STEP_UP : `unknown key "${key}"; ${suggestion(key, known)}`,
    }));
  }
  if (issue.code === 'invalid_key') {
    return issue.issues.map(({ message }) => ({ path: issue.path, at: 'key', message }));
  }
  return [{ path: issue.path, at: 'value', message: issue.message }];
}
