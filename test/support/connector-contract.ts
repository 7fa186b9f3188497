import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Account } from '../../src/domain/request.js';
import { HOUR_MS } from '../../src/domain/time.js';
import { ConnectorError, type Connector, type GrantCall, type Target } from '../../src/ports.js';

/** A target made for one suite, with a connector to it that may manage `role` alone. */
export type ConnectorHarness = {
  readonly connector: Connector;
  readonly role: string;
  readonly unmanagedRole: string;
  /** Twelve names of accounts that are in the target. */
  readonly accounts: readonly string[];
  /** An account that is not in the target, or is there no longer. */
  readonly unknownAccount: Account;
  stop(): Promise<void>;
};

/** A target that can hang, go away, and be changed by other hands. */
export type RemoteHarness = ConnectorHarness & {
  readonly secrets: readonly string[];
  /** Asks the target itself, and not by way of the connector. */
  holds(account: string): Promise<boolean>;
  /** As an administrator of the target would, who is not Hallpass. */
  giveByHand(account: string): Promise<void>;
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  goDown(): Promise<void>;
  comeUp(): Promise<void>;
};

/** Fits every call; what grants is told to end in an hour. */
export function callWithin(timeoutMs = 20_000): GrantCall {
  const expiresAt = Date.now() + HOUR_MS;
  return { signal: AbortSignal.timeout(timeoutMs), timeoutMs, expiresAt };
}

export async function targetOf(connector: Connector, name: string, role: string): Promise<Target> {
  return { role, ...(await connector.resolve(name, role, callWithin())) };
}

/** The error a call ends with: always a ConnectorError, short, and without a secret anywhere in it. */
export async function failureOf(
  call: Promise<unknown>,
  secrets: readonly string[] = [],
): Promise<ConnectorError> {
  const error = await call.then(
    (value) => new Error(`It did not fail, but answered ${inspect(value)}`),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ConnectorError)) {
    throw new Error('Something else than a ConnectorError was thrown', { cause: error });
  }
  const everything = inspect(error, { depth: Infinity, showHidden: true });
  for (const secret of secrets) {
    expect(everything).not.toContain(secret);
  }
  expect(error.message.length).toBeLessThan(300);
  return error;
}

export function everyCall(connector: Connector, target: Target, within = 20_000): Promise<unknown>[] {
  return [
    connector.check(target, callWithin(within)),
    connector.grant(target, callWithin(within)),
    connector.revoke(target, callWithin(within)),
  ];
}

async function kindsOf(calls: Promise<unknown>[], secrets: readonly string[] = []): Promise<string[]> {
  const errors = await Promise.all(calls.map((call) => failureOf(call, secrets)));
  return errors.map(({ kind }) => kind);
}

const hostileNames = [
  "x'; DROP ROLE dana; --",
  'x" TO public; --',
  '*)(uid=*',
  '--help',
  '../../etc/passwd',
  '\u202Eanad',
  'da\u0000na',
  'line\nbreak',
  '%s%n${jndi:ldap://x}',
  'n'.repeat(10_000),
];

