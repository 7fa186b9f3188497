import { formatDuration } from '../domain/duration.js';
import { emergencySchema, policySchema, roleWindowSchema, stepsSchema, windowSchema } from './schema.js';
import { someOf, suggestion } from './issue-text.js';
import { entriesOf, itemsOf, matchesOf, namesAt, textsOf, valueAt, type Finding } from './yaml-tree.js';

/** Those that a rule can approve. */
const EASY_TIERS = ['low', 'standard'] as const;

/** Roles that conflict are roles of this catalog. */
export function checkConflicts(root: unknown): Finding[] {
  const known = namesAt(root, 'resources').flatMap((resource) =>
    namesAt(root, 'resources', resource, 'roles').map((role) => `${resource}:${role}`),
  );
  const unknown = matchesOf(root, ['conflicts', '*', '*']).flatMap(({ path, value }): Finding[] =>
    typeof value !== 'string' || known.includes(value)
      ? []
      : [{ path, at: 'value', message: `unknown role "${value}"; ${suggestion(value, known)}` }],
  );
  const doubled = matchesOf(root, ['conflicts', '*']).flatMap(({ path, value }) =>
    itemsOf(value).flatMap((name, index, all): Finding[] =>
      all.indexOf(name) === index
        ? []
        : [
            {
              path: [...path, index],
              at: 'value',
              message: 'a role does not conflict with itself; name another role, or remove it',
            },
          ],
    ),
  );
  return [...unknown, ...doubled];
}

export function checkResources(root: unknown): Finding[] {
  return entriesOf(valueAt(root, 'resources')).flatMap(([name, resource]) => [
    ...checkDefaultRole(name, resource),
    ...entriesOf(valueAt(resource, 'roles')).flatMap(([role, value]) => {
      const path = ['resources', name, 'roles', role];
      return [
        ...checkPolicyNamed(path, resource, value),
        ...checkTier(path, root, resource, value),
        ...checkRuleForTier(path, root, resource, value),
        ...checkDuration(path, root, resource, value),
        ...checkEmergencyTime(path, root, resource, value),
        ...checkEntitlements(path, root, value),
      ];
    }),
  ]);
}

function checkDefaultRole(name: string, resource: unknown): Finding[] {
  const roles = namesAt(resource, 'roles');
  const chosen = valueAt(resource, 'default_role');
  if (chosen === undefined && roles.length > 1) {
    const message = `several roles and no default_role; add one of ${someOf(roles)}`;
    return [{ path: ['resources', name], at: 'key', message }];
  }
  if (typeof chosen === 'string' && !roles.includes(chosen)) {
    const message = `unknown role "${chosen}"; ${suggestion(chosen, roles)}`;
    return [{ path: ['resources', name, 'default_role'], at: 'value', message }];
  }
  return [];
}

function checkPolicyNamed(path: string[], resource: unknown, role: unknown): Finding[] {
  return valueAt(role, 'policy') === undefined && valueAt(resource, 'policy') === undefined
    ? [{ path, at: 'key', message: 'the role has no policy; add policy to the role or to its resource' }]
    : [];
}

/** Held against what its policy says of the rest. */
function checkDuration(path: string[], root: unknown, resource: unknown, role: unknown): Finding[] {
  const policy = valueAt(role, 'policy') ?? valueAt(resource, 'policy');
  const own = roleWindowSchema.safeParse(valueAt(role, 'duration'));
  const usual = windowSchema.safeParse(valueAt(root, 'policies', String(policy), 'duration'));
  if (!own.success || !usual.success) {
    return [];
  }
  const min = own.data.min ?? usual.data.min;
  const max = own.data.max ?? usual.data.max;
  const standard = own.data.default ?? usual.data.default;
  const where = (key: keyof typeof own.data, of: number): string =>
    `${key} of ${formatDuration(of)}${own.data[key] === undefined ? ` (of policy "${String(policy)}")` : ''}`;
  const message =
    min > max
      ? `the ${where('min', min)} is longer than the ${where('max', max)}; write a shorter min here, or a longer max`
      : standard > max
        ? `the ${where('default', standard)} is longer than the ${where('max', max)}; write a shorter default here, or a longer max`
        : standard < min
          ? `the ${where('default', standard)} is shorter than the ${where('min', min)}; write a longer default here, or a shorter min`
          : null;
  return message === null ? [] : [{ path: [...path, 'duration'], at: 'key', message }];
}

