import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { systemResolve, type Resolve } from '../../src/http/addresses.js';
import { createWebhook } from '../../src/connectors/webhook/index.js';
import type { Connector } from '../../src/ports.js';
import { exitOf, firstLine } from './child-process.js';
import type { ExpiryHarness } from './connector-expiry-contract.js';
import type { BadLine, FaultHarness } from './connector-fault-contract.js';
import { recordingLog } from './recording-log.js';
import { startWebhookFront, type Treatment, type WebhookFront } from './webhook-front.js';

const secretText = Buffer.from('canary of a webhook secret, 36 bytes').toString('base64');
export const webhookSecret = `whsec_${secretText}`;

export type ConnectWebhook = {
  readonly settings?: Record<string, unknown>;
  readonly endSessions?: boolean;
  readonly readSecret?: (ref: string) => string;
  readonly resolve?: Resolve;
};

export type WebhookTarget = FaultHarness &
  ExpiryHarness & {
    readonly front: WebhookFront;
    /** The URL of the front, without a path. */
    readonly origin: string;
    connect(options?: ConnectWebhook): Connector;
  };

const stateSchema = z.object({
  system: z.string(),
  accounts: z.array(z.object({ id: z.string(), name: z.string() })),
  roles: z.record(
    z.string(),
    z.object({
      id: z.string(),
      given: z.record(z.string(), z.string()),
      standing: z.array(z.string()),
    }),
  ),
});

/** The example receiver in a process of its own, behind a front that can go wrong. */
export async function startWebhookTarget({
  secure = false,
  toleranceSeconds = 300,
}: { secure?: boolean; toleranceSeconds?: number } = {}): Promise<WebhookTarget> {
  const folder = await mkdtemp(join(tmpdir(), 'hallpass-webhook-'));
  const stateFile = join(folder, 'state.json');
  const people = Array.from({ length: 14 }, (_, index) => ({ id: `u${index}`, name: `person${index}` }));
  const role = (id: string) => ({ id, given: {}, standing: [] });
  await writeState({
    system: 'crm-7f3a',
    accounts: [...people, { id: 'u90', name: 'twin' }, { id: 'u91', name: 'twin' }],
    roles: { support: role('r1'), billing: role('r2'), unmanaged: role('r3') },
  });
  const receiver = startReceiver(stateFile, toleranceSeconds);
  const receiverPort = Number(/:(\d+)$/.exec(await firstLine(receiver))?.[1]);
  const front = await startWebhookFront(receiverPort, secure);
  const origin = `${secure ? 'https' : 'http'}://127.0.0.1:${front.port}`;
  const caFile = join(folder, 'ca.pem');
  await writeFile(caFile, front.ca ?? '');
  const connectors: Connector[] = [];
  const log = recordingLog();

  async function readState(): Promise<z.infer<typeof stateSchema>> {
    return stateSchema.parse(JSON.parse(await readFile(stateFile, 'utf8')));
  }
  async function writeState(state: z.infer<typeof stateSchema>): Promise<void> {
    await writeFile(stateFile, JSON.stringify(state));
  }
  function connect({
    settings = {},
    endSessions = false,
    readSecret = () => webhookSecret,
    resolve = systemResolve,
  }: ConnectWebhook = {}): Connector {
    const spec = {
      name: 'crm',
      use: 'webhook',
      manage: ['support', 'billing'],
      identity: { map: new Map(), fromEmail: null },
      endSessions,
      settings: {
        url: `${origin}/hallpass`,
        secrets: ['env:CRM_SECRET'],
        native_expiry: 'exact',
        marks: true,
        list: true,
        tolerance: `${toleranceSeconds}s`,
        allow_private: 'the tests run on this machine',
        ...(secure ? { ca: caFile } : {}),
        ...settings,
      },
    };
    const connector = createWebhook({ spec, readSecret, log }, resolve);
    connectors.push(connector);
    return connector;
  }
  function badLine(treatment: Treatment, action: string): BadLine {
    front.treat((delivery, pass) => (delivery.action === action ? treatment(delivery, pass) : pass()));
    return {
      connector: connect(),
      close: async () => {
        front.treat(null);
      },
    };
  }
  return {
    front,
    origin,
    connect,
    connector: connect(),
    role: 'support',
    unmanagedRole: 'unmanaged',
    accounts: people.map(({ name }) => name),
    unknownAccount: { id: 'u99', name: 'person4' },
    secrets: [webhookSecret, secretText, 'canary'],
    holds: async (account) => {
      const { accounts, roles } = await readState();
      const id = accounts.find(({ name }) => name === account)?.id ?? '';
      const support = roles['support'];
      const until = support?.given[id] ?? '';
      return Date.parse(until) > Date.now() || support?.standing.includes(id) === true;
    },
    giveByHand: async (account) => {
      const state = await readState();
      const found = state.accounts.find(({ name }) => name === account);
      state.roles['support']?.standing.push(found?.id ?? '');
      await writeState(state);
    },
    freeze: async () => {
      front.treat(() => 'hang');
    },
    thaw: async () => {
      front.treat(null);
    },
    goDown: () => front.goDown(),
    comeUp: () => front.comeUp(),
    reconnect: () => connect(),
    badLine: async (fault, change) =>
      badLine(async (_delivery, pass): Promise<'hang-up'> => {
        if (fault === 'cut-after-effect') {
          await pass();
        }
        return 'hang-up';
      }, change),
    lateGrant: async () => {
      const kept: (() => Promise<unknown>)[] = [];
      const line = badLine((_delivery, pass) => {
        kept.push(pass);
        return 'hang';
      }, 'grant');
      return {
        ...line,
        land: async () => {
          await Promise.all(kept.map((pass) => pass()));
        },
      };
    },
    refuseChanges: async (how) => {
      const reply = { status: how === 'for-now' ? 503 : 403, headers: { 'retry-after': '30' } };
      const body = JSON.stringify({ error: how === 'for-now' ? 'not-now' : 'refused' });
      front.treat(({ action }, pass) =>
        action === 'grant' || action === 'revoke' ? { ...reply, body } : pass(),
      );
    },
    allowChanges: async () => {
      front.treat(null);
    },
    logged: () => log.lines,
    stop: async () => {
      await Promise.all(connectors.map((connector) => connector.close()));
      await front.goDown();
      receiver.kill();
      await exitOf(receiver);
      await rm(folder, { recursive: true });
    },
  };
}

function startReceiver(stateFile: string, toleranceSeconds: number): ChildProcess {
  const script = fileURLToPath(new URL('../../examples/webhook-receiver.mjs', import.meta.url));
  return spawn(process.execPath, [script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      STATE_FILE: stateFile,
      WEBHOOK_SECRET: webhookSecret,
      PORT: '0',
      TOLERANCE_SECONDS: String(toleranceSeconds),
    },
  });
}
