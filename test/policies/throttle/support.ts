import type { ThrottleOptions, ThrottlePolicy } from 'holdfast';
import { throttle } from 'holdfast';
import type { Rig } from '../support/rig.js';
import { rig } from '../support/rig.js';

export const DOWN = new Error('503');

/** Numbers that are spread evenly, the same in each run. */
export function evenly(): () => number {
  let at = 0;
  return () => {
    at = (at + 0.6180339887498949) % 1;
    return at;
  };
}

/** A throttle that judges from the first call on, alone in a pipeline, and draws what it is told to. */
export interface Throttled extends Rig {
  readonly policy: ThrottlePolicy;
  /** What it draws next, and ever after. 1 and above lets nothing be refused. */
  chance: number;
  /** How often it drew. */
  draws: number;
  /** Makes calls that the upstream accepts. */
  accept(times: number): Promise<void>;
  /** Makes calls that the upstream refuses. */
  fail(times: number): Promise<void>;
}

export function throttled(options: ThrottleOptions = {}): Throttled {
  const policy = throttle({
    minimumCalls: 1,
    random: () => {
      made.draws++;
      return made.chance;
    },
    ...options,
  });
  const made: Throttled = {
    ...rig(policy),
    policy,
    chance: 0.999_999,
    draws: 0,
    async accept(times) {
      for (let i = 0; i < times; i++) await made.pipeline.execute(() => 1);
    },
    async fail(times) {
      for (let i = 0; i < times; i++) await made.pipeline.settle(() => Promise.reject(DOWN));
    },
  };
  return made;
}
