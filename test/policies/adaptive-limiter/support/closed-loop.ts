import type { Context, Pipeline } from 'holdfast';
import type { VirtualClock } from 'holdfast/testing';

/** Pseudo-random numbers from 0 to below 1 (mulberry32): the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Request {
  readonly answer: (status: number) => void;
  gone: boolean;
}

/**
 * An upstream as in queueing theory: it works on `capacity` requests at a time, each for its service time, and has the others
 * wait, first come, first served. So latency is the service time up to that capacity, and grows with the load beyond.
 */
export class Upstream {
  capacity: number;
  /** Mean time that one request takes. */
  serviceMs: number;
  /** Standard deviation of its logarithm: 0 for always the same; with 0.5 one in a hundred takes three times the median. */
  spread = 0;
  /** Draws service times otherwise, from pseudo-random numbers from 0 to below 1. */
  draw: ((random: () => number) => number) | undefined;
  /** Requests that may wait for a worker; others are answered 503 at once. */
  maxQueued = Infinity;
  /** Answers nothing, and forgets what it was asked meanwhile. */
  down = false;
  readonly #clock: VirtualClock;
  readonly #random: () => number;
  #busy = 0;
  readonly #waiting: Request[] = [];

  constructor(clock: VirtualClock, capacity: number, serviceMs: number, seed = 1) {
    this.#clock = clock;
    this.capacity = capacity;
    this.serviceMs = serviceMs;
    this.#random = seeded(seed);
  }

  /** A request: 200, or 503. Who aborts it takes it out of the queue; work that has begun goes on. */
  readonly call = ({ signal }: Context): Promise<number> =>
    new Promise((resolve, reject) => {
      const request: Request = { answer: resolve, gone: false };
      signal.addEventListener('abort', () => {
        request.gone = true;
        reject(signal.reason);
      });
      if (this.down) return;
      if (this.#busy < this.capacity) this.#work(request);
      else if (this.#waiting.length < this.maxQueued) this.#waiting.push(request);
      else resolve(503);
    });

  #work({ answer }: Request): void {
    this.#busy++;
    this.#clock.setTimer(() => {
      this.#busy--;
      if (!this.down) answer(200);
      while (this.#busy < this.capacity) {
        const next = this.#waiting.shift();
        if (next === undefined) break;
        if (!next.gone) this.#work(next);
      }
    }, this.#draw());
  }

  #draw(): number {
    if (this.draw !== undefined) return this.draw(this.#random);
    if (this.spread === 0) return this.serviceMs;
    const normal =
      Math.sqrt(-2 * Math.log(1 - this.#random())) * Math.cos(2 * Math.PI * this.#random());
    return this.serviceMs * Math.exp(this.spread * normal - this.spread ** 2 / 2);
  }
}

/** What a time under load has shown. */
export interface Seen {
  /** Good answers a second. */
  readonly served: number;
  /** Mean latency of the good answers. */
  readonly latencyMs: number;
  /** Lowest, mean and highest limit. */
  readonly low: number;
  readonly mean: number;
  readonly high: number;
}

/** Clients that call independently of each other and of how they are answered, so many a second. */
export class Load {
  perSecond: number;
  readonly #clock: VirtualClock;
  readonly #pipeline: Pipeline<unknown>;
  readonly #operation: (context: Context) => Promise<unknown>;
  readonly #limit: () => number;
  readonly #random: () => number;
  #latencies: number[] = [];
  #limits: number[] = [];

  constructor(
    clock: VirtualClock,
    pipeline: Pipeline<unknown>,
    operation: (context: Context) => Promise<unknown>,
    limit: () => number,
    { perSecond, seed = 7 }: { perSecond: number; seed?: number },
  ) {
    this.#clock = clock;
    this.#pipeline = pipeline;
    this.#operation = operation;
    this.#limit = limit;
    this.#random = seeded(seed);
    this.perSecond = perSecond;
    this.#arrive();
  }

  /** Lets so much time pass and tells what was seen in it. */
  async watch(ms: number): Promise<Seen> {
    this.#latencies = [];
    this.#limits = [];
    await this.#clock.advance(ms);
    const [latencies, limits] = [this.#latencies, this.#limits];
    return {
      served: (latencies.length / ms) * 1_000,
      latencyMs: mean(latencies),
      low: Math.min(...limits),
      mean: mean(limits),
      high: Math.max(...limits),
    };
  }

  #arrive(): void {
    const untilNext = (-Math.log(1 - this.#random()) / this.perSecond) * 1_000;
    this.#clock.setTimer(() => {
      this.#call();
      this.#arrive();
    }, untilNext);
  }

  async #call(): Promise<void> {
    const from = this.#clock.now();
    this.#limits.push(this.#limit());
    const result = await this.#pipeline.settle(this.#operation);
    const served = result.status === 'fulfilled' && result.value === 200;
    if (served) this.#latencies.push(this.#clock.now() - from);
  }
}

const mean = (of: readonly number[]): number => of.reduce((sum, each) => sum + each, 0) / of.length;
