import type * as fc from 'fast-check';
import type { SmallWorld } from './small-world.js';

/**
 * Answers how to run works at once: while they run, each call to the store and to a target waits for its turn, which
 * the scheduler gives in an order of its own choice, so that they are interleaved at every await. The order follows
 * from the seed.
 */
export function interleaving(
  world: SmallWorld,
  scheduler: fc.Scheduler,
): <Value>(works: readonly (() => Promise<Value>)[]) => Promise<Value[]> {
  const { store } = world.deps;
  let racing = false;
  const turn = async (what: string): Promise<void> => {
    if (racing) {
      await scheduler.schedule(Promise.resolve(), what);
    }
  };
  const inTurn =
    <Args extends unknown[], Value>(what: string, call: (...args: Args) => Promise<Value>) =>
    async (...args: Args): Promise<Value> => {
      await turn(what);
      return await call(...args);
    };
  Object.assign(store, {
    commit: inTurn('commit', store.commit.bind(store)),
    request: inTurn('request', store.request.bind(store)),
    decisions: inTurn('decisions', store.decisions.bind(store)),
    grant: inTurn('grant', store.grant.bind(store)),
    holds: inTurn('holds', store.holds.bind(store)),
    entitlement: inTurn('entitlement', store.entitlement.bind(store)),
    entitlementOf: inTurn('entitlementOf', store.entitlementOf.bind(store)),
    entitlementState: inTurn('entitlementState', store.entitlementState.bind(store)),
  });
  world.beforeCall = inTurn('target', world.beforeCall);

  return async (works) => {
    racing = true;
    try {
      return await scheduler.waitFor(Promise.all(works.map(async (work) => await work())));
    } finally {
      racing = false;
    }
  };
}
