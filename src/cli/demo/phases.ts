import type { UpstreamBehaviour } from '../../testing/upstream-behaviour.js';

/** The names of the phases, in their order. */
export type PhaseName = 'good' | 'slow' | 'failing' | 'hanging' | 'recovering';

/** One part of the upstream's day. */
export interface Phase {
  readonly name: PhaseName;
  /** What the upstream does, for people. */
  readonly what: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly behaviour: UpstreamBehaviour;
}

interface Plan extends Omit<Phase, 'startMs' | 'endMs'> {
  /** Part of the whole run; the parts add up to 1. */
  readonly share: number;
}

const PLAN: readonly Plan[] = [
  {
    name: 'good',
    share: 3 / 18,
    what: 'answers in about 20 ms',
    behaviour: { latency: { median: '20ms', p99: '60ms' } },
  },
  {
    name: 'slow',
    share: 3 / 18,
    what: 'answers in about 120 ms, 1 in 100 takes over 1.2 s',
    behaviour: { latency: { median: '120ms', p99: '1.2s' } },
  },
  {
    name: 'failing',
    share: 4 / 18,
    what: 'answers 9 of 10 requests with status 503',
    behaviour: { latency: { median: '20ms', p99: '60ms' }, failureRate: 0.9 },
  },
  {
    name: 'hanging',
    share: 4 / 18,
    what: 'accepts requests and never answers',
    behaviour: { faults: { hang: 1 } },
  },
  {
    name: 'recovering',
    share: 4 / 18,
    what: 'answers in about 40 ms again, 1 in 50 still fails',
    behaviour: { latency: { median: '40ms', p99: '200ms' }, failureRate: 0.02 },
  },
];

/** The phases of a run of this length. */
export function phasesOf(totalMs: number): readonly Phase[] {
  let startMs = 0;
  return PLAN.map(({ share, ...phase }, index) => {
    const endMs = index === PLAN.length - 1 ? totalMs : startMs + share * totalMs;
    const placed: Phase = { ...phase, startMs, endMs };
    startMs = endMs;
    return placed;
  });
}

/** The index of the phase at this moment; the last one also afterwards. */
export function phaseIndexAt(phases: readonly Phase[], elapsedMs: number): number {
  const index = phases.findIndex(({ endMs }) => elapsedMs < endMs);
  return index === -1 ? phases.length - 1 : index;
}

/**
 * When call number `index` is due. Calls come at a fixed rate whatever became of the earlier ones: a client that waits
 * for an answer before it sends the next request would hide how long its own callers wait.
 */
export function dueMs(index: number, rate: number): number {
  return (index * 1_000) / rate;
}

/** How many calls are due within the first `totalMs`. */
export function callsIn(totalMs: number, rate: number): number {
  return Math.ceil((totalMs * rate) / 1_000 - 1e-9);
}
