import type { Priority } from '../pipeline/contract/call-traits.js';
import { priorities } from '../pipeline/contract/call-traits.js';
import { tellAtOnce } from '../telemetry/at-once.js';
import { systemClock } from '../time/clock.js';
import { timeSourceOf } from '../time/time-source.js';
import type { Arm } from './arm.js';
import { Chance } from './chance.js';
import type { CallPlan } from './client.js';
import { Client } from './client.js';
import { fakeGlobals } from './fake-globals.js';
import type { ResolvedScenario } from './scenario.js';
import { capacityOf } from './scenario.js';
import type { Sample, Slice } from './tally.js';
import { Tally } from './tally.js';
import type { Spell } from './timeline.js';
import { spellsOf } from './timeline.js';
import type { UpstreamCounts } from './upstream.js';
import { Upstream } from './upstream.js';
import { settleByTurn, VirtualTime } from './virtual-time.js';
import { mustBeResolved } from './wrong-arguments.js';

/** The raw data of one run. */
export interface Run {
  readonly scenario: ResolvedScenario;
  readonly spells: readonly Spell[];
  readonly slices: readonly Slice[];
  readonly samples: readonly Sample[];
  /** The slices of each class of calls, where there are classes. */
  readonly byPriority?: ReadonlyMap<Priority, readonly Slice[]> | undefined;
  readonly latencies: readonly number[];
  /** When the calls of `latencies` were made. */
  readonly starts: readonly number[];
  readonly upstream: UpstreamCounts;
}

/** What each stream of random numbers is for. So all arms of a simulation meet the same calls and the same trouble. */
const FOR = { spells: 0, arrivals: 1, upstream: 2, arm: 3, priorities: 4, costs: 5 } as const;

/** How often, and how many times at most, a run checks whether the system clock is read for each call again. */
const LOOK_MS = 5;
const MOST_LOOKS = 100;

let before: Promise<unknown> = Promise.resolve();

/**
 * Runs one arm through a scenario. One run at a time, because it replaces the clock and the random numbers of the process.
 *
 * @throws ConfigError (as a rejection) when the scenario is none that `resolveScenario()` has made.
 */
export function run(scenario: ResolvedScenario, arm: Arm, seed: number): Promise<Run> {
  tellAtOnce();
  const mine = before.then(() => runAlone(scenario, arm, seed));
  before = mine.catch(() => undefined);
  return mine;
}

async function runAlone(scenario: ResolvedScenario, arm: Arm, seed: number): Promise<Run> {
  mustBeResolved(scenario, 'run.scenario');
  await untilExact();
  const time = new VirtualTime(settleByTurn);
  const chances = new Chance(seed, FOR.arm);
  const random = (): number => chances.next();
  const spellChance = new Chance(seed, FOR.spells);
  const spells = spellsOf(scenario, () => spellChance.next());
  const upstream = new Upstream(time, scenario, spells, new Chance(seed, FOR.upstream));
  const tally = new Tally();
  const restore = fakeGlobals(time.process, random);
  try {
    const { deadline, servers } = scenario;
    const clients = Array.from({ length: scenario.clients }, (_, client) => {
      const caller = arm({ clock: time.process, random, client, deadline, servers });
      return new Client(caller, client, time, upstream, tally);
    });
    planPauses(spells, time);
    startTraffic(scenario, spells, time, clients, seed);
    startSampling(time, tally, upstream, clients);
    await time.run(scenario.arrivals + deadline + 500);
  } finally {
    restore();
  }
  const { slices, byPriority, samples, latencies, starts } = tally;
  const { counts } = upstream;
  return { scenario, spells, slices, byPriority, samples, latencies, starts, upstream: counts };
}

/** Under load, pipelines share one reading of the system clock for some milliseconds. Waits, so that no such reading gets into simulated time. */
async function untilExact(): Promise<void> {
  const source = timeSourceOf(systemClock);
  for (let looks = 0; source.ticking && looks < MOST_LOOKS; looks++) {
    await new Promise<void>((resolve) => void systemClock.setTimer(resolve, LOOK_MS));
  }
}

