import type { UserId } from '../domain/ids.js';
import type { Directory } from '../ports.js';
import type { Home } from './home-team.js';

/** Where a payload says that its sender belongs. */
export type Sender = {
  readonly user: UserId;
  readonly teamId: string | null;
  readonly enterpriseId: string | null;
};

/**
 * Whether the sender is of another organisation: with Slack Connect, outsiders can click the buttons in a
 * shared channel. Slack's word in the payload decides where it is enough; in an Enterprise Grid a colleague's
 * team may be another one of the organisation's, and then the directory is asked. Unreadable means no.
 */
export async function isStranger(sender: Sender, home: Home, directory: Directory): Promise<boolean> {
  if (sender.teamId !== null && (sender.teamId === home.teamId || sender.teamId === home.enterpriseId)) {
    return false;
  }
  const isOtherTeam = home.enterpriseId === null && sender.teamId !== null;
  const isOtherEnterprise = sender.enterpriseId !== null && sender.enterpriseId !== home.enterpriseId;
  if (isOtherTeam || isOtherEnterprise) {
    return true;
  }
  const person = await directory.person(sender.user);
  return typeof person === 'string' || person.outsider === 'stranger';
}
