import type { Clock } from '../time/clock.js';
import { TimerHeap, type VirtualTimer } from '../time/timer-heap.js';

/** What `wallNow()` says at the start of a simulation. */
const WALL_START = Date.UTC(2026, 0, 1);

/** Something that happens in the clients' process: a timer of its own, or what arrives over a socket. */
interface ProcessTimer extends VirtualTimer {
  dueMs: number;
  order: number;
  readonly of?: 'timer' | 'socket' | undefined;
}

/**
 * The time of one simulation: a heap of timers, and a loop that fires them in order. Between two timers every promise that can
 * continue does so, as in real time. The clients' process can be paused: then nothing happens in it, while all else goes on.
 */
export class VirtualTime implements Clock {
  readonly #timers = new TimerHeap();
  readonly #settle: () => Promise<void>;
  /** What the process would have done during a pause, in that order. */
  #held = new Set<ProcessTimer>();
  #pausedUntilMs = 0;
  #paused = false;
  #now = 0;
  #order = 0;
  /** Time as the clients' process has it. */
  readonly process: Clock = {
    now: () => this.#now,
    wallNow: () => this.wallNow(),
    setTimer: (callback, delayMs) => this.#set(callback, delayMs, 'timer'),
    clearTimer: (handle) => this.clearTimer(handle),
  };

  constructor(settle: () => Promise<void>) {
    this.#settle = settle;
  }

  /** Whether the clients' process is paused. */
  get paused(): boolean {
    return this.#paused;
  }

  now(): number {
    return this.#now;
  }

  wallNow(): number {
    return WALL_START + this.#now;
  }

  /** A timer of the world, which no pause holds up. */
  setTimer(callback: () => void, delayMs: number): unknown {
    return this.#set(callback, delayMs);
  }

  clearTimer(handle: unknown): void {
    const timer = handle as ProcessTimer | undefined;
    if (timer === undefined || this.#held.delete(timer)) return;
    if (this.#timers.has(timer)) this.#timers.remove(timer);
  }

  /** Something reaches the clients' process over a socket after so long. */
  deliver(callback: () => void, delayMs: number): void {
    this.#set(callback, delayMs, 'socket');
  }

  /** Blocks the clients' process. In the end its timers that are due fire first, then it hears what has arrived, as in Node. */
  pause(ms: number): void {
    this.#paused = true;
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, this.#now + ms);
    // After all else that is due at its end, so that it finds all of it.
    this.#set(() => this.#resume(), ms, undefined, Infinity);
  }

  #resume(): void {
    if (!this.#paused || this.#now < this.#pausedUntilMs) return;
    this.#paused = false;
    const held = [...this.#held];
    this.#held = new Set();
    for (const of of ['timer', 'socket'] as const) {
      for (const timer of held) {
        if (timer.of !== of) continue;
        timer.dueMs = this.#now;
        timer.order = this.#order++;
        this.#timers.add(timer);
      }
    }
  }

  #set(
    callback: () => void,
    delayMs: number,
    of?: ProcessTimer['of'],
    order = this.#order++,
  ): ProcessTimer {
    const dueMs = this.#now + Math.max(0, delayMs);
    const timer: ProcessTimer = { dueMs, order, callback, place: -1, of };
    this.#timers.add(timer);
    return timer;
  }

  /** Runs until `untilMs`. */
  async run(untilMs: number): Promise<void> {
    await this.#settle();
    for (let next = this.#timers.first; next !== undefined; next = this.#timers.first) {
      if (next.dueMs > untilMs) break;
      this.#timers.remove(next);
      this.#now = next.dueMs;
      if (this.#paused && (next as ProcessTimer).of !== undefined) {
        this.#held.add(next as ProcessTimer);
        continue;
      }
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
