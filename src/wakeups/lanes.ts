import type { Log } from '../ports.js';

type Work = () => Promise<void>;

export type Lanes = {
  /**
   * Takes work for an id. False when it was not taken as new: that id already waits or runs in the lane, the
   * lane is full, or the lanes are closed. An id that is offered while it runs is run once more, right
   * afterwards: the wake-up may be for something that the work under way had already passed by.
   */
  offer(lane: string, id: string, work: Work): boolean;
  /** How many ids wait or run in the lane. */
  size(lane: string): number;
  /** Whether more than can run waits in any lane whose name ends so. */
  hasWaiting(ending: string): boolean;
  /** Resolves once nothing waits or runs in any lane. */
  idle(): Promise<void>;
  /** Takes no more work and drops what waits; what runs is not touched. */
  close(): void;
};

type Lane = {
  readonly waiting: Map<string, Work>;
  readonly running: Map<string, { again: Work | null }>;
  /** Said once each time it fills up, not for every row that it turns away. */
  toldFull: boolean;
};

const maxWaitingPerLane = 10_000;

/** Lines of work that do not delay each other, each with at most so many under way at once. */
export function createLanes({
  concurrency,
  log,
  maxWaiting = maxWaitingPerLane,
}: {
  readonly concurrency: (lane: string) => number;
  readonly log: Log;
  /** What a full lane turns away stays due in the database, and the watchman offers it again. */
  readonly maxWaiting?: number;
}): Lanes {
  const lanes = new Map<string, Lane>();
  let whenIdle: (() => void)[] = [];
  let closed = false;

  function pump(name: string, lane: Lane): void {
    const atOnce = Math.max(1, concurrency(name));
    for (const [id, work] of lane.waiting) {
      if (lane.running.size >= atOnce) {
        return;
      }
      lane.waiting.delete(id);
      lane.toldFull = false;
      void run({ name, lane, id, work });
    }
    if (lane.running.size === 0) {
      lanes.delete(name);
    }
    if (lanes.size === 0) {
      const told = whenIdle;
      whenIdle = [];
      told.forEach((tell) => tell());
    }
  }

  async function run(turn: { name: string; lane: Lane; id: string; work: Work }): Promise<void> {
    const { name, lane, id } = turn;
    const place: { again: Work | null } = { again: turn.work };
    lane.running.set(id, place);
    for (let work = place.again; work !== null; work = place.again) {
      place.again = null;
      try {
        await work();
      } catch (error) {
        log.error({ lane: name, id, err: error }, 'Work in a lane failed');
      }
    }
    lane.running.delete(id);
    pump(name, lane);
  }

  return {
    offer(name, id, work) {
      const lane = lanes.get(name) ?? { waiting: new Map(), running: new Map(), toldFull: false };
      const underWay = lane.running.get(id);
      if (closed || lane.waiting.has(id)) {
        return false;
      }
      if (underWay !== undefined) {
        underWay.again = work;
        return false;
      }
      if (lane.waiting.size >= maxWaiting) {
        if (!lane.toldFull) {
          lane.toldFull = true;
          log.warn({ lane: name, waiting: lane.waiting.size }, 'A lane is full; further rows stay due');
        }
        return false;
      }
      lanes.set(name, lane);
      lane.waiting.set(id, work);
      pump(name, lane);
      return true;
    },
    size(name) {
      const lane = lanes.get(name);
      return lane === undefined ? 0 : lane.waiting.size + lane.running.size;
    },
    hasWaiting(ending) {
      return [...lanes].some(([name, lane]) => name.endsWith(ending) && lane.waiting.size > 0);
    },
    idle() {
      return lanes.size === 0 ? Promise.resolve() : new Promise((resolve) => whenIdle.push(resolve));
    },
    close() {
      closed = true;
      for (const lane of lanes.values()) {
        lane.waiting.clear();
        for (const place of lane.running.values()) {
          place.again = null;
        }
      }
    },
  };
}
