import { isIP } from 'node:net';
import { z } from 'zod';
import { isLoopbackHost, reachOf, withoutBrackets } from './addresses.js';

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

/** Why such a URL is never reached, as far as it tells by itself: a name may lead anywhere. */
export function privateUrlProblem(text: string, allowPrivate: boolean): string | null {
  const host = withoutBrackets(URL.canParse(text) ? new URL(text).hostname : '');
  const reach = isLoopbackHost(host) ? 'loopback' : isIP(host) === 0 ? 'public' : reachOf(host);
  if (reach === 'forbidden') {
    return 'no call goes to this address; write another';
  }
  return reach === 'public' || allowPrivate
    ? null
    : `an address of ${reach === 'loopback' ? 'this machine' : 'a private network'} is called only where the catalog says why; add allow_private with a sentence, or write another address`;
}

/** The catalog's leave to call an address of this machine or of a private network, and why. */
export const whyPrivate = z
  .string({
    error: ({ input }) =>
      typeof input === 'boolean'
        ? 'expected a sentence and not true or false; write why this address is right, for whoever reads the catalog next'
        : undefined,
  })
  .trim()
  .min(10, 'write a sentence that says why this is right, for whoever reads the catalog next');
