import type { OnCallGroup } from '../domain/catalog.js';
import type { GroupMembers } from '../domain/person.js';
import type { Directory, SlackDirectory } from '../ports.js';
import type { OnCall } from './create-on-call.js';

/** Who is on call by the schedule, and is a member of this workspace by Slack. */
export function withOnCall(slack: SlackDirectory, onCall: OnCall): Directory {
  async function membersOnCall(group: OnCallGroup): Promise<GroupMembers> {
    const found = await onCall.people(group);
    if (!found.readable || found.people.length === 0) {
      return found.readable ? { readable: true, userIds: new Set() } : found;
    }
    const { name } = group;
    const members = await slack.members({ kind: 'users', name, members: found.people });
    // Then the names of the two systems do not fit together, and who is on call is not known.
    return members.readable && members.userIds.size === 0
      ? { readable: false, why: 'nobody whom the on-call schedule names is a member of this workspace' }
      : members;
  }
  return {
    ...slack,
    async members(group) {
      return group.kind === 'on-call' ? await membersOnCall(group) : await slack.members(group);
    },
  };
}
