import type { Gate, ThrottleOptions } from 'holdfast';
import { circuitBreaker, pipeline, ThrottledError, throttle } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import { DOWN, evenly } from './support.js';

/** Calls come ten times a second. */
const STEP_MS = 100;

/** The window that is the default. */
const WINDOW_S = 120;

/** A client that makes `demand` calls a second to an upstream that accepts as many as it can bear and refuses the rest. */
class Loop {
  readonly clock = new VirtualClock();
  /** Calls that the upstream accepts in each tenth of a second. */
  capacity = Infinity;
  readonly #policy;
  readonly #pipeline;
  readonly #demand: number;
  readonly #answerMs: number;
  #left = 0;
  sent = 0;
  accepted = 0;
  refusedHere = 0;

  /** @param instead A policy to compare it with, in its place. */
  constructor(demand: number, options: ThrottleOptions = {}, answerMs = 20, instead?: Gate) {
    this.#policy = throttle({ random: evenly(), ...options });
    this.#pipeline = pipeline({ name: 'loop', clock: this.clock }, instead ?? this.#policy);
    this.#demand = demand / 10;
    this.#answerMs = answerMs;
  }

  get probability(): number {
    return this.#policy.snapshot().probability;
  }

  /** Lets seconds go by. Answers what happened in them, a second. */
  async run(seconds: number): Promise<{ sent: number; accepted: number; refusedHere: number }> {
    const before = [this.sent, this.accepted, this.refusedHere] as const;
    for (let step = 0; step < seconds * 10; step++) {
      this.#left = this.capacity;
      for (let i = 0; i < this.#demand; i++) void this.#call();
      await this.clock.advance(STEP_MS);
    }
    return {
      sent: (this.sent - before[0]) / seconds,
      accepted: (this.accepted - before[1]) / seconds,
      refusedHere: (this.refusedHere - before[2]) / seconds,
    };
  }

  /** Seconds until nothing is refused any more. */
  async recovery(): Promise<number> {
    for (let seconds = 0; ; seconds++) {
      if (this.probability === 0) return seconds;
      if (seconds > 3_600) throw new Error('it does not recover');
      await this.run(1);
    }
  }

  async #call(): Promise<void> {
    const result = await this.#pipeline.settle(
      () =>
        new Promise<void>((resolve, reject) => {
          this.sent++;
          const accepts = this.#left-- > 0;
          this.clock.setTimer(() => (accepts ? resolve() : reject(DOWN)), this.#answerMs);
        }),
    );
    if (result.status === 'fulfilled') this.accepted++;
    else if (result.reason instanceof ThrottledError) this.refusedHere++;
  }
}

