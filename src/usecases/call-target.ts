import { ConnectorError } from '../ports.js';
import type { Call, Connector, Connectors } from '../ports.js';

/**
 * One call to a target, bounded by `timeoutMs`. Throws ConnectorError and nothing else: a connector
 * that hangs past its signal, or breaks, is answered for here.
 */
export async function callTarget<Value>(
  timeoutMs: number,
  act: (call: Call) => Promise<Value>,
): Promise<Value> {
  const deadline = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      deadline.abort();
      reject(noAnswer(timeoutMs));
    }, timeoutMs);
  });
  try {
    return await Promise.race([act({ signal: deadline.signal, timeoutMs }), tooLate]);
  } catch (error) {
    if (error instanceof ConnectorError) {
      throw error;
    }
    throw new ConnectorError('retryable', 'The connector itself broke; the log says how.', {
      uncertain: true,
      cause: error,
    });
  } finally {
    clearTimeout(timer);
  }
}

function noAnswer(timeoutMs: number): ConnectorError {
  const text = `No answer within ${Math.ceil(timeoutMs / 1000)} s.`;
  return new ConnectorError('retryable', text, { uncertain: true });
}

/** The connector of that name; a missing one is an error that is tried again, for a reload may bring it back. */
export function connectorOf(connectors: Connectors, name: string): Connector {
  const connector = connectors.get(name);
  if (connector === undefined) {
    throw new ConnectorError('retryable', `The catalog in force has no connector ${name}.`);
  }
  return connector;
}
