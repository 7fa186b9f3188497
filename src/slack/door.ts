/** Who comes in: members of this workspace, once Slack has said which that is. */
import type { Directory } from '../ports.js';
import type { Arrived } from './arrived.js';
import { sentenceBody, type Body } from './blocks/message.js';
import type { HomeTeam } from './home-team.js';
import { isStranger } from './strangers.js';

/** How long a person waits, right after a start, until Slack has said who this app is. */
const HOME_PATIENCE_MS = 2_000;

const STRANGER = sentenceBody('Only members of this workspace can use this. Nothing was done.');
const STARTING = sentenceBody(
  'Hallpass has just started and cannot check yet who you are. Nothing was done. Try again in a moment.',
);

export async function refusedAtTheDoor(
  { home, directory }: { readonly home: HomeTeam; readonly directory: Directory },
  { sender }: Pick<Arrived, 'sender'>,
): Promise<Body | null> {
  const known = await home.within(HOME_PATIENCE_MS);
  if (known === null) {
    return STARTING;
  }
  return (await isStranger(sender, known, directory)) ? STRANGER : null;
}
