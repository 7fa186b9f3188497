import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Person } from '../../src/emulated-slack/people.js';
import { startSlackWorld, type SlackWorld } from '../../src/emulated-slack/world.js';

export const SIGNING_SECRET = 'signing-secret-of-the-benchmark';
const BOT_TOKEN = 'xoxb-of-the-benchmark';
export const CHANNEL = 'C0APPROVALS';
export const APPROVER = 'U0MIA';

/** Those who ask and hold; `holder(7)` is the eighth. */
export const HOLDERS = 200;
export function holder(place: number): string {
  return `U0H${String(place % HOLDERS).padStart(4, '0')}`;
}
/** The account that the catalog gives them. */
export function accountOf(userId: string): string {
  return userId.toLowerCase();
}

export const CATALOG = stringify({
  version: 1,
  groups: {
    engineers: { users: Array.from({ length: HOLDERS }, (_, place) => holder(place)) },
    leads: { users: [APPROVER] },
  },
  admins: ['leads'],
  connectors: {
    target: {
      use: 'simulate',
      manage: ['reader', 'writer'],
      identity: { from_email: { part: 'local', domains: ['example.com'] } },
    },
  },
  policies: {
    standard: {
      request: ['engineers'],
      approve: [{ from: ['leads'], count: 1 }],
      duration: { min: '1s', default: '30m', max: '4h' },
      channel: CHANNEL,
      unanswered_after: '1h',
    },
  },
  resources: {
    'prod-db': {
      title: 'Orders database, production',
      policy: 'standard',
      default_role: 'readonly',
      roles: {
        readonly: { entitlements: [{ connector: 'target', role: 'reader' }] },
        admin: { entitlements: [{ connector: 'target', role: 'writer' }] },
      },
    },
  },
});

export type Place = {
  readonly world: SlackWorld;
  readonly folder: string;
  readonly databaseFile: string;
  readonly env: Readonly<Record<string, string>>;
  close(this: void): Promise<void>;
};

/** A folder with a catalog, and a workspace around it: all that Hallpass needs. */
export async function openPlace(folderOfBench: string, redisUrl: string | null): Promise<Place> {
  const folder = mkdtempSync(join(folderOfBench, 'place-'));
  const world = await startSlackWorld({
    people: people(),
    channels: [{ id: CHANNEL, name: 'approvals' }],
    signingSecret: SIGNING_SECRET,
    botToken: BOT_TOKEN,
    ackTimeoutMs: 30_000,
  });
  const databaseFile = join(folder, 'hallpass.db');
  writeFileSync(join(folder, 'access.yaml'), CATALOG);
  return {
    world,
    folder,
    databaseFile,
    env: {
      SLACK_BOT_TOKEN: BOT_TOKEN,
      SLACK_SIGNING_SECRET: SIGNING_SECRET,
      SLACK_API_URL: world.apiUrl,
      PORT: '0',
      HOST: '127.0.0.1',
      CATALOG: join(folder, 'access.yaml'),
      DATABASE_URL: `file:${databaseFile}`,
      ...(redisUrl === null ? {} : { REDIS_URL: redisUrl }),
    },
    async close() {
      await world.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function people(): Person[] {
  const holders = Array.from({ length: HOLDERS }, (_, place) => holder(place));
  return [APPROVER, ...holders].map((id) => ({
    id,
    name: accountOf(id),
    email: `${accountOf(id)}@example.com`,
  }));
}
