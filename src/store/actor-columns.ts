import type { Actor } from '../domain/grant.js';
import { asUserId } from '../domain/ids.js';

/** What tells actors of one kind apart: a person's id, an operator's name. */
export function actorName(actor: Actor): string | null {
  switch (actor.kind) {
    case 'person':
      return actor.userId;
    case 'operator':
      return actor.name;
    case 'hallpass':
      return null;
  }
}

/** Null when there is no such actor. */
export function toActor(kind: Actor['kind'], name: string | null): Actor | null {
  if (kind === 'hallpass') {
    return name === null ? { kind } : null;
  }
  if (name === null) {
    return null;
  }
  return kind === 'person' ? { kind, userId: asUserId(name) } : { kind, name };
}
