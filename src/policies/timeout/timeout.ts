import { mark } from '../../copies.js';
import { TimeoutError } from '../../errors.js';
import type { Call, Gate } from '../../pipeline/contract/policy.js';
import type {
  StraightEntrant,
  StraightHalf,
  StraightPlace,
} from '../../pipeline/contract/straight-half.js';
import type { FailureRule } from '../../pipeline/outcome/failure-rule.js';
import type { Deadline, DeadlineQueue } from '../../time/deadline-queue.js';
import type { Duration } from '../../time/duration.js';
import { formatDuration } from '../../time/duration.js';
import type { TimeSource } from '../../time/time-source.js';
import type { ResolvedTimeout, TimeoutOptions } from './options.js';
import { resolveTimeout } from './options.js';

/**
 * Bounds the time that everything inside it may take. At the deadline the attempt's signal aborts with a
 * {@link TimeoutError}. The call ends outwards with that same error, whether or not the operation listens to the signal.
 *
 * Outside `retry` it bounds the whole call, inside `retry` each attempt. When timeouts are nested, the nearest deadline
 * wins. The operation sees it as `context.deadline`.
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
  /** @internal */
  static readonly marked = /* @__PURE__ */ mark(TimeoutPolicy, 'timeout');

  readonly role = 'gate';
  readonly type = 'timeout';
  readonly name: string | undefined;
  readonly mayAbandon = true;
  readonly quiet = true;
  /** @internal */
  readonly failureRule: FailureRule | undefined;
  /** The time allowed, in milliseconds. */
  readonly timeoutMs: number;
  /** What messages say before the time. */
  readonly #what: string;
  #time: TimeSource | undefined;
  #queue: DeadlineQueue | undefined;
  /** Calls whose time is over and whose listeners are being told. A listener may end the call. */
  readonly #expiring = new Set<Call>();

  /** @internal Use {@link timeout}. */
  constructor(options: ResolvedTimeout, what = 'timed out after') {
    this.name = options.name;
    this.failureRule = options.failureRule;
    this.timeoutMs = options.duration;
    this.#what = what;
  }

  enter(call: Call): undefined {
    const { layer } = call;
    const own = call.setting(layer);
    call.state =
      own === undefined
        ? this.#queueOf(call.time).add(this, call, layer)
        : this.#add(call, layer, own);
  }

  /** @internal */
  straight({ layer, time, take }: StraightPlace): StraightHalf | undefined {
    const queue = time.deadlines(this.timeoutMs);
    if (take('waitsIn')) {
      const exit = (call: StraightEntrant): boolean => {
        call.waitsIn?.remove(call);
        return true;
      };
      return {
        seat: 'deadline',
        enter: (call) => {
          queue.put(call);
          return true;
        },
        exit,
        fail: exit,
        turnBack: nothing,
        expire: (call, atMs) => this.onDeadline(call.takenOver(layer), layer, atMs),
        deadlineOf: (call) => queue.timeOf(call),
        roughDeadlineOf: (call) => queue.roughTimeOf(call),
        stateOf: (entrant, call) => queue.replace(entrant, this, call, layer),
      };
    }
    // The call itself waits for another timeout. That for this one is an object of its own.
    if (!take('otherDeadline')) return undefined;
    const listener = {
      onDeadline: (call: StraightEntrant, _: number, atMs: number) =>
        this.onDeadline(call.takenOver(layer), layer, atMs),
    };
    const exit = (call: StraightEntrant): boolean => {
      queue.remove(call.otherDeadline as Deadline);
      return true;
    };
    return {
      enter: (call) => {
        call.otherDeadline = queue.add(listener, call, layer);
        return true;
      },
      exit,
      fail: exit,
      turnBack: nothing,
      deadlineOf: ({ otherDeadline }) => this.deadlineOf(otherDeadline),
      roughDeadlineOf: ({ otherDeadline }) => this.roughDeadlineOf(otherDeadline),
      stateOf: (entrant, call) =>
        queue.replace(entrant.otherDeadline as Deadline, this, call, layer),
    };
  }

  exit(call: Call): void {
    const deadline = call.state as Deadline | undefined;
    if (deadline === undefined) return;
    // A deadline that has passed has no owner any more.
    if (deadline.owner === call) deadline.queue.remove(deadline);
    else this.#expiring.delete(call);
  }

  /** @internal */
  stopClock(call: Call, state: unknown): unknown {
    const deadline = state as Deadline | undefined;
    // A deadline that has passed stays passed.
    if (deadline?.owner !== call) return deadline;
    deadline.queue.remove(deadline);
    return undefined;
  }

  /** @internal */
  startClock(call: Call, layer: number, state: unknown, extraMs: number): unknown {
    if (this.stopClock(call, state) !== undefined) return state;
    return this.#add(call, layer, (call.setting(layer) ?? this.timeoutMs) + extraMs);
  }

  #add(call: Call, layer: number, timeoutMs: number): Deadline | undefined {
    if (timeoutMs === Infinity) return undefined;
    return call.time.deadlines(timeoutMs).add(this, call, layer);
  }

  /** @internal */
  onDeadline(call: Call, layer: number, atMs: number): void {
    const timeoutMs = call.setting(layer) ?? this.timeoutMs;
    const { label, captureStack, time } = call;
    const blockedMs = Math.round(time.blockedSince(atMs - timeoutMs, atMs));
    // It does not tell blockedMs: error trackers group by message.
    const message = `${label}: ${this.#what} ${formatDuration(timeoutMs)}`;
    const error = new TimeoutError(message, { timeoutMs, blockedMs, captureStack });
    if (call.listening) {
      this.#expiring.add(call);
      call.emit({ type: 'timeout', timeoutMs, error }, layer);
      // A listener may have ended the call.
      if (!this.#expiring.delete(call)) return;
    }
    call.abandon(layer, error);
  }

  deadlineOf(state: unknown): number {
    const deadline = state as Deadline | undefined;
    return deadline === undefined ? Infinity : deadline.queue.timeOf(deadline);
  }

  /** @internal */
  roughDeadlineOf(state: unknown): number {
    const deadline = state as Deadline | undefined;
    return deadline === undefined ? Infinity : deadline.queue.roughTimeOf(deadline);
  }

  /** Usually all calls use one time source. Only a policy shared between clocks looks its queue up again. */
  #queueOf(time: TimeSource): DeadlineQueue {
    if (this.#time !== time) {
      this.#time = time;
      this.#queue = time.deadlines(this.timeoutMs);
    }
    return this.#queue as DeadlineQueue;
  }
}

/** What a call that is refused at once leaves of a timeout. */
function nothing(): void {}
