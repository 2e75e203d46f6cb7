import type { EventBody } from '../../pipeline/contract/events.js';
import type { ChaosInjection, ChaosRates } from '../../pipeline/contract/injection.js';
import type { TimeSource } from '../../time/time-source.js';
import { OneClock } from '../one-clock.js';

/** How often each was injected. */
export type Injections = Record<ChaosInjection, number>;

type Report = (event: EventBody) => void;

const none = (): Injections => ({ behavior: 0, latency: 0, fault: 0, result: 0 });

/** Whether chaos is on, and since when: one for a policy and all its copies. It has no timer. The time limit is looked at whenever somebody asks. */
export class ChaosSwitch {
  /** Whether it was started and not stopped. Its time may be over: ask {@link ChaosSwitch.isOn}. */
  started = false;
  /** How often it was started. */
  run = 0;
  /** What was injected. Never counts down, except by {@link ChaosSwitch.startOver}. */
  readonly injections = none();
  readonly seed: number;
  readonly rates: ChaosRates;
  readonly time = new OneClock('chaos', 'chaos policy');
  readonly #reports = new Set<Report>();
  #forMs = Infinity;
  #startedAt = 0;
  #startedIn: TimeSource | undefined;

  constructor(seed: number, rates: ChaosRates) {
    this.seed = seed;
    this.rates = rates;
  }

  start(forMs: number): void {
    this.started = true;
    this.run++;
    this.#forMs = forMs;
    this.#startedIn = undefined;
    this.#msOn();
    const { seed, rates } = this;
    this.#tell({
      type: 'chaos_started',
      seed,
      rates,
      forMs: forMs === Infinity ? undefined : forMs,
    });
  }

  stop(reason: 'stopped' | 'time' = 'stopped'): void {
    if (!this.started) return;
    this.started = false;
    this.#tell({ type: 'chaos_stopped', reason });
  }

  /** Whether it is on now. */
  isOn(): boolean {
    if (this.started && this.#forMs !== Infinity && this.#msOn() >= this.#forMs) this.stop('time');
    return this.started;
  }

  /** How much longer it is on, in milliseconds; `undefined`: without a limit, or off. */
  msLeft(): number | undefined {
    return this.isOn() && this.#forMs !== Infinity ? this.#forMs - this.#msOn() : undefined;
  }

  subscribe(report: Report): () => void {
    this.#reports.add(report);
    return () => this.#reports.delete(report);
  }

  startOver(): void {
    this.stop();
    Object.assign(this.injections, none());
  }

  /** It may have been started before a pipeline gave it a clock. Then its time begins by that clock. */
  #msOn(): number {
    const { source } = this.time;
    const now = source.now();
    if (this.#startedIn !== source) {
      this.#startedIn = source;
      this.#startedAt = now;
    }
    return now - this.#startedAt;
  }

  #tell(event: EventBody): void {
    for (const report of this.#reports) report(event);
  }
}
