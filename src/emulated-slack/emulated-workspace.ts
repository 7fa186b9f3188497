import { Agent } from 'node:http';
import { createEmulator } from 'emulate';
import { fieldsOf, listOf, mapStrings, parseJson, textOr, type Fields } from './fields.js';
import { post } from './local-http.js';
import type { Directory } from './people.js';

/** emulate makes this team and this admin by itself. */
const EMULATED_TEAM = 'T000000001';
const ADMIN = 'admin';

export type EmulatedWorkspace = {
  /** Calls a Web API method as the app, or with a token that holds every scope. Ids are the world's. */
  call(method: string, body: Fields, options?: { everyScope?: boolean }): Promise<Fields>;
  stop(): Promise<void>;
};

/**
 * emulate chooses the ids of people and channels by chance. They are learned here once, and translated both
 * ways in every call, so that tests and catalogs can name them.
 */
export async function startEmulatedWorkspace({
  directory,
  botToken,
  scopes,
}: {
  directory: Directory;
  botToken: string;
  scopes: readonly string[] | undefined;
}): Promise<EmulatedWorkspace> {
  const { workspace } = directory;
  const adminToken = `${botToken}-admin`;
  const everyScopeToken = `${botToken}-every-scope`;
  const app = {
    user_id: workspace.botUserId,
    app_id: workspace.appId,
    bot_id: workspace.botId,
    bot_user_id: workspace.botUserId,
  };
  const emulator = await createEmulator({
    service: 'slack',
    port: 0,
    seed: {
      slack: {
        team: { name: workspace.teamName, domain: workspace.teamDomain },
        users: directory
          .everybody()
          .map(({ id, realName, name }) => ({ name: id, real_name: realName ?? name })),
        channels: directory
          .everyChannel()
          .map(({ name, isPrivate }) => ({ name, is_private: isPrivate ?? false })),
        oauth_apps: [
          {
            client_id: '1.1',
            client_secret: 'unused',
            app_id: workspace.appId,
            name: workspace.botName,
            redirect_uris: [],
            scopes: scopes ?? [],
            bot_id: workspace.botId,
            bot_user_id: workspace.botUserId,
            bot_name: workspace.botName,
          },
        ],
        tokens: [
          { token: botToken, ...app, ...(scopes === undefined ? {} : { scopes }) },
          { token: everyScopeToken, ...app },
          { token: adminToken, user: ADMIN },
        ],
        strict_scopes: scopes !== undefined,
      },
    },
  });
  // Idle connections end here first: one that emulate closes just as it is used again fails its call.
  const agent = new Agent({ keepAlive: true, timeout: 2_000 });

  async function callAs(token: string, method: string, body: Fields): Promise<Fields> {
    const answer = await post({
      url: `${emulator.url}/api/${method}`,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
      agent,
    });
    return fieldsOf(parseJson(answer.text));
  }

  const pairs = await learnIds((method, body) => callAs(adminToken, method, body), directory);
  const toEmulated = translator(pairs);
  const toWorld = translator(pairs.map(([ours, theirs]) => [theirs, ours]));

  return {
    async call(method, body, { everyScope = false } = {}) {
      const token = everyScope ? everyScopeToken : botToken;
      const answer = await callAs(token, method, fieldsOf(mapStrings(body, toEmulated)));
      return fieldsOf(mapStrings(answer, toWorld));
    },
    async stop() {
      agent.destroy();
      await emulator.close();
    },
  };
}

type IdPair = [ours: string, theirs: string];

async function learnIds(
  call: (method: string, body: Fields) => Promise<Fields>,
  directory: Directory,
): Promise<IdPair[]> {
  const users = await call('users.list', { limit: 1000 });
  const channels = await call('conversations.list', {
    limit: 1000,
    types: 'public_channel,private_channel',
  });
  const idByName = (list: unknown): Map<string, string> =>
    new Map(listOf(list).map(({ id, name }) => [textOr(name, ''), textOr(id, '')]));
  const userIds = idByName(users['members']);
  const channelIds = idByName(channels['channels']);
  const pairs: IdPair[] = [[directory.workspace.teamId, EMULATED_TEAM]];
  for (const { id } of directory.everybody()) {
    pairs.push([id, userIds.get(id) ?? missing(id)]);
  }
  for (const { id, name } of directory.everyChannel()) {
    const theirs = channelIds.get(name) ?? missing(id);
    pairs.push([id, theirs]);
    // Who may write where is decided in front of emulate, by the directory; inside, the app may.
    const invited = await call('conversations.invite', {
      channel: theirs,
      users: directory.workspace.botUserId,
    });
    if (invited['ok'] !== true) {
      throw new Error(`emulate did not let the app into ${name}: ${textOr(invited['error'], '?')}`);
    }
  }
  return pairs;
}

function missing(id: string): never {
  throw new Error(`emulate has no counterpart of ${id}`);
}

function translator(pairs: readonly IdPair[]): (text: string) => string {
  const table = new Map(pairs);
  const names = pairs.map(([from]) => from.replaceAll(/[^\w]/g, String.raw`\$&`));
  const pattern = new RegExp(String.raw`(?<![A-Za-z0-9])(?:${names.join('|')})(?![A-Za-z0-9])`, 'g');
  return (text) => text.replace(pattern, (id) => table.get(id) ?? id);
}
