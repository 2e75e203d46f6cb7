import type { Context, HedgeOptions, PipelineLayer } from 'holdfast';
import { hedge, pipeline } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import type { Rig, Started } from '../support/rig.js';
import { byHand, rig } from '../support/rig.js';

/** Random numbers that are the same for the same seed (mulberry32). */
export function chanceFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A rig with ten hedges saved up: hedges have won before, so one costs one. */
export interface HedgeRig extends Rig {
  readonly hedge: ReturnType<typeof hedge>;
  readonly started: Started[];
  readonly operation: (context: Context) => Promise<unknown>;
}

/** Has hedges of this policy win three times, on a clock of its own. From then on, each costs one. */
async function proven(policy: ReturnType<typeof hedge>): Promise<void> {
  const clock = new VirtualClock();
  const calls = pipeline({ name: 'proving', clock }, policy);
  for (let won = 0; won < 3; won++) {
    for (let i = 0; i < 200; i++) await calls.execute(() => 'quick');
    const call = calls.execute(({ attempt }) => (attempt === 1 ? sleep(clock, 1e6) : undefined));
    await clock.advance(policy.snapshot().delayMs);
    await call;
  }
}

export async function hedged(
  options: HedgeOptions,
  inside: readonly PipelineLayer[] = [],
  outside: readonly PipelineLayer[] = [],
): Promise<HedgeRig> {
  const policy = hedge(options);
  await proven(policy);
  const made = rig(...outside, policy, ...inside);
  for (let i = 0; i < 200; i++) await made.pipeline.execute(() => 'quick');
  made.events.length = 0;
  const operation = byHand(made.clock);
  return Object.assign(made, { hedge: policy, started: operation.started, operation });
}

export function sleep(clock: VirtualClock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimer(resolve, ms);
  });
}
