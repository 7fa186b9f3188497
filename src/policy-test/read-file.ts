import { findingsOf, issueText, suggestion } from '../catalog/issue-text.js';
import { problemText } from '../catalog/load-catalog.js';
import { readYaml } from '../catalog/read-yaml.js';
import type { Finding, Path } from '../catalog/yaml-tree.js';
import type { Catalog, Group } from '../domain/catalog.js';
import { ACTS, policyTestSchema } from './schema.js';
import type { Given, PolicyTest, PolicyTestFile, Step } from './schema.js';

export type PolicyTests = Omit<PolicyTestFile, 'tests'> & {
  readonly tests: readonly (PolicyTest & { readonly lines: readonly number[] })[];
  /** What is said of places in the file, with line and column. */
  readonly told: (findings: readonly Finding[]) => string[];
};

type Read<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads a file of policy tests, or says everything that is wrong with its form. */
export function readPolicyTests(source: string, file: string): Read<PolicyTests> {
  const yaml = readYaml(source);
  const tell = (problems: readonly Parameters<typeof problemText>[0][]) => problems.map(problemText);
  const syntax = yaml.problems.map((problem) => ({ file, ...problem }));
  if (yaml.value === null || syntax.length > 0) {
    return { ok: false, problems: tell(syntax) };
  }
  if (yaml.value.root === null) {
    return {
      ok: false,
      problems: [`${file}: the file is empty; begin with a copy of access.example.test.yaml`],
    };
  }
  const parsed = policyTestSchema.safeParse(yaml.value.root, { error: issueText });
  const findings = parsed.success
    ? wrongSteps(parsed.data)
    : parsed.error.issues.flatMap((issue) => findingsOf(issue));
  const told = (all: readonly Finding[]) =>
    tell(all.map(({ path, at, message }) => ({ file, ...yaml.place(path, at), message })));
  if (!parsed.success || findings.length > 0) {
    return { ok: false, problems: told(findings) };
  }
  const tests = parsed.data.tests.map((test, index) => ({
    ...test,
    lines: test.steps.map((_step, at) => yaml.place(['tests', index, 'steps', at, 'when'], 'key').line),
  }));
  return { ok: true, value: { ...parsed.data, tests, told } };
}

/** What of a step's form a schema can't say, and who is named and not given. */
function wrongSteps({ given, tests }: PolicyTestFile): Finding[] {
  return [
    ...unknownPeople(given, given, ['given']),
    ...twins(given, given, ['given']),
    ...tests.flatMap((test, index) => {
      const all = merge(given, test.given);
      const path = ['tests', index];
      return [
        ...unknownPeople(test.given, all, [...path, 'given']),
        ...twins(test.given, all, [...path, 'given']),
        ...test.steps.flatMap((step, at) => {
          const hasBegun = test.steps.slice(0, at).some(({ when }) => when.requests ?? when.takes);
          return wrongStep(step, hasBegun, all, [...path, 'steps', at]);
        }),
      ];
    }),
  ];
}

/** What a test is given: what the file gives, and what the test itself does instead. */
export function merge(file: Given, test: Given): Given {
  return {
    people: { ...file.people, ...test.people },
    groups: { ...file.groups, ...test.groups },
  };
}

function unknownPeople(of: Given, all: Given, path: Path): Finding[] {
  const managers = Object.entries(of.people).flatMap(([name, { manager }]) =>
    manager === undefined ? [] : unknown(manager, all, [...path, 'people', name, 'manager']),
  );
  const members = Object.entries(of.groups).flatMap(([group, names]) =>
    names === 'unreadable'
      ? []
      : names.flatMap((name, index) => unknown(name, all, [...path, 'groups', group, index])),
  );
  return [...managers, ...members];
}

