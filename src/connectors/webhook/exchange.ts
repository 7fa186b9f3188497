import { readFileSync } from 'node:fs';
import type { AddressRules, Resolve } from '../../http/addresses.js';
import { callOnce, type Answered } from '../../http/one-call.js';
import { ConnectorError, type Call } from '../../ports.js';
import type { Progress } from './errors.js';

export type Message = { readonly body: string; readonly headers: Readonly<Record<string, string>> };

export type Wire = {
  /** One POST on a connection of its own, to an address that was looked at. Follows nothing, keeps nothing. */
  post(message: Message, call: Call, progress: Progress): Promise<Answered>;
  close(): void;
};

export function openWire({
  url: text,
  ca: caFile,
  rules,
  resolve,
}: {
  url: string;
  ca: string | undefined;
  rules: AddressRules;
  resolve: Resolve;
}): Wire {
  const url = new URL(text);
  const closing = new AbortController();
  return {
    post: async ({ body, headers }, call, progress) => {
      if (closing.signal.aborted) {
        throw new ConnectorError('unreachable', 'This connector is closed');
      }
      if (call.signal.aborted) {
        throw new ConnectorError('retryable', 'The deadline had passed before anything was sent');
      }
      return await callOnce({
        url,
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body,
        rules,
        resolve,
        signal: AbortSignal.any([call.signal, closing.signal]),
        ...(caFile === undefined ? {} : { ca: readAuthority(caFile) }),
        onConnected: () => {
          progress.sent = true;
        },
      });
    },
    close: () => {
      closing.abort();
    },
  };
}

function readAuthority(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConnectorError('unreachable', `The certificate authority in ${file} could not be read`, {
      cause: error,
    });
  }
}
