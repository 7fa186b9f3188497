/** One run: the schedule of a seed, lived through, and what is found wrong afterwards. */
import { setTimeout as pause } from 'node:timers/promises';
import type { TestServers } from '../support/servers/ensure-installed.js';
import type { AppProcesses } from './app-process.js';
import { beginFault, endFault, faultText } from './faults.js';
import { gatherEvidence, noteEvidence } from './evidence.js';
import type { Evidence } from './evidence-type.js';
import { brokenInvariants } from './invariants.js';
import { doAct, type Typed } from './people.js';
import { makeSchedule, type Fault, type Schedule, type ScheduleOptions } from './schedule.js';
import { timelineText } from './timeline.js';
import { startWorld, type World } from './world.js';

export type Outcome = {
  readonly seed: number;
  readonly mode: string;
  readonly isSwept: boolean;
  /** Empty when all is well. */
  readonly problems: readonly string[];
  readonly faults: readonly string[];
  readonly grants: number;
  /** How many were shown in Slack. */
  readonly secrets: number;
  /** From the end of all faults and all short windows until everything held. */
  readonly settledMs: number;
  readonly timeline: string;
  readonly complaints: readonly string[];
};

/** So long after the last fault, and the last short window, everything must hold. */
const SETTLE_WITHIN_MS = 30_000;
const SHORT_WINDOW_MS = 60_000;

export async function runSeed(
  seed: number,
  servers: TestServers,
  processes: AppProcesses,
  options: ScheduleOptions = {},
): Promise<Outcome> {
  const schedule = makeSchedule(seed, options);
  const world = await startWorld(servers, processes, schedule);
  try {
    await world.app.up();
    const typed = await live(world, schedule);
    const { problems, settledMs, evidence } = await settle(world, typed, schedule);
    noteEvidence(world, evidence);
    return {
      seed,
      mode: schedule.mode,
      isSwept: schedule.isSwept,
      problems,
      settledMs,
      grants: evidence.grants.length,
      secrets: evidence.secrets.length,
      faults: schedule.faults.map((fault) => faultText(fault)),
      timeline: timelineText(world.timeline.entries, world.timeline.startedAt),
      complaints: world.app.complaints(),
    };
  } finally {
    await world.stop();
  }
}

/** Until nothing goes wrong any more. */
async function live(world: World, { acts, faults, healAt }: Schedule): Promise<Typed[]> {
  const startedAt = Date.now();
  const until = async (at: number): Promise<unknown> => await pause(Math.max(0, startedAt + at - Date.now()));
  const typed: Typed[] = [];
  const people = acts.map(async (act) => {
    await until(act.at);
    await doAct(world, act, typed);
  });
  const troubles = faults.map(async (fault) => {
    await until(fault.at);
    await beginFault(world, fault);
    await until(Math.min(endOf(fault, healAt), healAt));
    await endFault(world, fault);
  });
  await Promise.all([...people, ...troubles]);
  await until(healAt);
  world.wire.heal();
  world.timeline.note('fault', 'nothing goes wrong from here on');
  await world.app.up();
  return typed;
}

/** What strikes when something happens next is in force until all is healed. */
function endOf(fault: Fault, healAt: number): number {
  const awaits =
    fault.fault === 'app dies at' ||
    fault.fault.startsWith('target cuts') ||
    fault.fault === 'target makes the change late';
  return awaits ? healAt : fault.at + fault.forMs;
}

async function settle(
  world: World,
  typed: readonly Typed[],
  schedule: Schedule,
): Promise<{ problems: string[]; settledMs: number; evidence: Evidence }> {
  const healedAt = Date.now();
  let overAt = healedAt;
  for (;;) {
    await pause(250);
    const evidence = await gatherEvidence(world, typed);
    const now = Date.now();
    if (
      evidence.grants.some(
        (grant) => grant.endsAt > evidence.appNow && grant.endsAt - evidence.appNow < SHORT_WINDOW_MS,
      )
    ) {
      overAt = now;
    }
    const problems = brokenInvariants(evidence);
    const isOver = overAt < now;
    if ((problems.length === 0 && isOver) || now - overAt > SETTLE_WITHIN_MS) {
      return { problems, settledMs: now - overAt, evidence };
    }
    if (now - healedAt > 4 * SETTLE_WITHIN_MS) {
      return {
        problems: [`seed ${schedule.seed} does not come to an end`, ...problems],
        settledMs: now - healedAt,
        evidence,
      };
    }
  }
}
