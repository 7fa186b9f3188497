import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HOUR_MS, SECOND_MS } from '../../src/domain/time.js';
import type { Connector, Target } from '../../src/ports.js';
import { callWithin, targetOf, type RemoteHarness } from './connector-contract.js';
import { waitFor } from './wait-for.js';

/** A target that ends access by itself. */
export type ExpiryHarness = RemoteHarness & {
  /** Another connector to the same target, as a Hallpass that has just started has it. */
  reconnect(): Connector;
  /** Runs what ends access in the target, where that is not the target's own clock. */
  sweep?(): Promise<void>;
};

/** What a connector keeps to whose `nativeExpiry` is `exact` or `coarse`. */
export function nativeExpiryContract(name: string, start: () => Promise<ExpiryHarness>): void {
  describe(`${name}, as every connector to a target that ends access by itself`, () => {
    let harness: ExpiryHarness;
    let connector: Connector;
    beforeAll(async () => {
      harness = await start();
      connector = harness.connector;
    });
    afterAll(() => harness.stop());

    function aim(index: number): Promise<Target> {
      return targetOf(connector, harness.accounts[index] ?? '', harness.role);
    }
    async function grantUntil(target: Target, expiresAt: number): Promise<void> {
      await connector.grant(target, { ...callWithin(), expiresAt });
    }
    /** A target may keep whole seconds. */
    async function expectEnd(by: Connector, target: Target, expiresAt: number): Promise<void> {
      const seen = await by.check(target, callWithin());
      expect(seen.state).toBe('present');
      expect(Math.abs((seen.expiresAt ?? 0) - expiresAt)).toBeLessThan(SECOND_MS);
    }

    test('says when it will end, as it was told, also to a process that has just started', async () => {
      const target = await aim(0);
      const end = Date.now() + HOUR_MS;

      await grantUntil(target, end);

      expect(connector.capabilities.nativeExpiry).not.toBe('none');
      await expectEnd(connector, target, end);
      await expectEnd(harness.reconnect(), target, end);
      await connector.revoke(target, callWithin());
      expect(await connector.check(target, callWithin())).toEqual({ state: 'absent', expiresAt: null });
    });

    test('moves the end forth and back with each further grant, and one revoke ends it', async () => {
      const target = await aim(1);
      const end = Date.now() + 2 * HOUR_MS;
      for (const moved of [end, end + HOUR_MS, end - HOUR_MS]) {
        await grantUntil(target, moved);
        await expectEnd(connector, target, moved);
      }

      await connector.revoke(target, callWithin());

      expect(await harness.holds(target.account.name)).toBe(false);
    });

    test('ends at its time without any Hallpass', async () => {
      const target = await aim(2);
      await grantUntil(target, Date.now() + 2 * SECOND_MS);
      expect(await harness.holds(target.account.name)).toBe(true);

      await waitFor('the target to end it', async () => {
        await harness.sweep?.();
        return !(await harness.holds(target.account.name));
      });

      expect(await connector.check(target, callWithin())).toEqual({ state: 'absent', expiresAt: null });
      await connector.revoke(target, callWithin());
    });

    test('gives anew what has ended by itself', async () => {
      const target = await aim(3);
      await grantUntil(target, Date.now() + SECOND_MS);
      await waitFor('the target to end it', async () => {
        await harness.sweep?.();
        return !(await harness.holds(target.account.name));
      });

      const end = Date.now() + HOUR_MS;
      await grantUntil(target, end);

      await expectEnd(connector, target, end);
      await connector.revoke(target, callWithin());
    });

    test('takes away nothing that others gave, when the time comes', async () => {
      const target = await aim(4);
      await harness.giveByHand(target.account.name);
      const ours = await aim(5);
      await grantUntil(ours, Date.now() + SECOND_MS);

      await waitFor('the end of what is ours', async () => {
        await harness.sweep?.();
        return !(await harness.holds(ours.account.name));
      });

      expect(await connector.check(target, callWithin())).toEqual({ state: 'standing', expiresAt: null });
    });
  });
}