/** Two names for one Slack user would let somebody approve their own request. */
function twins(of: Given, all: Given, path: Path): Finding[] {
  const names = Object.keys(all.people);
  return Object.entries(of.people).flatMap(([name, { id }]): Finding[] => {
    const other = names.find((one) => one !== name && all.people[one]?.id === id);
    const isSecond =
      other !== undefined && (of.people[other]?.id !== id || names.indexOf(other) < names.indexOf(name));
    const message = `"${other ?? ''}" has this id as well; give each person an id of their own`;
    return isSecond ? [{ path: [...path, 'people', name, 'id'], at: 'value', message }] : [];
  });
}

function unknown(name: string, { people }: Given, path: Path): Finding[] {
  return Object.hasOwn(people, name)
    ? []
    : [
        {
          path,
          at: 'value',
          message: `nobody called "${name}" is given; ${suggestion(name, Object.keys(people))}`,
        },
      ];
}

const BEGINNINGS: ReadonlySet<string> = new Set(['requests', 'takes', 'delegates']);

function wrongStep({ when, then }: Step, hasBegun: boolean, all: Given, path: Path): Finding[] {
  const { at, who, requests, delegates } = when;
  const acts = ACTS.filter((one) => when[one] !== undefined);
  const wrong = (message: string): Finding[] => [{ path: [...path, 'when'], at: 'key', message }];
  const named = [
    ...(who === undefined ? [] : unknown(who, all, [...path, 'when', 'who'])),
    ...(requests?.for === undefined ? [] : unknown(requests.for, all, [...path, 'when', 'requests', 'for'])),
    ...(typeof delegates !== 'object'
      ? []
      : unknown(delegates.to, all, [...path, 'when', 'delegates', 'to'])),
    ...(typeof then === 'object' && 'needs' in then
      ? then.needs.flatMap((name, index) => unknown(name, all, [...path, 'then', 'needs', index]))
      : []),
  ];
  if (acts.length > 1) {
    return wrong(`a step does one thing, and this one ${acts.join(' and ')}; make several steps of it`);
  }
  if (acts.length === 0 && (at === undefined || who !== undefined)) {
    return wrong(`nothing happens here; add one of ${ACTS.join(', ')}, or only a later "at"`);
  }
  if (acts.length === 1 && who === undefined) {
    return wrong('"who" is missing; name whoever does it');
  }
  return !hasBegun && !acts.some((act) => BEGINNINGS.has(act))
    ? wrong('nothing is requested yet; begin with a step that requests, takes or delegates')
    : named;
}

/** Groups that are given, and which the catalog does not let anybody give. */
export function wrongGroups(catalog: Catalog, { given, tests }: PolicyTests): Finding[] {
  return [
    ...wrongGroupsIn(catalog, given, ['given']),
    ...tests.flatMap((test, index) => wrongGroupsIn(catalog, test.given, ['tests', index, 'given'])),
  ];
}

function wrongGroupsIn(catalog: Catalog, given: Given, path: Path): Finding[] {
  return Object.keys(given.groups).flatMap((name): Finding[] => {
    const group = catalog.groups.get(name);
    const why = group === undefined ? null : whyNotGiven(sourceOf(group));
    const message =
      group === undefined
        ? `the catalog has no group "${name}"; ${suggestion(name, [...catalog.groups.keys()])}`
        : `group "${name}": ${why ?? ''}`;
    return group !== undefined && why === null
      ? []
      : [{ path: [...path, 'groups', name], at: 'key', message }];
  });
}

function sourceOf(group: Group): Group {
  return group.kind === 'except' ? sourceOf(group.from) : group;
}

function whyNotGiven({ kind }: Group): string | null {
  switch (kind) {
    case 'users':
      return 'the catalog lists its members; take it out of "given"';
    case 'any-of':
    case 'all-of':
      return 'the catalog makes it of other groups; give those';
    case 'manager':
      return 'it is the manager of somebody; give people a "manager"';
    case 'except':
    case 'usergroup':
    case 'channel':
    case 'on-call':
      return null;
    default:
      return kind satisfies never;
  }
}