/** What every connector keeps to. `start` is run once for the suite. */
export function connectorContract(name: string, start: () => Promise<ConnectorHarness>): void {
  describe(`${name}, as every connector`, () => {
    let harness: ConnectorHarness;
    let connector: Connector;
    beforeAll(async () => {
      harness = await start();
      connector = harness.connector;
    });
    afterAll(() => harness.stop());

    function aim(index: number): Promise<Target> {
      return targetOf(connector, harness.accounts[index] ?? '', harness.role);
    }

    test('finds nothing wrong with a target that was set up as its README says', async () => {
      expect(await connector.validate(callWithin())).toEqual([]);
      await connector.ping(callWithin());
    });

    test('resolves a name to the same account and target each time', async () => {
      const first = await aim(0);

      expect(first.account.name).toBe(harness.accounts[0]);
      expect(first.account.id).not.toBe('');
      expect(first.fingerprint).not.toBe('');
      expect(await aim(0)).toEqual(first);
    });

    test('grants, reads back and revokes, and each may be repeated', async () => {
      const target = await aim(1);
      expect(await connector.check(target, callWithin())).toMatchObject({ state: 'absent' });

      await connector.grant(target, callWithin());
      expect(await connector.check(target, callWithin())).toMatchObject({ state: 'present' });
      await connector.grant(target, callWithin());
      expect(await connector.check(target, callWithin())).toMatchObject({ state: 'present' });

      await connector.revoke(target, callWithin());
      expect(await connector.check(target, callWithin())).toMatchObject({ state: 'absent' });
      await connector.revoke(target, callWithin());
      expect(await connector.check(target, callWithin())).toMatchObject({ state: 'absent' });
    });

    test('lets two grants overlap: the second changes nothing but the end, and one revoke ends both', async () => {
      const target = await aim(5);
      const first = callWithin();
      await connector.grant(target, first);

      await connector.grant(target, { ...callWithin(), expiresAt: first.expiresAt + HOUR_MS });

      expect(await connector.check(target, callWithin())).toMatchObject({ state: 'present' });
      await connector.revoke(target, callWithin());
      expect(await connector.check(target, callWithin())).toEqual({ state: 'absent', expiresAt: null });
    });

    test('does what its capabilities say, and no more', async () => {
      const target = await aim(6);
      const { nativeExpiry, issuesSecret } = connector.capabilities;
      await connector.grant(target, callWithin());

      const { expiresAt } = await connector.check(target, callWithin());

      expect(expiresAt === null).toBe(nativeExpiry === 'none');
      expect(connector.reveal !== undefined).toBe(issuesSecret);
      await connector.revoke(target, callWithin());
    });

    test('lists who holds the role, for as long as they do', async () => {
      const target = await aim(2);
      await connector.grant(target, callWithin());
      expect(await connector.list?.(target.role, callWithin())).toContainEqual({
        account: target.account,
        fingerprint: target.fingerprint,
        standing: false,
      });

      await connector.revoke(target, callWithin());
      const left = await connector.list?.(target.role, callWithin());
      expect(left?.map(({ account }) => account.id)).not.toContain(target.account.id);
    });

    test('tells the holder which account to use, and for which role', async () => {
      const target = await aim(0);

      const text = connector.howTo(target);

      expect(text).toContain(target.role);
      expect(text).toContain(target.account.name);
    });

    test('does twelve things at once for one account', async () => {
      const target = await aim(3);
      await Promise.all(Array.from({ length: 12 }, () => connector.grant(target, callWithin())));
      expect(await connector.check(target, callWithin())).toMatchObject({ state: 'present' });

      await Promise.all(Array.from({ length: 12 }, () => connector.revoke(target, callWithin())));
      expect(await connector.check(target, callWithin())).toMatchObject({ state: 'absent' });

      const mixed = Array.from({ length: 12 }, (_, turn) =>
        turn % 2 === 0 ? connector.grant(target, callWithin()) : connector.revoke(target, callWithin()),
      );
      await Promise.all(mixed);
      await connector.revoke(target, callWithin());
      expect(await connector.check(target, callWithin())).toMatchObject({ state: 'absent' });
    });

    test('does twelve things at once for twelve accounts', async () => {
      const targets = await Promise.all(harness.accounts.slice(0, 12).map((_, index) => aim(index)));
      expect(targets).toHaveLength(12);
      const seen = (): Promise<string[]> =>
        Promise.all(targets.map(async (target) => (await connector.check(target, callWithin())).state));

      await Promise.all(targets.map((target) => connector.grant(target, callWithin())));
      expect(new Set(await seen())).toEqual(new Set(['present']));

      await Promise.all(targets.map((target) => connector.revoke(target, callWithin())));
      expect(new Set(await seen())).toEqual(new Set(['absent']));
    });

    test('does nothing in another target than the one the access was approved for', async () => {
      const target = await aim(4);
      const elsewhere = { ...target, fingerprint: `${target.fingerprint}0` };

      expect(await kindsOf(everyCall(connector, elsewhere))).toEqual(Array(3).fill('wrong-target'));
      expect(await connector.check(target, callWithin())).toMatchObject({ state: 'absent' });
    });

    test('takes an account that is gone for unknown, never for one without the role', async () => {
      const target = { ...(await aim(4)), account: harness.unknownAccount };

      expect(await kindsOf(everyCall(connector, target))).toEqual(Array(3).fill('unknown-account'));
    });

    test('touches no role that the catalog does not let it manage', async () => {
      const target = await aim(4);
      for (const role of [harness.unmanagedRole, '', 'public', `${harness.role} `, ...hostileNames]) {
        const calls = [...everyCall(connector, { ...target, role }), connector.list?.(role, callWithin())];
        expect(await kindsOf(calls.map((call) => Promise.resolve(call)))).toEqual(Array(4).fill('final'));
      }
    });

    test('takes a hostile name for a name, or refuses it', async () => {
      for (const hostile of hostileNames) {
        const outcome = await connector.resolve(hostile, harness.role, callWithin()).then(
          ({ account }) => account.name,
          (error: unknown) => (error instanceof ConnectorError ? error.kind : error),
        );
        expect([hostile, 'unknown-account']).toContain(outcome);
      }
    });

    test('takes a hostile id for an account that is not there', async () => {
      const target = await aim(4);
      for (const id of [...hostileNames, '', '0', '-1', '1e3', '4294967296', '99999999999999999999']) {
        const calls = everyCall(connector, { ...target, account: { id, name: target.account.name } });
        expect(await kindsOf(calls)).toEqual(Array(3).fill('unknown-account'));
      }
    });
  });
}

