import { z } from 'zod';
import { isLoopbackHost } from './addresses.js';

/** Why a catalog's URL must not be called; null when it may. What goes over a network is not sent in the clear. */
export function callUrlProblem(text: string): string | null {
  if (!URL.canParse(text)) {
    return 'expected a URL, such as https://access.example.com/hallpass';
  }
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    return 'a URL in the catalog holds no user and no password; remove them, since a secret stands in the environment or a file';
  }
  if (url.hash !== '') {
    return 'a URL ends before its #; remove the rest';
  }
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname))) {
    return null;
  }
  return 'expected https://; http:// is for localhost, 127.0.0.1 and [::1] alone';
}

/** The catalog's leave to call an address of this machine or of a private network, and why. */
export const whyPrivate = z
  .string()
  .trim()
  .min(10, 'write a sentence that says why this is right, for whoever reads the catalog next');