/** In an emergency it is found out too late that a role is given for no such time. */
function checkEmergencyTime(path: string[], root: unknown, resource: unknown, role: unknown): Finding[] {
  const policy = valueAt(role, 'policy') ?? valueAt(resource, 'policy');
  const own = roleWindowSchema.safeParse(valueAt(role, 'duration'));
  const emergency = emergencySchema.safeParse(valueAt(root, 'policies', String(policy), 'emergency'));
  const min = own.data?.min ?? 0;
  if (!emergency.success || min <= emergency.data.up_to) {
    return [];
  }
  const message = `the min of ${formatDuration(min)} is longer than an emergency of policy "${String(policy)}" lasts, ${formatDuration(emergency.data.up_to)} (emergency.up_to); write a shorter min, or a longer up_to`;
  return [{ path: [...path, 'duration'], at: 'key', message }];
}

/** Where only rules approve, one of them has to be for the tier of the role. */
function checkRuleForTier(path: string[], root: unknown, resource: unknown, role: unknown): Finding[] {
  const policy = valueAt(role, 'policy') ?? valueAt(resource, 'policy');
  const parsed = policySchema.safeParse(valueAt(root, 'policies', String(policy))).data;
  const written = valueAt(role, 'tier') ?? 'standard';
  const tier = EASY_TIERS.find((one) => one === written);
  if (parsed?.auto_approve === undefined || parsed.approve !== undefined || tier === undefined) {
    return [];
  }
  const message = `no rule of policy "${String(policy)}" is for tier ${tier}, and nobody approves under it, so nobody could ever be given this; name the tier in a rule, or add approve to the policy`;
  return parsed.auto_approve.every(({ tiers }) => !tiers.includes(tier))
    ? [{ path, at: 'key', message }]
    : [];
}

/** Critical access is never one person's decision. */
function checkTier(path: string[], root: unknown, resource: unknown, role: unknown): Finding[] {
  const policy = valueAt(role, 'policy') ?? valueAt(resource, 'policy');
  if (valueAt(role, 'tier') !== 'critical' || typeof policy !== 'string') {
    return [];
  }
  const written = valueAt(root, 'policies', policy, 'approve');
  if (written === undefined && valueAt(root, 'policies', policy, 'auto_approve') !== undefined) {
    const message = `critical access needs two approvers, and policy "${policy}" asks for none; use a policy with two, or another tier`;
    return [{ path: [...path, 'tier'], at: 'value', message }];
  }
  const steps = stepsSchema.safeParse(written);
  const needed = steps.success ? steps.data.reduce((sum, { count }) => sum + count, 0) : 2;
  const message = `critical access needs two approvers, and policy "${policy}" asks for one; use a policy with two, or another tier`;
  return needed < 2 ? [{ path: [...path, 'tier'], at: 'value', message }] : [];
}

function checkEntitlements(path: string[], root: unknown, role: unknown): Finding[] {
  const seen = new Set<string>();
  return itemsOf(valueAt(role, 'entitlements')).flatMap((entitlement, index): Finding[] => {
    const connector = valueAt(entitlement, 'connector');
    const target = valueAt(entitlement, 'role');
    if (typeof connector !== 'string' || typeof target !== 'string') {
      return [];
    }
    const key = JSON.stringify([connector, target]);
    if (seen.has(key)) {
      const message = `${connector} and ${target} stand here twice; remove one of the two`;
      return [{ path: [...path, 'entitlements', index], at: 'key', message }];
    }
    seen.add(key);
    const managed = textsOf(valueAt(root, 'connectors', connector, 'manage'));
    if (managed.length === 0 || managed.includes(target)) {
      return [];
    }
    const message = `"${target}" is not among the roles that connector "${connector}" manages; add it to manage there, or use one of ${someOf(managed)}`;
    return [{ path: [...path, 'entitlements', index, 'role'], at: 'value', message }];
  });
}
