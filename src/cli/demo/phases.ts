import type { UpstreamBehaviour, UpstreamCapacity } from '../../testing/upstream-behaviour.js';

/** One phase of the demo: what the upstreams do for a while. */
export interface Phase {
  readonly name: string;
  /** What each upstream does, in words. */
  readonly what: string;
  /** What went wrong, as in `after the slowdown`. `undefined` if nothing did. */
  readonly trigger?: string | undefined;
  readonly startMs: number;
  readonly endMs: number;
  readonly behaviour: UpstreamBehaviour;
}

interface Plan {
  readonly name: string;
  readonly what: string;
  readonly trigger?: string;
  /** Part of the whole run, in 34ths. */
  readonly share: number;
  /** The share of the workers that work. Default: all. */
  readonly working?: number;
  readonly failureRate?: number;
}

const PLAN: readonly Plan[] = [
  { name: 'good', share: 3, what: 'each upstream is busy for 3/4 of the time' },
  {
    name: 'slow',
    share: 5,
    trigger: 'slowdown',
    working: 0.1,
    what: 'a tenth of the workers is left',
  },
  { name: 'good again', share: 11, what: 'all workers are back, and find a queue' },
  {
    name: '503s',
    share: 5,
    trigger: 'failures',
    failureRate: 0.9,
    what: '9 of 10 answers are 503',
  },
  { name: 'good', share: 10, what: 'no answer fails any more' },
];
const SHARES = PLAN.reduce((total, { share }) => total + share, 0);

/** How busy the calls keep an upstream, if each is sent once. */
const LOAD = 0.75;
const WORKERS = 10;
/** Ten workers are meant for this rate. Each then takes 75 ms for a request. */
const RATE_FOR_TEN = 100;

/** The capacity that serves 4 requests for every 3 calls. Workers come in tens, so that a tenth of them is a whole number. */
export function capacityFor(rate: number): UpstreamCapacity {
  const workers = WORKERS * Math.max(1, Math.round(rate / RATE_FOR_TEN));
  const meanMs = (1_000 * workers * LOAD) / rate;
  // A log-normal distribution with this mean.
  return { workers, serviceTime: { median: 0.95 * meanMs, p99: 2 * meanMs } };
}

/** The phases of a run of this length, with this many calls a second. */
export function phasesOf(totalMs: number, rate: number): readonly Phase[] {
  const capacity = capacityFor(rate);
  let shares = 0;
  const now = (): number => (shares * totalMs) / SHARES;
  return PLAN.map(({ name, what, trigger, share, working = 1, failureRate = 0 }) => {
    const startMs = now();
    shares += share;
    const workers = Math.round(working * capacity.workers);
    const behaviour = { capacity: { ...capacity, workers }, failureRate };
    return { name, what, trigger, startMs, endMs: now(), behaviour };
  });
}

/** The index of the phase at this moment. After the last phase, it stays at that one. */
export function phaseIndexAt(phases: readonly Phase[], elapsedMs: number): number {
  const index = phases.findIndex(({ endMs }) => elapsedMs < endMs);
  return index === -1 ? phases.length - 1 : index;
}
