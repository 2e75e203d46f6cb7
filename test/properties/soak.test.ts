import { getEventListeners } from 'node:events';
import {
  bulkhead,
  circuitBreaker,
  fallback,
  type Pipeline,
  pipeline,
  RejectedError,
  retry,
  TimeoutError,
  timeout,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { expect, it } from 'vitest';
import { logged } from '../pipeline/support/layers.js';

/** The ordinary run makes fewer calls; HOLDFAST_SOAK=1000000 makes the full soak, in about a minute. */
const CALLS = Number(process.env['HOLDFAST_SOAK'] ?? 200_000);
const BATCH = 1_000;
/** Operations that never settle: each keeps its slot in the bulkhead, which is why there are few. */
const NEVER = 20;

const collect = (globalThis as unknown as { gc(): void }).gc;

/** A small generator of chance, so that a failing soak can be run again. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

class Boom extends Error {}

it('G2, G3, G6, G8, G9: a soak of random failures, aborts and timeouts leaves nothing behind', {
  timeout: 600_000,
}, async () => {
  const random = seeded(20_261_123);
  const clock = new VirtualClock({ settle: () => new Promise(setImmediate) });
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', note);

  let entered = 0;
  let left = 0;
  const counts = {
    ...logged([], 'counts'),
    enter: () => {
      entered++;
      return undefined;
    },
    exit: () => void left++,
    leave: () => void left++,
  };
  let discarded = 0;
  const slots = bulkhead({ maxConcurrent: 400 + NEVER, maxQueued: 400, maxWait: 40 });
  const breaker = circuitBreaker({ failureRate: 0.6, window: '1s', openFor: 20, random });
  const calls = pipeline(
    { name: 'soak', clock, discard: () => void discarded++ },
    fallback('fallback', { handle: (outcome) => outcome.kind === 'rejected' && random() < 0.5 }),
    timeout(200),
    retry({
      maxRetries: 2,
      initialDelay: 5,
      random,
      budget: { ratio: 0.5, minPerSecond: 10_000 },
      handle: ({ kind, ...rest }) =>
        kind === 'failure' || kind === 'timeout' || ('value' in rest && rest.value === 'bad'),
    }),
    breaker,
    counts,
    timeout(50),
    slots,
  ) as Pipeline<string>;
  const shared = new AbortController();
  const seen = new Map<string, number>();
  let late = 0;
  let nevers = 0;
  let started = 0;
  let finished = 0;

  /** Something that happens after a while of virtual time. */
  const after = (delayMs: number, act: () => void): void => {
    late++;
    clock.setTimer(() => {
      late--;
      act();
    }, delayMs);
  };

  const operation = (): unknown => {
    started++;
    const dice = random();
    if (dice < 0.5) return Promise.resolve('value');
    if (dice < 0.6) return 'sync';
    if (dice < 0.65) return 'bad';
    if (dice < 0.75) throw new Boom();
    if (dice < 0.85) return Promise.reject(new Boom());
    if (nevers < NEVER && dice < 0.8502) {
      nevers++;
      return new Promise(() => {});
    }
    return new Promise((resolve, reject) => {
      after(random() * 100, () => (random() < 0.7 ? resolve('late') : reject(new Boom())));
    });
  };

  const one = async (): Promise<void> => {
    const dice = random();
    let signal: AbortSignal | undefined;
    if (dice < 0.3) ({ signal } = shared);
    else if (dice < 0.4) {
      const caller = new AbortController();
      ({ signal } = caller);
      if (dice < 0.31) caller.abort();
      else after(random() * 150, () => caller.abort());
    }
    const result = await calls.settle(operation, { signal });
    finished++;
    const { reason } = result as PromiseRejectedResult;
    const kind =
      result.status === 'fulfilled'
        ? String(result.value)
        : reason instanceof RejectedError
          ? 'rejected'
          : reason instanceof TimeoutError
            ? 'timeout'
            : reason instanceof Boom
              ? 'failure'
              : 'aborted';
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
  };

  const batch = async (): Promise<void> => {
    const all = Array.from({ length: BATCH }, one);
    await clock.advance(500);
    await Promise.all(all);
  };

  const heap = async (): Promise<number> => {
    for (let i = 0; i < 3; i++) {
      await new Promise(setImmediate);
      collect();
    }
    return process.memoryUsage().heapUsed;
  };

  const warmUp = Math.min(20, CALLS / BATCH / 4);
  let heapBefore = 0;
  for (let i = 0; i < CALLS / BATCH; i++) {
    if (i === warmUp) heapBefore = await heap();
    await batch();
  }
  await clock.advance(10_000);
  const grown = (await heap()) - heapBefore;
  process.off('unhandledRejection', note);

  expect(finished).toBe(CALLS);
  expect(late).toBe(0);
  expect(started).toBeGreaterThan(CALLS / 4);
  for (const kind of [
    ...['value', 'sync', 'late', 'bad', 'fallback'],
    ...['rejected', 'timeout', 'failure', 'aborted'],
  ]) {
    expect(seen.get(kind), kind).toBeGreaterThan(0);
  }
  expect(discarded).toBeGreaterThan(0);
  expect(calls.snapshot().inFlight).toBe(0);
  expect(slots.snapshot()).toMatchObject({ inFlight: nevers, queued: 0 });
  expect(left).toBe(entered);
  expect(['closed', 'open', 'half_open']).toContain(breaker.state);
  expect(clock.pending).toBe(0);
  expect(getEventListeners(shared.signal, 'abort')).toEqual([]);
  expect(unhandled).toEqual([]);
  expect(grown).toBeLessThan(3_000_000);
});
