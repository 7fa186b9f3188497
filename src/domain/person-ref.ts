import { asUserId, type UserId } from './ids.js';

/** A person as a catalog or an on-call schedule names them: by Slack id, or by the e-mail address of their Slack account. */
export type PersonRef =
  | { readonly kind: 'id'; readonly userId: UserId }
  | { readonly kind: 'email'; readonly email: string };

export const USER_ID = /^[UW][A-Z0-9]{2,30}$/;
const EMAIL =
  /^[^\s@<>",;:()[\]\\]+@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/i;
const EMAIL_MAX_LENGTH = 254;

/** Null for a text that names nobody in either way. */
export function parsePersonRef(text: string): PersonRef | null {
  if (USER_ID.test(text)) {
    return { kind: 'id', userId: asUserId(text) };
  }
  return EMAIL.test(text) && text.length <= EMAIL_MAX_LENGTH
    ? { kind: 'email', email: text.toLowerCase() }
    : null;
}
