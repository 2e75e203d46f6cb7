import { mark } from '../../copies.js';
import type { HedgeStop } from '../../pipeline/contract/events.js';
import type { Call, Drive, Driver } from '../../pipeline/contract/policy.js';
import type { FailureRule } from '../../pipeline/outcome/failure-rule.js';
import type { Outcome } from '../../pipeline/outcome/outcome.js';
import type { DeadlineQueue } from '../../time/deadline-queue.js';
import type { TimeSource } from '../../time/time-source.js';
import type { PolicyRules } from '../client-rules.js';
import { breaksContract, handlesOf, isFailureIn } from '../filter.js';
import type { RetryBudget } from '../retry-budget/index.js';
import { Crowd } from './crowd.js';
import { ExtraLoad } from './extra-load.js';
import { Latencies } from './latencies.js';
import type { HedgeOptions, ResolvedHedge } from './options.js';
import { hedgeDefaults, resolveHedge } from './options.js';
import type { Hedging } from './race.js';
import { Race } from './race.js';

/**
 * Starts a second attempt beside one that takes unusually long, and takes whichever is answered first. It cuts the tail of the latency where
 * slowness is bad luck: one slow server of many, a pause, a lost packet. Only for operations that may run twice.
 *
 * The call waits for the 95th percentile of the latest latencies before a hedge starts, and all hedges together are at most 5% of the first
 * attempts. An attempt that fails before that is not hedged: that is what `retry` is for. If all attempts fail, the call ends as the first
 * attempt did.
 *
 * @throws ConfigError when an option is wrong.
 * @example
 * pipeline('inventory', timeout('2s'), retry(), hedge())
 */
export function hedge(options?: HedgeOptions): HedgePolicy {
  return new HedgePolicy(resolveHedge(options));
}

/** What a hedge is doing now. */
export interface HedgeSnapshot {
  /** How long a call waits now before a hedge starts, in milliseconds. */
  readonly delayMs: number;
  /** How many first attempts it has measured, up to the 20 from which it knows enough. */
  readonly samples: number;
  /** How many hedges it may make now. */
  readonly balance: number;
}

/** Made by {@link hedge}. */
export class HedgePolicy implements Driver {
  /** @internal */
  static readonly marked = /* @__PURE__ */ mark(HedgePolicy, 'hedge');

  readonly role = 'driver';
  readonly type = 'hedge';
  readonly name: string | undefined;
  /** @internal */
  readonly failureRule: FailureRule | undefined;
  /** The budget that it shares with retries; `undefined` without one. */
  readonly budget: RetryBudget | undefined;
  readonly #options: ResolvedHedge;
  readonly #handles: (outcome: Outcome, call: Call) => boolean;
  #latencies!: Latencies;
  #load!: ExtraLoad;
  readonly #crowd = new Crowd();
  #queue: DeadlineQueue | undefined;
  #time: TimeSource | undefined;

  /** @internal Use {@link hedge}. */
  constructor(options: ResolvedHedge) {
    const { handle } = options;
    this.#options = options;
    this.name = options.name;
    this.failureRule = options.failureRule;
    this.budget = options.budget;
    this.#handles =
      handle === undefined
        ? (outcome, call) => isFailureIn(call, outcome) && !breaksContract(outcome)
        : handlesOf(handle, never);
    this.#reset();
  }

  drive(drive: Drive): Promise<Outcome> {
    return Race.run(drive, this.#forCall(drive.call));
  }

  /** What it is doing now, as plain JSON. */
  snapshot(): HedgeSnapshot {
    const { delayMs, samples } = this.#latencies;
    return { delayMs, samples, balance: this.#load.balance };
  }

  /** Forgets the latencies, and resets its budgets, a shared one too. */
  startOver(): void {
    this.#reset();
    this.budget?.startOver?.();
  }

  fork(): HedgePolicy {
    return new HedgePolicy(this.#options);
  }

  /** @internal */
  withRules({ retrying, onKept }: PolicyRules): HedgePolicy {
    const options = this.#options;
    const handle = retrying(options.handle);
    return new HedgePolicy({ ...options, handle, onKept });
  }

  #reset(): void {
    const { delay, percentile, maxExtraLoad } = this.#options;
    const byDefault = delay === undefined ? hedgeDefaults.percentile : undefined;
    this.#latencies = new Latencies(delay ?? hedgeDefaults.delay, percentile ?? byDefault);
    this.#load = new ExtraLoad(maxExtraLoad);
  }

  #forCall(call: Call): Hedging {
    const { maxHedges, onKept } = this.#options;
    const { budget } = this;
    // They outlast a start over.
    const load = this.#load;
    const latencies = this.#latencies;
    const crowd = this.#crowd;
    let cost = 0;
    return {
      maxHedges,
      onKept,
      handles: (outcome) => this.#handles(outcome, call),
      queue: () => this.#queueOf(call.time),
      begun: () => {
        crowd.came();
        load.earn();
        if (budget !== undefined && !isFilledElsewhere(budget, this, call)) {
          budget.deposit(call.time.now());
        }
      },
      take: (nowMs) => {
        const stop = this.#forbids(call, nowMs);
        if (stop === undefined) cost = load.take();
        return stop;
      },
      putBack: () => load.putBack(cost),
      told: (won) => load.told(won),
      late: () => crowd.late(),
      learn: (durationMs, outcome, lost, wasLate) => {
        crowd.went(wasLate);
        if (call.isFailure(outcome) === 'ignore') return;
        latencies.add(durationMs, outcome.kind === 'success' && !lost);
      },
    };
  }

  #forbids(call: Call, nowMs: number): HedgeStop | undefined {
    const timeLeft = call.deadline - nowMs;
    if (timeLeft <= this.#latencies.typicalMs) return 'deadline';
    if (this.#crowd.isLate || this.#latencies.areSlow) return 'overload';
    if (this.#load.balance < 1 || this.budget?.tryWithdraw(nowMs) === false) return 'budget';
    return undefined;
  }

  /** The queue of the delay. It changes rarely. */
  #queueOf(time: TimeSource): DeadlineQueue {
    const { delayMs } = this.#latencies;
    if (this.#time !== time || this.#queue?.durationMs !== delayMs) {
      this.#time = time;
      this.#queue = time.deadlines(delayMs);
    }
    return this.#queue as DeadlineQueue;
  }
}

/** Whether another policy of the call counts first attempts for this budget. */
function isFilledElsewhere(budget: RetryBudget, own: object, { layers }: Call): boolean {
  return layers.some(
    ({ policy }) => policy !== own && (policy as { readonly budget?: unknown }).budget === budget,
  );
}

function never(): boolean {
  return false;
}
