/** A bundle gives what roles of this catalog give, and is no way around the rules of any of them. */
import { looserIn } from './looser-policy.js';
import { suggestion } from './issue-text.js';
import { entriesOf, matchesOf, namesAt, textsOf, valueAt, type Finding, type Path } from './yaml-tree.js';

type Bundle = {
  readonly root: unknown;
  readonly path: Path;
  readonly resource: unknown;
  readonly role: unknown;
  readonly keys: readonly string[];
};
type Named = { readonly key: string; readonly resource: unknown; readonly role: unknown };

const TIERS = ['low', 'standard', 'critical'];

export function checkBundles(root: unknown): Finding[] {
  const known = namesAt(root, 'resources').flatMap((resource) =>
    namesAt(root, 'resources', resource, 'roles').map((role) => `${resource}:${role}`),
  );
  return matchesOf(root, ['resources', '*', 'roles', '*']).flatMap(({ path, value: role }) => {
    const keys = textsOf(valueAt(role, 'bundle'));
    const resource = valueAt(root, 'resources', String(path[1]));
    const bundle = { root, path, resource, role, keys };
    return [
      ...givesOnce(bundle),
      ...keys.flatMap((key, index) => checkPart(bundle, known, key, index)),
      ...inConflict(bundle),
      ...tooMany(bundle),
    ];
  });
}

function givesOnce({ path, role }: Bundle): Finding[] {
  const [own, bundle] = [valueAt(role, 'entitlements'), valueAt(role, 'bundle')];
  if (own !== undefined && bundle !== undefined) {
    const message = 'a bundle gives what its parts give; remove entitlements, or bundle';
    return [{ path: [...path, 'bundle'], at: 'key', message }];
  }
  const isMap = entriesOf(role).length > 0;
  return isMap && own === undefined && bundle === undefined
    ? [{ path: [...path, 'entitlements'], at: 'value', message: '"entitlements" is missing; add it' }]
    : [];
}

function checkPart(bundle: Bundle, known: readonly string[], key: string, index: number): Finding[] {
  const at = { path: [...bundle.path, 'bundle', index], at: 'value' } as const;
  if (!known.includes(key)) {
    return [{ ...at, message: `unknown role "${key}"; ${suggestion(key, known)}` }];
  }
  if (bundle.keys.indexOf(key) < index) {
    return [{ ...at, message: `${key} stands here twice; remove one of the two` }];
  }
  const part = partNamed(bundle.root, key);
  if (valueAt(part.role, 'bundle') !== undefined) {
    return [{ ...at, message: `${key} is a bundle itself; name its parts instead` }];
  }
  return [...tierTooLow(bundle, part), ...tooLoose(bundle, part).map((message) => ({ ...at, message }))];
}

function partNamed(root: unknown, key: string): Named {
  const [name = '', role = ''] = key.split(':');
  const resource = valueAt(root, 'resources', name);
  return { key, resource, role: valueAt(resource, 'roles', role) };
}

/** The card of a bundle warns of whatever is in it. */
function tierTooLow({ path, role }: Bundle, part: Named): Finding[] {
  const [own, needed] = [tierOf(role), tierOf(part.role)];
  return TIERS.indexOf(own) >= TIERS.indexOf(needed)
    ? []
    : [
        {
          path: [...path, 'bundle'],
          at: 'key',
          message: `its part ${part.key} is of tier ${needed}, and the bundle of tier ${own}; write tier: ${needed}`,
        },
      ];
}

/** A tier that is none is told elsewhere. */
function tierOf(role: unknown): string {
  const tier = valueAt(role, 'tier');
  return typeof tier === 'string' && TIERS.includes(tier) ? tier : 'standard';
}

function tooLoose({ root, resource, role }: Bundle, part: Named): string[] {
  const [own, theirs] = [policyOf(resource, role), policyOf(part.resource, part.role)];
  if (typeof own !== 'string' || typeof theirs !== 'string') {
    return [];
  }
  const looser = looserIn(rulesOf(root, own, role), rulesOf(root, theirs, part.role)).join(', ');
  if (looser === '') {
    return [];
  }
  const message =
    own === theirs
      ? `the bundle is not as strict as ${part.key} in ${looser}`
      : `${part.key} stands under policy "${theirs}", and "${own}" is not as strict in ${looser}`;
  return [`${message}; make it so, or leave the part out`];
}

function policyOf(resource: unknown, role: unknown): unknown {
  return valueAt(role, 'policy') ?? valueAt(resource, 'policy');
}

/** The policy, with the role's own word on how long. */
function rulesOf(root: unknown, policy: string, role: unknown): unknown {
  const rules = valueAt(root, 'policies', policy);
  const own = Object.fromEntries(entriesOf(valueAt(role, 'duration')));
  const duration = { ...Object.fromEntries(entriesOf(valueAt(rules, 'duration'))), ...own };
  return { ...Object.fromEntries(entriesOf(rules)), duration };
}

/** It counts as so many accesses as it has parts. */
function tooMany({ root, path, keys }: Bundle): Finding[] {
  const most = valueAt(root, 'limits', 'active');
  const message = `it counts as ${keys.length} accesses, and nobody holds more than ${String(most)} (limits.active); raise that, or leave parts out`;
  return typeof most === 'number' && keys.length > most
    ? [{ path: [...path, 'bundle'], at: 'key', message }]
    : [];
}

function inConflict({ root, path, keys }: Bundle): Finding[] {
  return matchesOf(root, ['conflicts', '*']).flatMap(({ value }): Finding[] => {
    const [one, other] = keys.filter((key) => textsOf(value).includes(key));
    const message = `nobody holds ${one} and ${other} at once (conflicts); leave one of the two out`;
    return one === undefined || other === undefined || one === other
      ? []
      : [{ path: [...path, 'bundle'], at: 'key', message }];
  });
}
