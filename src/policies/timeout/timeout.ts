import { TimeoutError } from '../../errors.js';
import type { Call, Gate } from '../../pipeline/contract.js';
import type { Deadline, DeadlineQueue } from '../../time/deadline-queue.js';
import type { Duration } from '../../time/duration.js';
import { formatDuration } from '../../time/duration.js';
import type { TimeSource } from '../../time/time-source.js';
import type { ResolvedTimeout, TimeoutOptions } from './options.js';
import { resolveTimeout } from './options.js';

/**
 * Bounds the time that everything inside it may take. At the deadline the attempt's signal aborts with a
 * {@link TimeoutError} and the call goes on outwards with that same error, whether or not the operation listens.
 *
 * Outside `retry` it bounds the whole call, inside each attempt. When timeouts are nested the nearest deadline
 * wins; an operation sees it as `context.deadline`.
 *
 * @param options The duration, or an object with it.
 * @throws ConfigError when the duration is not finite and >= 0.
 * @example
 * timeout('5s')
 */
export function timeout(options: Duration | TimeoutOptions): TimeoutPolicy {
  return new TimeoutPolicy(resolveTimeout(options));
}

/** Made by {@link timeout}. It keeps no state of its own, so copies of a pipeline share it. */
export class TimeoutPolicy implements Gate {
  readonly role = 'gate';
  readonly type = 'timeout';
  readonly name: string | undefined;
  readonly mayAbandon = true;
  /** The time allowed, in milliseconds. */
  readonly timeoutMs: number;
  readonly #message: string;
  #time: TimeSource | undefined;
  #queue: DeadlineQueue | undefined;
  /** Calls whose time is over and whose listeners are being told, which may end them. */
  readonly #expiring = new Set<Call>();

  /** @internal Use {@link timeout}. */
  constructor(options: ResolvedTimeout) {
    this.name = options.name;
    this.timeoutMs = options.duration;
    this.#message = `timed out after ${formatDuration(options.duration)}`;
  }

  enter(call: Call): undefined {
    call.state = this.#queueOf(call.time).add(this, call, call.layer);
  }

  exit(call: Call): void {
    const deadline = call.state as Deadline;
    // A deadline that has passed left the queue by itself and may already serve another call.
    if (deadline.owner === call) deadline.queue.remove(deadline);
    else this.#expiring.delete(call);
  }

  /** @internal */
  onDeadline(call: Call, layer: number): void {
    const { timeoutMs } = this;
    if (call.listening) {
      this.#expiring.add(call);
      call.emit({ type: 'timeout', timeoutMs }, layer);
      // A listener has ended the call; by now it may be another one.
      if (!this.#expiring.delete(call)) return;
    }
    const { label, captureStack } = call;
    const message = `${label}: ${this.#message}`;
    call.abandon(layer, new TimeoutError(message, { timeoutMs, captureStack }));
  }

  deadlineOf(state: unknown): number {
    const deadline = state as Deadline;
    return deadline.queue.timeOf(deadline);
  }

  /** @internal */
  roughDeadlineOf(state: unknown): number {
    const deadline = state as Deadline;
    return deadline.queue.roughTimeOf(deadline);
  }

  /** Calls on one time source after another are the rule; only a policy shared between clocks looks its queue up again. */
  #queueOf(time: TimeSource): DeadlineQueue {
    if (this.#time !== time) {
      this.#time = time;
      this.#queue = time.deadlines(this.timeoutMs);
    }
    return this.#queue as DeadlineQueue;
  }
}