describe('a client with a throttle', () => {
  it.each([
    [2, 20],
    [2, 10],
    [1.5, 20],
    [3, 20],
    [1.1, 50],
  ])(
    'L3: with K = %d, an upstream that accepts %i of 100 a second gets about K for each',
    async (k, capacity) => {
      const loop = new Loop(100, { requestsPerAccept: k });
      await loop.run(60);
      expect(loop.refusedHere).toBe(0);
      loop.capacity = capacity / 10;
      // Two windows until it has settled.
      await loop.run(360);
      const { sent, accepted, refusedHere } = await loop.run(120);
      expect(accepted).toBeCloseTo(capacity, 0);
      expect(sent / (k * capacity)).toBeGreaterThan(0.9);
      expect(sent / (k * capacity)).toBeLessThan(1.1);
      expect(sent + refusedHere).toBe(100);
    },
  );

  it('L3: an upstream that accepts half of the calls or more is not throttled, with K = 2', async () => {
    const loop = new Loop(100);
    loop.capacity = 5;
    await loop.run(600);
    expect(loop.refusedHere).toBeLessThan(60);
  });

  it('L3: when the upstream accepts everything again, throttling goes to 0 within the window', async () => {
    for (const [capacity, within] of [
      [4, WINDOW_S / 2],
      [2, WINDOW_S],
      // Of an upstream that is almost down it has fewer accepts to begin with.
      [1, 1.2 * WINDOW_S],
    ] as const) {
      const loop = new Loop(100);
      loop.capacity = capacity;
      await loop.run(600);
      expect(loop.probability).toBeGreaterThan(0.1);
      loop.capacity = Infinity;
      expect(await loop.recovery()).toBeLessThan(within);
      expect(await loop.run(240)).toEqual({ sent: 100, accepted: 100, refusedHere: 0 });
    }
  });

  it('L3: an upstream that refuses everything still gets some calls, and is back within two windows', async () => {
    const loop = new Loop(100);
    loop.capacity = 0;
    await loop.run(600);
    expect(loop.probability).toBe(0.9);
    const { sent, accepted } = await loop.run(60);
    expect(sent).toBeCloseTo(10, 0);
    expect(accepted).toBe(0);
    loop.capacity = Infinity;
    expect(await loop.recovery()).toBeLessThan(2 * WINDOW_S);
    expect(await loop.run(240)).toEqual({ sent: 100, accepted: 100, refusedHere: 0 });
  });

  it('a lower maxProbability recovers sooner, and so does a shorter window', async () => {
    const recovery = async (options: ThrottleOptions) => {
      const loop = new Loop(100, options);
      loop.capacity = 0;
      await loop.run(240);
      loop.capacity = Infinity;
      return loop.recovery();
    };
    const [half, most, short] = [
      await recovery({ maxProbability: 0.5 }),
      await recovery({ maxProbability: 0.9 }),
      await recovery({ maxProbability: 0.9, window: '10s' }),
    ];
    expect(half).toBeLessThan(most);
    expect(short).toBeLessThan(20);
  });

  it('a healthy upstream that is slow to answer is not throttled after a start or a pause', async () => {
    const loop = new Loop(100, {}, 3_000);
    expect(await loop.run(30)).toMatchObject({ sent: 100, refusedHere: 0 });
    await loop.clock.advance('1h');
    expect(await loop.run(30)).toMatchObject({ sent: 100, refusedHere: 0 });
  });
});

describe('the figures of docs/policies/throttle.md', () => {
  it.each<[capacity: number, options: ThrottleOptions, refused: number, seconds: number]>([
    [4, {}, 20, 24],
    [2, {}, 60, 80],
    [1, {}, 80, 128],
    [0, {}, 90, 212],
    [0, { maxProbability: 0.8 }, 80, 162],
    [0, { maxProbability: 0.5 }, 50, 96],
    [0, { requestsPerAccept: 3 }, 90, 128],
    [0, { requestsPerAccept: 1.5 }, 90, 358],
    [0, { requestsPerAccept: 1.1 }, 90, 24 * 60],
  ])('recovery: %i0 of 100, %o', async (capacity, options, refused, seconds) => {
    const loop = new Loop(100, options);
    loop.capacity = capacity;
    await loop.run(600);
    expect((await loop.run(60)).refusedHere).toBeCloseTo(refused, -1);
    loop.capacity = Infinity;
    expect(Math.abs((await loop.recovery()) / seconds - 1)).toBeLessThan(0.05);
  });

  it('beside a circuit breaker', async () => {
    const inLast = async (capacity: number, instead?: Gate) => {
      const loop = new Loop(100, {}, 20, instead);
      loop.capacity = capacity;
      await loop.run(600);
      return loop.run(600);
    };
    const breaker = () => circuitBreaker({ random: () => 0.5 });
    const limited = await inLast(3, breaker());
    expect([limited.accepted, limited.sent]).toEqual([30, 100]);
    const dead = await inLast(0, breaker());
    expect(dead.sent).toBeGreaterThan(2);
    expect(dead.sent).toBeLessThan(3);
    const throttled = await inLast(3);
    expect(throttled.sent).toBeCloseTo(60, -1);
    expect(throttled.accepted).toBeCloseTo(30, -1);
    expect((await inLast(0)).sent).toBeCloseTo(10, 0);
    // It computes for eight seconds on a quiet machine.
  }, 180_000);
});
