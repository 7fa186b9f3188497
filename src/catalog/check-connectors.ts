import type { ConnectorKind } from './connector-kind.js';
import { entriesOf, matchesOf, namesAt, textsOf, valueAt, type Finding } from './yaml-tree.js';

/** What the kind itself knows of names that must never be managed. */
export function checkManagedRoles(root: unknown, kinds: readonly ConnectorKind[]): Finding[] {
  return matchesOf(root, ['connectors', '*', 'manage', '*']).flatMap(({ path, value }): Finding[] => {
    const use = valueAt(root, 'connectors', String(path[1]), 'use');
    const kind = kinds.find((candidate) => candidate.use === use);
    const message = typeof value === 'string' ? kind?.roleNameProblem?.(value) : null;
    return message === null || message === undefined ? [] : [{ path, at: 'value', message }];
  });
}

/** Standing access is removed only where the connector can; one that can't must not promise it. */
export function checkOnDrift(root: unknown, kinds: readonly ConnectorKind[]): Finding[] {
  return matchesOf(root, ['connectors', '*', 'on_drift']).flatMap(({ path, value }): Finding[] => {
    const connector = valueAt(root, 'connectors', String(path[1]));
    const use = valueAt(connector, 'use');
    const kind = kinds.find((candidate) => candidate.use === use);
    const settings = Object.fromEntries(entriesOf(connector));
    const message = `this ${String(use)} connector cannot remove access that others gave, so enforce cannot be; write report or restore`;
    return value === 'enforce' && kind !== undefined && kind.expels?.(settings) !== true
      ? [{ path, at: 'value', message }]
      : [];
  });
}

/** One account is one person: whoever shares it could approve for the other, or keep what the other gave up. */
export function checkAccounts(root: unknown): Finding[] {
  return namesAt(root, 'connectors').flatMap((connector) => {
    const owners = new Map<unknown, string>();
    const accounts = matchesOf(root, ['connectors', connector, 'identity', 'map', '*']);
    return accounts.flatMap(({ path, value }): Finding[] => {
      const userId = String(path.at(-1));
      const owner = owners.get(value);
      if (owner !== undefined && typeof value === 'string') {
        const message = `account "${value}" belongs to ${owner} already, and two people must not share one; give each an account of their own`;
        return [{ path, at: 'value', message }];
      }
      owners.set(value, userId);
      return [];
    });
  });
}

/** Allowed, and likely to surprise. */
export function doubtfulIdentities(root: unknown): Finding[] {
  return namesAt(root, 'connectors').flatMap((name): Finding[] => {
    const path = ['connectors', name, 'identity', 'from_email'];
    const rule = valueAt(root, ...path);
    const mapped = namesAt(root, 'connectors', name, 'identity', 'map');
    if (rule === undefined && mapped.length === 0) {
      const message = `nobody has an account in connector "${name}"; add identity with map or from_email`;
      return [{ path: ['connectors', name], at: 'key', message }];
    }
    const domains = new Set(textsOf(valueAt(rule, 'domains')));
    if (valueAt(rule, 'part') === 'local' && domains.size > 1) {
      const message =
        'with part: local, people of the same name in two domains mean one account; use part: whole, or one domain';
      return [{ path: [...path, 'domains'], at: 'key', message }];
    }
    return [];
  });
}
