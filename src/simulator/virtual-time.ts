import type { Clock } from '../time/clock.js';
import { TimerHeap, type VirtualTimer } from '../time/timer-heap.js';

/** What `wallNow()` says at the start of a simulation. */
const WALL_START = Date.UTC(2026, 0, 1);

/**
 * The time of one simulation: a heap of timers, and a loop that fires them in order. Between two timers every promise that can
 * continue does so, as in real time.
 */
export class VirtualTime implements Clock {
  readonly #timers = new TimerHeap();
  readonly #settle: () => Promise<void>;
  #now = 0;
  #order = 0;

  constructor(settle: () => Promise<void>) {
    this.#settle = settle;
  }

  now(): number {
    return this.#now;
  }

  wallNow(): number {
    return WALL_START + this.#now;
  }

  setTimer(callback: () => void, delayMs: number): unknown {
    const dueMs = this.#now + Math.max(0, delayMs);
    const timer: VirtualTimer = { dueMs, order: this.#order++, callback, place: -1 };
    this.#timers.add(timer);
    return timer;
  }

  clearTimer(handle: unknown): void {
    const timer = handle as VirtualTimer | undefined;
    if (timer !== undefined && this.#timers.has(timer)) this.#timers.remove(timer);
  }

  /** Runs until `untilMs`. */
  async run(untilMs: number): Promise<void> {
    await this.#settle();
    for (let next = this.#timers.first; next !== undefined; next = this.#timers.first) {
      if (next.dueMs > untilMs) break;
      this.#timers.remove(next);
      this.#now = next.dueMs;
      next.callback();
      await this.#settle();
    }
    this.#now = untilMs;
  }
}

const realSetImmediate = (globalThis as { setImmediate?: (callback: () => void) => unknown })
  .setImmediate;

/** Waits until every promise that can continue has done so. That is one turn of the host's event loop, in the quickest way. */
export const settleByTurn: () => Promise<void> =
  realSetImmediate === undefined ? turnOfChannel() : turnOfImmediate(realSetImmediate);

function turnOfImmediate(immediately: (callback: () => void) => unknown): () => Promise<void> {
  return () => new Promise((resolve) => void immediately(resolve));
}

/** Browsers have no setImmediate, and a timer waits for 4 ms there. */
function turnOfChannel(): () => Promise<void> {
  let channel: { port1: Port; port2: Port } | undefined;
  const waiting: (() => void)[] = [];
  return () =>
    new Promise((resolve) => {
      if (channel === undefined) {
        channel = new MessageChannel() as unknown as { port1: Port; port2: Port };
        channel.port1.onmessage = () => waiting.shift()?.();
      }
      waiting.push(resolve);
      channel.port2.postMessage(undefined);
    });
}

/** A port as browsers have it. */
interface Port {
  onmessage: (() => void) | null;
  postMessage(message: unknown): void;
}
