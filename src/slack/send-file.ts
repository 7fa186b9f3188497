import { sentenceBody } from './blocks/message.js';
import type { TextFile } from './files.js';
import type { Interaction, SlackDeps } from './interaction.js';

/** Into the direct messages of whoever asked, who is told so. */
export async function sendFile(deps: SlackDeps, at: Interaction, file: TextFile): Promise<void> {
  const sent = await deps.files.send(at.user, file);
  await at.tell(
    sentenceBody(sent === 'sent' ? 'The file is in your direct messages with this app.' : sent.problem),
  );
}
