import { z } from 'zod';
import type { ConnectorSpec } from '../domain/catalog.js';
import { asUserId } from '../domain/ids.js';
import { accountName, emailDomain, listOf, otherwise, targetRole, userIdKey } from './fields.js';

/** What the catalog has to know of a kind of connector; app.ts hands the kinds in. */
export type ConnectorKind = {
  /** `use` in the catalog. */
  readonly use: string;
  /** Its own keys, beside use, manage, identity and end_sessions. Secrets in it are `secretRef`. */
  readonly settings: z.ZodObject;
  /** `required`: `end_sessions` must be written out. `none`: the target has no sessions to end. */
  readonly endSessions: 'required' | 'none';
  /** Whether one with these settings can remove members whom others put there, as `on_drift: enforce` needs. */
  readonly expels?: (settings: Readonly<Record<string, unknown>>) => boolean;
  /** Why a role of this name must never be managed, and what to do; null when it may be. */
  readonly roleNameProblem?: (role: string) => string | null;
};

const identity = z
  .strictObject({
    map: z
      .record(userIdKey, accountName)
      .default({})
      .describe('Accounts of people, by Slack member id; looked at first.'),
    from_email: z
      .strictObject({
        part: z
          .enum(['local', 'whole'], otherwise('expected local or whole; choose one of them'))
          .describe('What of dana@example.com names the account: dana, or all of it.'),
        domains: listOf(emailDomain, 'name at least one domain whose addresses count'),
      })
      .optional()
      .describe("The account by the person's confirmed e-mail address."),
  })
  .default({ map: {} })
  .describe('How a person becomes an account in the target. Nobody else gets in.');

const manage = listOf(
  targetRole,
  'name the roles of the target that Hallpass may give; nothing else is ever touched',
).describe('Roles of the target that Hallpass may give and take; nothing else ever is.');
const endSessions = z
  .boolean(otherwise('expected true or false; true cuts open sessions when access ends, false leaves them'))
  .describe("Whether the end of access also cuts the person's open sessions on this server.");

const onDrift = z
  .enum(
    ['report', 'restore', 'enforce'],
    otherwise('expected report, restore or enforce; choose one of them'),
  )
  .default('report')
  .describe(
    'When somebody else changes a managed role: report it; restore also gives again what a window still needs; enforce also removes standing access, once an admin has seen whom that hits.',
  );

const sharedKeys = z.object({
  manage,
  identity,
  on_drift: onDrift,
  end_sessions: endSessions.optional(),
});

export type ConnectorShape = Omit<ConnectorSpec, 'name'>;

/** One kind's connector as it stands in the file. */
function connectorOf(kind: ConnectorKind) {
  const ownKeys = Object.keys(kind.settings.shape);
  return kind.settings
    .safeExtend({
      use: z.literal(kind.use).describe('The kind of connector.'),
      manage,
      identity,
      on_drift: onDrift,
      ...(kind.endSessions === 'required' ? { end_sessions: endSessions } : {}),
    })
    .strict()
    .transform((parsed): ConnectorShape => {
      // A kind's own keys hide the types of the keys that all kinds share.
      const shared = sharedKeys.parse(parsed);
      const accounts = Object.entries(shared.identity.map);
      return {
        use: kind.use,
        manage: shared.manage,
        identity: {
          map: new Map(accounts.map(([userId, account]) => [asUserId(userId), account])),
          fromEmail: shared.identity.from_email ?? null,
        },
        onDrift: shared.on_drift,
        endSessions: shared.end_sessions ?? null,
        settings: Object.fromEntries(Object.entries(parsed).filter(([key]) => ownKeys.includes(key))),
      };
    });
}

/** All kinds, told apart by `use`. */
export function connectorSchema(kinds: readonly ConnectorKind[]) {
  const [first, ...others] = kinds.map(connectorOf);
  if (first === undefined) {
    throw new Error('A catalog needs at least one kind of connector');
  }
  return z.discriminatedUnion('use', [first, ...others]);
}