/** What a connector to a real target keeps to besides. */
export function remoteTargetContract(
  name: string,
  start: () => Promise<RemoteHarness>,
  accounts: AccountTests = foundAccounts,
): void {
  describe(`${name}, as every connector to a remote target`, () => {
    let harness: RemoteHarness;
    let connector: Connector;
    beforeAll(async () => {
      harness = await start();
      connector = harness.connector;
    });
    afterAll(() => harness.stop());

    function aim(index: number): Promise<Target> {
      return targetOf(connector, harness.accounts[index] ?? '', harness.role);
    }

    test('really grants and revokes, as the target itself says', async () => {
      const target = await aim(0);

      await connector.grant(target, callWithin());
      expect(await harness.holds(target.account.name)).toBe(true);

      await connector.revoke(target, callWithin());
      expect(await harness.holds(target.account.name)).toBe(false);
    });

    accounts(() => harness);

    test('sends nothing once its deadline has passed', async () => {
      const target = await aim(2);
      const call = { ...callWithin(1000), signal: AbortSignal.abort() };

      const error = await failureOf(connector.grant(target, call), harness.secrets);

      expect(error).toMatchObject({ kind: 'retryable', uncertain: false });
      expect(await connector.check(target, callWithin())).toMatchObject({ state: 'absent' });
    });

    test('stops at its deadline while the target hangs, and works again when it no longer does', async () => {
      const target = await aim(3);
      await harness.freeze();
      const started = performance.now();

      const errors = await Promise.all(
        [
          ...everyCall(connector, target, 500),
          connector.ping(callWithin(500)),
          connector.validate(callWithin(500)),
          connector.resolve(target.account.name, target.role, callWithin(500)),
        ].map((call) => failureOf(call, harness.secrets)),
      );

      expect(new Set(errors.map(({ kind }) => kind))).toEqual(new Set(['unreachable']));
      expect(performance.now() - started).toBeLessThan(5_000);
      await harness.thaw();
      await connector.ping(callWithin());
      expect(await connector.check(target, callWithin())).toMatchObject({ state: 'absent' });
    });

    test('says that a target is down, and needs no restart when it is back', async () => {
      const target = await aim(3);
      await connector.grant(target, callWithin());
      await harness.goDown();

      const errors = await Promise.all(
        [
          ...everyCall(connector, target),
          connector.ping(callWithin()),
          connector.resolve('dana', harness.role, callWithin()),
        ].map((call) => failureOf(call, harness.secrets)),
      );

      expect(new Set(errors.map(({ kind }) => kind))).toEqual(new Set(['unreachable']));
      expect(errors.map(({ uncertain }) => uncertain)).toEqual(errors.map(() => false));
      await harness.comeUp();
      expect(await connector.check(target, callWithin())).toMatchObject({ state: 'present' });
      await connector.revoke(target, callWithin());
      expect(await connector.check(target, callWithin())).toMatchObject({ state: 'absent' });
      expect(await aim(3)).toEqual(target);
    });

    test('shows no secret to whoever prints it', () => {
      const everything = inspect(connector, { depth: Infinity, showHidden: true });

      for (const secret of harness.secrets) {
        expect(everything).not.toContain(secret);
      }
    });
  });
}

export type AccountTests = (running: () => RemoteHarness) => void;

/** Accounts that are in the target before Hallpass comes, and may hold the role by other leave. */
export function foundAccounts(running: () => RemoteHarness): void {
  test('leaves access that others gave where it is', async () => {
    const harness = running();
    const { connector } = harness;
    const target = await targetOf(connector, harness.accounts[1] ?? '', harness.role);
    await harness.giveByHand(target.account.name);
    expect(await connector.check(target, callWithin())).toMatchObject({ state: 'standing' });

    await connector.revoke(target, callWithin());

    expect(await connector.check(target, callWithin())).toMatchObject({ state: 'standing' });
    expect(await harness.holds(target.account.name)).toBe(true);
    expect(await connector.list?.(target.role, callWithin())).toContainEqual({
      account: target.account,
      fingerprint: target.fingerprint,
      standing: true,
    });
  });

  test('finds no account by a name that nobody has', async () => {
    const { connector, role, secrets } = running();

    const error = await failureOf(connector.resolve('nobody.at.all', role, callWithin()), secrets);

    expect(error.kind).toBe('unknown-account');
  });
}

/** Accounts that are made for each window: there is none to look for, and nobody else can have given it the role. */
export function madeAccounts(running: () => RemoteHarness): void {
  test('has an account for whoever is named, and gives it nothing before it is granted', async () => {
    const harness = running();
    const { connector, role } = harness;

    const target = await targetOf(connector, 'nobody.at.all', role);

    expect(target.account.name).toBe('nobody.at.all');
    expect(await connector.check(target, callWithin())).toMatchObject({ state: 'absent' });
    expect(await harness.holds('nobody.at.all')).toBe(false);
  });
}
