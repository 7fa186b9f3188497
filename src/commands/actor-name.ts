import type { Actor } from '../domain/grant.js';

export function actorName(by: Actor): string {
  return by.kind === 'person' ? by.userId : by.kind === 'operator' ? by.name : 'Hallpass';
}
