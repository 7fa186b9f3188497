import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
} from '@slack/web-api';

/** What went wrong with a call to Slack's Web API, in one word that may be logged and stored. */
export type SlackTrouble =
  | { readonly kind: 'refused'; readonly code: string }
  | { readonly kind: 'rate-limited'; readonly code: 'ratelimited'; readonly afterMs: number }
  /** No answer, or none that says anything; the call may have been carried out. */
  | { readonly kind: 'no-answer'; readonly code: string };

/** For a line in the log: which host, and as exactly as is known why. Null for a fault of ours. */
export function troubleFacts(error: unknown, apiUrl: string): { host: string; error: string } | null {
  const trouble = slackTrouble(error);
  return trouble === null ? null : { host: new URL(apiUrl).host, error: systemCode(error) ?? trouble.code };
}

/** Of an error's causes, such as ECONNREFUSED: a failed fetch says no more than that by itself. */
function systemCode(error: unknown): string | null {
  let cause: unknown = error instanceof WebAPIRequestError ? error.original : null;
  for (let depth = 0; depth < 4 && cause instanceof Error; depth += 1) {
    if ('code' in cause && typeof cause.code === 'string') {
      return cause.code;
    }
    cause = cause.cause;
  }
  return null;
}

/** An answer that is none of Slack's may hold anything in this place. */
function wordOf(code: unknown): string {
  return typeof code === 'string' && /^[a-z0-9_-]{1,80}$/i.test(code) ? code : 'unintelligible';
}

/** Null for an error that is not Slack's: a fault of ours. */
export function slackTrouble(error: unknown): SlackTrouble | null {
  if (error instanceof WebAPIPlatformError) {
    return { kind: 'refused', code: wordOf(error.data.error) };
  }
  if (error instanceof WebAPIRateLimitedError) {
    return { kind: 'rate-limited', code: 'ratelimited', afterMs: error.retryAfter * 1_000 };
  }
  if (error instanceof WebAPIHTTPError) {
    return { kind: 'no-answer', code: `http_${error.statusCode}` };
  }
  if (error instanceof WebAPIRequestError) {
    return { kind: 'no-answer', code: error.original.name === 'TimeoutError' ? 'timeout' : 'network' };
  }
  return null;
}
