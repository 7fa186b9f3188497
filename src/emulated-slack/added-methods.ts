import { blockProblems } from './block-limits.js';
import { textOr, type Fields } from './fields.js';
import type { FrontProxyParts } from './front-proxy.js';
import { slackUser, type UserGroup } from './people.js';

type Parts = Pick<FrontProxyParts, 'directory' | 'scopes' | 'socketUrl' | 'ledger'>;
type Method = { scope: string | undefined; answer: (parts: Parts, body: Fields) => Fields };

const failed = (error: string): Fields => ({ ok: false, error });
const holds = ({ scopes }: Parts, scope: string): boolean => scopes?.includes(scope) ?? true;

/** Methods that emulate does not have, or answers without what an access bot has to look at. */
const METHODS: Record<string, Method> = {
  'apps.connections.open': {
    scope: undefined,
    answer: ({ socketUrl }) => ({ ok: true, url: socketUrl() }),
  },
  'users.info': {
    scope: 'users:read',
    answer: (parts, body) => {
      const person = parts.directory.findPerson(textOr(body['user'], ''));
      return person === undefined || person.id !== body['user']
        ? failed('user_not_found')
        : { ok: true, user: seenUser(parts, person.id) };
    },
  },
  'users.profile.get': {
    scope: 'users.profile:read',
    answer: ({ directory }, body) => {
      const person = directory.findPerson(textOr(body['user'], ''));
      if (person === undefined || person.id !== body['user']) {
        return failed('user_not_found');
      }
      const fields = Object.entries(person.profileFields ?? {}).map(([id, value]) => [
        id,
        { value, alt: '' },
      ]);
      const realName = person.realName ?? person.name;
      return { ok: true, profile: { real_name: realName, fields: Object.fromEntries(fields) } };
    },
  },
  'users.lookupByEmail': {
    scope: 'users:read.email',
    answer: (parts, body) => {
      const wanted = textOr(body['email'], '').toLowerCase();
      const person = parts.directory
        .everybody()
        .find(({ email, deleted }) => deleted !== true && email?.toLowerCase() === wanted);
      return person === undefined
        ? failed('users_not_found')
        : { ok: true, user: seenUser(parts, person.id) };
    },
  },
  'users.list': {
    scope: 'users:read',
    answer: (parts, body) =>
      page(
        'members',
        parts.directory.everybody().map(({ id }) => seenUser(parts, id)),
        body,
      ),
  },
  'conversations.members': {
    scope: undefined,
    answer: ({ directory, ledger, scopes }, body) => {
      const ref = textOr(body['channel'], '');
      const owner = ledger.dmOwner(ref);
      if (owner !== undefined) {
        return page('members', [owner, directory.workspace.botUserId], body);
      }
      const channel = directory.findChannel(ref);
      const isHidden = channel?.isPrivate === true && channel.botIsMember === false;
      if (channel === undefined || channel.id !== ref || isHidden) {
        return failed('channel_not_found');
      }
      const scope = channel.isPrivate === true ? 'groups:read' : 'channels:read';
      if (scopes !== undefined && !scopes.includes(scope)) {
        return { ok: false, error: 'missing_scope', needed: scope, provided: scopes.join(',') };
      }
      const app = channel.botIsMember === false ? [] : [directory.workspace.botUserId];
      return page('members', [...directory.membersOf(channel), ...app], body);
    },
  },
  'blocks.validate': { scope: undefined, answer: (_parts, body) => validated(body) },
  'usergroups.list': {
    scope: 'usergroups:read',
    answer: (parts, body) => ({
      ok: true,
      usergroups: parts.directory
        .everyGroup()
        .filter(({ isDisabled }) => isDisabled !== true || isTrue(body['include_disabled']))
        .map((group) => seenGroup(parts, group, isTrue(body['include_users']))),
    }),
  },
  'usergroups.users.list': {
    scope: 'usergroups:read',
    answer: ({ directory }, body) => {
      const group = directory.findGroup(textOr(body['usergroup'], ''));
      const isHidden = group?.isDisabled === true && !isTrue(body['include_disabled']);
      return group === undefined || isHidden
        ? failed('no_such_subteam')
        : { ok: true, users: directory.groupMembers(group) };
    },
  },
};

/** By our own limits, in place of Slack's schema. */
function validated(body: Fields): Fields {
  const kind = ['blocks', 'message', 'view'].find((each) => body[each] !== undefined);
  if (kind === undefined) {
    return failed('invalid_arguments');
  }
  const problems = blockProblems(kind === 'blocks' ? { blocks: body[kind] } : body[kind]).map((problem) => {
    const [message = '', pointer = '/'] = problem.split(/ \[json-pointer:|\]$/);
    return { pointer, code: 'failed_constraint', message };
  });
  return problems.length === 0 ? { ok: true } : { ...failed(`invalid_${kind}`), errors: problems };
}

/** undefined when emulate is to answer. */
export function addedMethod(parts: Parts, method: string, body: Fields): Fields | undefined {
  const added = METHODS[method];
  if (added === undefined) {
    return undefined;
  }
  if (added.scope !== undefined && !holds(parts, added.scope)) {
    const provided = parts.scopes?.join(',') ?? '';
    return { ok: false, error: 'missing_scope', needed: added.scope, provided };
  }
  return added.answer(parts, body);
}

function isTrue(value: unknown): boolean {
  return value === true || value === 'true' || value === 1 || value === '1';
}

function seenUser(parts: Parts, id: string): Fields {
  const { directory } = parts;
  const withEmail = holds(parts, 'users:read.email');
  return slackUser(directory.person(id), directory.workspace, { withEmail });
}

function seenGroup({ directory }: Parts, group: UserGroup, withUsers: boolean): Fields {
  const users = directory.groupMembers(group);
  return {
    id: group.id,
    team_id: directory.workspace.teamId,
    is_usergroup: true,
    name: group.name ?? group.handle,
    handle: group.handle,
    description: '',
    date_delete: group.isDisabled === true ? 1_700_000_000 : 0,
    user_count: users.length,
    ...(withUsers ? { users } : {}),
  };
}

/** The cursor is opaque to callers: the position of the next item. */
function page(key: string, items: readonly unknown[], body: Fields): Fields {
  const start = Number(textOr(body['cursor'], '0')) || 0;
  const size = Number(body['limit'] ?? 0) || 100;
  const end = start + size;
  return {
    ok: true,
    [key]: items.slice(start, end),
    response_metadata: { next_cursor: end < items.length ? String(end) : '' },
  };
}
