import type { EventBody } from '../../pipeline/contract/events.js';
import { TimeWindow } from '../../windows/time-window.js';
import { Announcer } from '../circuit-breaker/announcer.js';
import type { Counts } from './outliers.js';

/** What is known of one host. */
export class Host implements Counts {
  readonly announcer = new Announcer();
  readonly #window: TimeWindow;
  /** How many calls in a row have failed. */
  run = 0;
  /** When the first of them had failed. */
  runSince = 0;
  /** How many calls have failed since then: those that are no part of the run, too. */
  sinceRun = 0;
  /** What all calls to all hosts had come to when it began. */
  before: Counts = { calls: 0, failures: 0 };
  /** Until when it is ejected; 0 while it is not. */
  until = 0;
  /** When that began; after that, when it ended. */
  since = -Infinity;
  /** How often it has been ejected of late. */
  times = 0;
  /** Calls of an earlier generation do not count: they tell of the time before the ejection, or from within. */
  generation = 1;

  constructor(windowMs: number) {
    this.#window = new TimeWindow(windowMs);
  }

  get calls(): number {
    return this.#window.total;
  }

  get failures(): number {
    return this.#window.failures;
  }

  advance(nowMs: number): void {
    this.#window.advance(nowMs);
  }

  succeed(nowMs: number): void {
    this.run = 0;
    this.#window.succeed(nowMs);
  }

  beginRun(nowMs: number, { calls, failures }: Counts): void {
    this.runSince = nowMs;
    this.sinceRun = 0;
    this.before = { calls, failures };
  }

  /** @param inRun Whether it makes a run longer. */
  fail(nowMs: number, inRun: boolean): void {
    this.sinceRun++;
    if (inRun) this.run++;
    this.#window.record(nowMs, true, false);
  }

  /** A call that had succeeded has failed since. */
  failLate(nowMs: number): void {
    this.#window.failSuccess(nowMs);
  }

  /** Forgets its calls, also those in flight. */
  renew(): void {
    this.generation++;
    this.run = 0;
    this.#window.clear();
  }

  startOver(): void {
    this.renew();
    this.until = 0;
    this.since = -Infinity;
    this.times = 0;
  }

  isEjected(nowMs: number): boolean {
    return this.until > nowMs;
  }

  tell(event: EventBody, callId: number | undefined): void {
    this.announcer.announce(event, callId);
  }
}
