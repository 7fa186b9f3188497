import { randomUUID } from 'node:crypto';
import { SECOND_MS } from '../../domain/time.js';
import { ConnectorError, type Call, type Target } from '../../ports.js';
import type { ReadSecret } from '../define.js';
import { jsonOrNull, lostCall, oddAnswer, refusalOf, type Progress } from './errors.js';
import { AnswerTooLong } from '../../http/one-call.js';
import type { Wire } from './exchange.js';
import { protocolVersion, type Question } from './protocol.js';
import { readKeys, signedHeaders } from './sign.js';

type Data = Readonly<Record<string, unknown>>;

export type Ask = <Value>(question: Question<Value>, data: Data, call: Call) => Promise<Value>;

/** Signs, sends and reads one call. Throws ConnectorError and nothing else. */
export function createAsk({
  wire,
  secrets,
  readSecret,
}: {
  wire: Wire;
  secrets: readonly string[];
  readSecret: ReadSecret;
}): Ask {
  return async ({ action, answer, changes }, data, call) => {
    const progress: Progress = { sent: false, changing: changes };
    const answered = await send(action, data, call, progress).catch((error: unknown) => {
      throw error instanceof AnswerTooLong
        ? oddAnswer('is longer than Hallpass reads', progress)
        : lostCall(error, call, progress);
    });
    if (answered.status !== 200) {
      throw refusalOf(answered.status, answered.body, progress);
    }
    const parsed = answer.safeParse(jsonOrNull(answered.body));
    if (!parsed.success) {
      throw oddAnswer('is not one of this protocol', progress);
    }
    return parsed.data;
  };

  /** The key of one delivery: never used again, since a repeated step must be carried out once more. */
  async function send(action: string, data: Data, call: Call, progress: Progress) {
    const keys = readKeys(readSecret, secrets);
    const now = Date.now();
    const body = JSON.stringify({
      type: `hallpass.${action}`,
      timestamp: new Date(now).toISOString(),
      data: { protocol: protocolVersion, ...data },
    });
    const signed = { id: `msg_${randomUUID()}`, timestamp: Math.floor(now / SECOND_MS), body };
    return wire.post({ body, headers: signedHeaders(signed, keys) }, call, progress);
  }
}

/** An answer about another target than the one meant: some other system took the place of the receiver. */
export function mustBeTarget(answered: { target: string }, meant: Target, changing: boolean): void {
  if (answered.target !== meant.fingerprint) {
    throw new ConnectorError('wrong-target', 'The receiver answers for another target than the one meant', {
      uncertain: changing,
    });
  }
}
