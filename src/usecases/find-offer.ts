import { allRoles, findRole, roleKey } from '../domain/catalog.js';
import type { Catalog } from '../domain/catalog.js';
import { closestName } from '../domain/closest-name.js';
import type { Offer } from '../domain/decide.js';
import type { Refusal } from '../domain/refusal.js';
import { accept, refuse } from '../domain/result.js';
import type { Result } from '../domain/result.js';

/** The role that a person named, with its policy. Case does not matter. */
export function findOffer(catalog: Catalog, resource: string, role: string | null): Result<Offer, Refusal> {
  const found = catalog.resources.get(resource.toLowerCase());
  if (found === undefined) {
    const closest = closestName(resource, catalog.resources.keys());
    const suggestions = closest === null ? [] : [closest];
    return refuse({ code: 'unknown-resource', typed: resource, suggestions });
  }
  const offered = offerOf(catalog, found.name, role?.toLowerCase() ?? found.defaultRole);
  if (offered === null) {
    const roles = [...found.roles.keys()];
    return refuse({ code: 'unknown-role', resource: found.name, typed: role ?? found.defaultRole, roles });
  }
  return accept(offered);
}

/** The role as the catalog in force offers it; null when it no longer does. */
export function offerOf(catalog: Catalog, resource: string, role: string): Offer | null {
  const found = findRole(catalog, resource, role);
  const policy = found === undefined ? undefined : catalog.policies.get(found.policy);
  return found === undefined || policy === undefined
    ? null
    : { role: found, policy: { ...policy, ...found.window, request: found.request ?? policy.request } };
}

export function titleOf(catalog: Catalog, resource: string, role: string): string {
  return findRole(catalog, resource, role)?.title ?? `${resource}:${role}`;
}

/** The roles that a person means by `prod-db` or `prod-db:admin`; none when it is no such name. */
export function rolesNamed(catalog: Catalog, typed: string): string[] {
  const name = typed.toLowerCase();
  return allRoles(catalog)
    .filter((role) => roleKey(role) === name || role.resource === name)
    .map(roleKey);
}
