/** A bundle gives what several roles give, under one request. Whatever counts who holds what counts it as each of them. */
import { allRoles, roleKey } from './catalog.js';
import type { Catalog, Role } from './catalog.js';

export type Place = { readonly roleKey: string; readonly most: number };

/** All that somebody holds who holds this role: itself, and the parts of a bundle. */
export function keysOf(role: Pick<Role, 'resource' | 'name' | 'parts'>): string[] {
  return [roleKey(role), ...partKeys(role)];
}

export function partKeys({ parts }: Pick<Role, 'parts'>): string[] {
  return parts.map(({ key }) => key);
}

/** How many accesses it is. */
export function sizeOf({ parts }: Pick<Role, 'parts'>): number {
  return Math.max(1, parts.length);
}

/** Groups that may ask for a part of it, or may not hold one. */
export function partGroups({ parts }: Pick<Role, 'parts'>): string[] {
  return [...new Set(parts.flatMap(({ request, barred }) => [...request, ...barred]))];
}

/** Whatever of it only so many may hold at once. */
export function placesOf(role: Role): Place[] {
  const own = { key: roleKey(role), maxActive: role.maxActive };
  return [own, ...role.parts].flatMap(({ key, maxActive }) =>
    maxActive === null ? [] : [{ roleKey: key, most: maxActive }],
  );
}

/** The roles by which somebody holds one of these: each itself, and the bundles of it. */
export function givenBy(catalog: Catalog, keys: readonly string[]): Role[] {
  return allRoles(catalog).filter((role) => keysOf(role).some((key) => keys.includes(key)));
}

/** Each role by itself, in place of a bundle of it. */
export function singleRoles(catalog: Catalog, roles: readonly Role[]): Role[] {
  const keys = new Set(roles.flatMap((role) => (role.parts.length === 0 ? [roleKey(role)] : partKeys(role))));
  return allRoles(catalog).filter((role) => keys.has(roleKey(role)));
}