/** Calls arrive as a Poisson process, at a rate that spikes change. */
function startTraffic(
  scenario: ResolvedScenario,
  spells: readonly Spell[],
  time: VirtualTime,
  clients: readonly Client[],
  seed: number,
): void {
  const chance = new Chance(seed, FOR.arrivals);
  const traitsOf = traitsBy(scenario, seed);
  const perMs = (scenario.load * capacityOf(scenario)) / 1_000;
  const factorAt = (nowMs: number): number => {
    let factor = 1;
    for (const spell of spells) {
      if (spell.kind !== 'spike') continue;
      if (nowMs >= spell.startMs && nowMs < spell.endMs) factor *= spell.factor;
    }
    return factor;
  };
  // Thinning (Lewis and Shedler, 1979): candidates come at the highest rate. The rate of the moment decides which of them are calls.
  const most = spells.reduce(
    (product, spell) => (spell.kind === 'spike' ? product * Math.max(1, spell.factor) : product),
    1,
  );
  const candidate = (): void => {
    const now = time.now();
    if (now >= scenario.arrivals) return;
    time.setTimer(candidate, chance.exponential(1 / (perMs * most)));
    if (chance.next() * most >= factorAt(now)) return;
    const missing = spells.some(
      (spell) =>
        spell.kind === 'missing_ids' &&
        now >= spell.startMs &&
        now < spell.endMs &&
        chance.next() < spell.share,
    );
    const client = clients[clientOf(scenario, clients.length, chance)];
    const plan: CallPlan = { missing, ...traitsOf() };
    // A paused process hears of it afterwards, as of all that comes over a socket.
    if (time.paused) time.deliver(() => client?.call(plan), 0);
    else client?.call(plan);
  };
  time.setTimer(candidate, chance.exponential(1 / (perMs * most)));
}

/** Blocks the clients' process as the triggers say. */
function planPauses(spells: readonly Spell[], time: VirtualTime): void {
  for (const spell of spells) {
    if (spell.kind !== 'pause') continue;
    const ms = spell.endMs - spell.startMs;
    for (let i = 0; i < spell.times; i++) {
      const pause = (): void => {
        time.pause(ms);
        // Only the system clock shows it by itself: see TimeSource.blockedSince.
        timeSourceOf(time.process).blocks.note(time.now(), time.now() + ms);
      };
      time.setTimer(pause, spell.startMs + i * (spell.every ?? 0));
    }
  }
}

/** Draws the class and the cost of each call, with chances of their own: what else is drawn stays the same. */
function traitsBy(
  { priorities: shares, cost }: ResolvedScenario,
  seed: number,
): () => Pick<CallPlan, 'priority' | 'cost'> {
  const classes = new Chance(seed, FOR.priorities);
  const costs = new Chance(seed, FOR.costs);
  return () => ({
    priority: shares && classAt(shares, classes.next()),
    cost: cost && costOf(cost, costs),
  });
}

/** The class of a number from 0 to below 1, which falls into the share of one. */
function classAt(
  shares: NonNullable<ResolvedScenario['priorities']>,
  u: number,
): Priority | undefined {
  let sum = 0;
  let last: Priority | undefined;
  for (const each of priorities) {
    const share = shares[each] ?? 0;
    if (share === 0) continue;
    sum += share;
    last = each;
    if (u < sum) break;
  }
  return last;
}

/** A whole number, because that is what is counted: tokens, rows, bytes. */
function costOf({ mean, spread }: NonNullable<ResolvedScenario['cost']>, chance: Chance): number {
  return Math.max(1, Math.round(spread === 'constant' ? mean : chance.exponential(mean)));
}

/** Picks the client of a call. With unequal clients, the square of a random number gives half of the calls to a quarter of them. */
function clientOf({ unequal }: ResolvedScenario, clients: number, chance: Chance): number {
  const u = chance.next();
  return Math.floor((unequal ? u * u : u) * clients);
}

function startSampling(
  time: VirtualTime,
  tally: Tally,
  upstream: Upstream,
  clients: readonly Client[],
): void {
  const sample = (): void => {
    time.setTimer(sample, 1_000);
    const { queued } = upstream;
    const last = tally.samples.at(-1);
    if (time.paused) {
      // Nothing of the process can be read.
      tally.samples.push({ open: 0, limit: Number.NaN, ...last, queued });
      return;
    }
    let open = 0;
    let limits = 0;
    let limited = 0;
    for (const client of clients) {
      let isOpen = false;
      for (const { state, limit } of statesOf(client.snapshot)) {
        isOpen ||= state !== undefined && state !== 'closed';
        if (typeof limit !== 'number') continue;
        limits += limit;
        limited++;
      }
      if (isOpen) open++;
    }
    tally.samples.push({ queued, open, limit: limits / limited });
  };
  time.setTimer(sample, 1_000);
}

interface PolicyState {
  readonly state?: unknown;
  readonly limit?: unknown;
}

/** The states of a pipeline's policies. */
function statesOf(snapshot: unknown): PolicyState[] {
  const { policies } = Object(snapshot) as { policies?: unknown };
  return Object.values(Object(policies) as Record<string, unknown>).map(
    (state) => Object(state) as PolicyState,
  );
}
