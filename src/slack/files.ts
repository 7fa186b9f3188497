/** Text files for one person, in their direct messages with the app. */
import type { WebClient } from '@slack/web-api';
import type { UserId } from '../domain/ids.js';
import { messageOf } from './answering.js';
import { sentenceBody } from './blocks/message.js';
import { slackTrouble } from './slack-error.js';

export type TextFile = {
  readonly name: string;
  readonly text: string;
  /** What it is, in markup of ours. */
  readonly about: string;
};

export type Files = {
  send(to: UserId, file: TextFile): Promise<'sent' | { readonly problem: string }>;
};

const UPLOAD_MS = 10_000;

export function createFiles(client: WebClient): Files {
  return {
    async send(to, { name, text, about }) {
      try {
        const bytes = Buffer.from(text, 'utf8');
        const place = await client.files.getUploadURLExternal({ filename: name, length: bytes.length });
        await upload(place.upload_url ?? '', bytes);
        // The message gives the id of the conversation, which no scope of ours may ask for.
        const posted = await client.chat.postMessage({ channel: to, ...messageOf(sentenceBody(about)) });
        await client.files.completeUploadExternal({
          files: [{ id: place.file_id ?? '', title: name }],
          channel_id: posted.channel ?? '',
          thread_ts: posted.ts ?? '',
        });
        return 'sent';
      } catch (error) {
        const trouble = slackTrouble(error);
        if (trouble === null && !(error instanceof UploadFailed)) {
          throw error;
        }
        return { problem: problemText(trouble?.code ?? 'upload') };
      }
    },
  };
}

class UploadFailed extends Error {}

/** Slack says where: an address of its own, by https but for a Slack of tests. */
async function upload(url: string, bytes: Buffer): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    body: new Uint8Array(bytes),
    redirect: 'error',
    signal: AbortSignal.timeout(UPLOAD_MS),
  }).catch((error: unknown) => {
    throw new UploadFailed('The file could not be sent', { cause: error });
  });
  if (!answer.ok) {
    throw new UploadFailed(`The file was answered with ${answer.status}`);
  }
}

function problemText(code: string): string {
  return code === 'missing_scope'
    ? 'This app may not send files: its manifest has the scope `files:write`; add it, and install the app anew. No file was sent. `hallpass audit` at the command line has all of it.'
    : 'Slack did not take the file. Try again, or use `hallpass audit` at the command line.';
}
