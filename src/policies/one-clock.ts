import { ConfigError } from '../errors.js';
import { systemClock } from '../time/clock.js';
import type { TimeSource } from '../time/time-source.js';
import { isSameTime, timeSourceOf } from '../time/time-source.js';

/** The time of a policy whose state is in milliseconds of one clock. All its pipelines must have the same clock. */
export class OneClock {
  readonly #policy: string;
  readonly #noun: string;
  #source: TimeSource | undefined;

  /**
   * @param policy The policy's name in code: `circuitBreaker`.
   * @param noun The word for it: `breaker`.
   */
  constructor(policy: string, noun: string) {
    this.#policy = policy;
    this.#noun = noun;
  }

  /** The time it is bound to. The system's, while it is bound to none. */
  get source(): TimeSource {
    return this.#source ?? timeSourceOf(systemClock);
  }

  /**
   * Takes the time of a pipeline.
   *
   * @throws ConfigError when there is another one already.
   */
  bind(time: TimeSource): void {
    this.#source ??= time;
    if (isSameTime(this.#source, time)) return;
    throw new ConfigError(
      `${this.#policy}: already runs on another clock: that of another pipeline, or the system clock if it was used before; give all its pipelines one clock, or each its own ${this.#noun}`,
      { path: this.#policy, policy: this.#policy },
    );
  }
}
