import type { Catalog } from '../domain/catalog.js';
import { refusalText } from '../slack/refusal-text.js';
import { withoutMarkup } from '../slack/without-markup.js';
import { merge } from './read-file.js';
import type { PolicyTests } from './read-file.js';
import { openRehearsal } from './rehearsal.js';
import type { Came } from './rehearsal.js';
import type { Given, Step } from './schema.js';

export type TestOutcome = {
  readonly name: string;
  /** Null where all of it came as the test says. */
  readonly failure: { readonly line: number; readonly step: number; readonly what: string } | null;
};

/** Each test begins with nothing asked for, and stops at its first step that comes out differently. */
export async function runPolicyTests(catalog: Catalog, file: PolicyTests): Promise<TestOutcome[]> {
  const outcomes: TestOutcome[] = [];
  for (const test of file.tests) {
    outcomes.push({
      name: test.name,
      failure: await firstFailure(catalog, merge(file.given, test.given), test),
    });
  }
  return outcomes;
}

async function firstFailure(
  catalog: Catalog,
  given: Given,
  test: PolicyTests['tests'][number],
): Promise<TestOutcome['failure']> {
  const rehearsal = openRehearsal(catalog, given);
  try {
    for (const [index, { when, then }] of test.steps.entries()) {
      const at = { line: test.lines[index] ?? 1, step: index + 1 };
      if (when.at !== undefined && when.at < rehearsal.now()) {
        const now = new Date(rehearsal.now()).toISOString();
        return { ...at, what: `time runs on, and it is ${now} already; give a later moment` };
      }
      const came = await rehearsal.go(when);
      if (!fits(came, then, given)) {
        return { ...at, what: `expected ${expectedText(then)}, and it is ${cameText(came, given)}` };
      }
    }
    return null;
  } finally {
    await rehearsal.close();
  }
}

function fits(came: Came, then: Step['then'], given: Given): boolean {
  if ('refused' in came) {
    return typeof then === 'object' && 'refused' in then && then.refused === came.refused.code;
  }
  if (typeof then === 'string') {
    return then === came.state || then === came.review;
  }
  return (
    'needs' in then && came.state === 'waits' && listed(then.needs) === listed(namesOf(came.needs, given))
  );
}

function namesOf(ids: readonly string[], { people }: Given): string[] {
  return ids.map((id) => Object.entries(people).find(([, person]) => person.id === id)?.[0] ?? id);
}

function listed(names: readonly string[]): string {
  return [...new Set(names)].toSorted().join(', ');
}

function expectedText(then: Step['then']): string {
  if (typeof then === 'string') {
    return then;
  }
  return 'refused' in then ? `refused: ${then.refused}` : `waits, needs: ${listed(then.needs)}`;
}

function cameText(came: Came, given: Given): string {
  if ('refused' in came) {
    const why = refusalText(came.refused, { viewer: came.by, command: '/access' });
    return `refused: ${came.refused.code}${why === null ? '' : ` (${withoutMarkup(why)})`}`;
  }
  if (came.state === 'waits') {
    return `waits, needs: ${listed(namesOf(came.needs, given)) || 'nobody who could'}`;
  }
  return came.review === null ? came.state : `${came.state} and ${came.review}`;
}
