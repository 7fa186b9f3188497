import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Connector, GrantCall, Target } from '../../src/ports.js';
import { callWithin, failureOf, targetOf, type RemoteHarness } from './connector-contract.js';
import { waitFor } from './wait-for.js';

export type Fault = 'cut-before-effect' | 'cut-after-effect';
export type Change = 'grant' | 'revoke';

/** A connector of its own, whose next call of one kind meets a fault on its way. */
export type BadLine = { readonly connector: Connector; close(): Promise<void> };

/** A target whose network, too, is in the test's hands. */
export type FaultHarness = RemoteHarness & {
  /** Another connector to the same target, as a Hallpass that has just started has it. */
  reconnect(): Connector;
  badLine(fault: Fault, change: Change): Promise<BadLine>;
  /** A grant over this line gets no answer in time, and takes effect once `land` was called. */
  lateGrant(): Promise<BadLine & { land(): Promise<void> }>;
  /** From now on the target refuses to change anything: for the moment, or for good. */
  refuseChanges(how: 'for-now' | 'for-good'): Promise<void>;
  allowChanges(): Promise<void>;
  /** All that connectors of this harness have written to their log so far. */
  logged(): unknown;
};

const faults = ['cut-before-effect', 'cut-after-effect'] as const;
const changes = ['grant', 'revoke'] as const;

/** What a connector to a real target keeps to when a process dies, a line breaks, or the target says no. */
export function faultContract(name: string, start: () => Promise<FaultHarness>): void {
  describe(`${name}, as every connector whose calls go wrong`, () => {
    let harness: FaultHarness;
    let connector: Connector;
    beforeAll(async () => {
      harness = await start();
      connector = harness.connector;
    });
    afterAll(() => harness.stop());

    function aim(index: number): Promise<Target> {
      return targetOf(connector, harness.accounts[index] ?? '', harness.role);
    }
    function change(by: Connector, what: Change, target: Target, call: GrantCall): Promise<unknown> {
      return what === 'grant' ? by.grant(target, call) : by.revoke(target, call);
    }
    async function expectState(by: Connector, target: Target, state: string): Promise<void> {
      expect(await by.check(target, callWithin())).toMatchObject({ state });
    }

    describe.each(faults)('a connection that is %s', (fault) => {
      test.each(changes)('leaves a %s in doubt, which a new process repeats', async (what) => {
        const target = await aim(0);
        await change(connector, what === 'grant' ? 'revoke' : 'grant', target, callWithin());
        const line = await harness.badLine(fault, what);

        const error = await failureOf(change(line.connector, what, target, callWithin()), harness.secrets);
        await line.close();

        expect(error).toMatchObject({ kind: 'unreachable', uncertain: true });
        const happened = fault === 'cut-after-effect';
        expect(await harness.holds(target.account.name)).toBe((what === 'grant') === happened);
        const restarted = harness.reconnect();
        await change(restarted, what, target, callWithin());
        await expectState(restarted, target, what === 'grant' ? 'present' : 'absent');
        await restarted.revoke(target, callWithin());
      });
    });

    test('a grant may land after its deadline, within the time that the connector names', async () => {
      const target = await aim(1);
      const line = await harness.lateGrant();

      const error = await failureOf(line.connector.grant(target, callWithin(1_000)), harness.secrets);
      expect(error.uncertain).toBe(true);
      await expectState(connector, target, 'absent');
      await line.land();

      expect(connector.lateEffectMs).toBeGreaterThan(0);
      await waitFor('the late grant', () => harness.holds(target.account.name), {
        withinMs: connector.lateEffectMs,
      });
      await expectState(connector, target, 'present');
      await connector.revoke(target, callWithin());
      await expectState(connector, target, 'absent');
      await line.close();
    });

    test('a new process takes away what the one before it gave', async () => {
      const target = await aim(2);
      const before = harness.reconnect();
      await before.grant(target, callWithin());
      await before.close();

      const after = harness.reconnect();
      expect(await targetOf(after, target.account.name, target.role)).toEqual(target);
      await expectState(after, target, 'present');
      await after.revoke(target, callWithin());

      expect(await harness.holds(target.account.name)).toBe(false);
    });

    test('two processes may work on one account at once', async () => {
      const target = await aim(3);
      const both = [connector, harness.reconnect()];
      const twelve = Array.from({ length: 12 }, (_, turn) => both[turn % 2] ?? connector);

      await Promise.all(twelve.map((one) => one.grant(target, callWithin())));
      expect(await harness.holds(target.account.name)).toBe(true);

      await Promise.all(twelve.map((one) => one.revoke(target, callWithin())));
      expect(await harness.holds(target.account.name)).toBe(false);
    });

    test.each([
      ['for-now', 'retryable'],
      ['for-good', 'final'],
    ] as const)('a target that refuses %s makes a %s error, and nothing is in doubt', async (how, kind) => {
      const target = await aim(4);
      await harness.refuseChanges(how);

      const error = await failureOf(connector.grant(target, callWithin()), harness.secrets);

      expect(error).toMatchObject({ kind, uncertain: false });
      await expectState(connector, target, 'absent');
      await harness.allowChanges();
      await connector.grant(target, callWithin());
      await connector.revoke(target, callWithin());
    });

    test('a closed connector sends nothing more', async () => {
      const target = await aim(5);
      const closed = harness.reconnect();
      await closed.check(target, callWithin());

      await closed.close();

      const error = await failureOf(closed.grant(target, callWithin()), harness.secrets);
      expect(error).toMatchObject({ kind: 'unreachable', uncertain: false });
      expect(await harness.holds(target.account.name)).toBe(false);
    });

    test('whatever went wrong, no secret is in the log', async () => {
      const target = await aim(6);
      const line = await harness.badLine('cut-before-effect', 'grant');
      await failureOf(line.connector.grant(target, callWithin()), harness.secrets);
      await line.close();

      const everything = inspect(harness.logged(), { depth: Infinity, maxStringLength: Infinity });

      for (const secret of harness.secrets) {
        expect(everything).not.toContain(secret);
      }
    });
  });
}
