import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Gate, Policy } from 'holdfast';
import {
  adaptiveLimiter,
  bulkhead,
  circuitBreaker,
  fallback,
  keyed,
  pipeline,
  rateLimiter,
  retry,
  throttle,
  timeout,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';

const request = new AsyncLocalStorage<string>();
const NAMES = ['A', 'B', 'C'];
const here = () => request.getStore();
const hangs = () => new Promise<never>(() => {});

/** What was called, and in whose context; sorted, as who is given up first does not matter here. */
class Seen {
  readonly #seen: string[] = [];

  note(what: string): void {
    this.#seen.push(`${what} in ${here()}`);
  }

  get list(): string[] {
    return [...this.#seen].sort();
  }
}

/** The same for A, B and C. */
const ofEach = (...what: string[]) =>
  what.flatMap((each) => NAMES.map((name) => `${each} in ${name}`)).sort();

/** Runs `call` for A, B and C, while the time that `drive` takes passes in nobody's context. */
async function forEach(
  call: (name: string) => Promise<unknown>,
  drive: () => Promise<unknown>,
): Promise<void> {
  const calls = NAMES.map((name) => request.run(name, () => call(name)));
  await request.run('nobody', drive);
  await Promise.allSettled(calls);
}

describe('G14: three calls of A, B and C under one timer', () => {
  it('G14: in real time, the listener of call is told of each in its own context', async () => {
    const stock = pipeline('stock', timeout('20ms'));
    const seen = new Seen();
    stock.on('call', ({ outcome }) => seen.note(outcome));
    await forEach(
      () => stock.settle(hangs),
      () => sleep(30),
    );
    expect(seen.list).toEqual(ofEach('timeout'));
  });

  it('G14: behind a retry so are those of timeout, attempt, retry and transition', async () => {
    const clock = new VirtualClock();
    const seen = new Seen();
    const stock = pipeline(
      { name: 'stock', clock },
      retry({ maxRetries: 1, jitter: 'none' }),
      circuitBreaker({ failureRate: 0.5, failingFor: 0, minimumCalls: 5 }),
      timeout('1s'),
    );
    stock.on((event) => seen.note(event.type));
    await forEach(
      () => stock.settle(hangs),
      () => clock.advance('10s'),
    );
    const events = seen.list.filter((each) => !/^(transition|retry_stopped)/.test(each));
    const twice = ofEach('timeout', 'attempt').flatMap((each) => [each, each]);
    expect(events).toEqual([...twice, ...ofEach('retry', 'call')].sort());
    expect(seen.list).not.toContain('transition in nobody');
    expect(seen.list.filter((each) => each.startsWith('transition'))).toHaveLength(1);
  });

  it('G14: handle, a gate of one’s own and its abandon', async () => {
    const clock = new VirtualClock();
    const seen = new Seen();
    const own: Gate = {
      role: 'gate',
      type: 'own',
      enter: () => undefined,
      exit: (_call, { kind }) => seen.note(`exit ${kind}`),
    };
    const patience: Gate = {
      role: 'gate',
      type: 'patience',
      mayAbandon: true,
      enter(call) {
        const { layer, time } = call;
        // One timer for all of them, set by A.
        if (waiting.push(() => call.abandon(layer, new Error('enough'))) > 1) return;
        time.clock.setTimer(() => {
          for (const each of waiting) each();
        }, 1_000);
      },
      exit: () => {},
    };
    const waiting: (() => void)[] = [];
    const handle = (what: string) => () => {
      seen.note(what);
      return false;
    };
    const stock = pipeline(
      { name: 'stock', clock },
      own,
      patience,
      circuitBreaker({ handle: handle('breaker') }),
      throttle({ handle: handle('throttle') }),
      adaptiveLimiter({ handle: handle('limiter'), releaseOnAbandon: true }),
    );
    await forEach(
      () => stock.settle(hangs),
      () => clock.advance('1s'),
    );
    expect(seen.list).toEqual(ofEach('breaker', 'throttle', 'limiter', 'exit timeout'));
  });

  it('G14: what is woken when somebody else’s call ends, or by the queue’s own timers', async () => {
    const clock = new VirtualClock();
    const queues: Record<string, Policy> = {
      bulkhead: bulkhead({ maxConcurrent: 1, maxQueued: 10 }),
      limiter: adaptiveLimiter({ initialLimit: 1, maxLimit: 1, maxQueued: 10, maxWait: '10s' }),
      rate: rateLimiter({ limit: 1, per: '100ms', maxWait: '10s' }),
      impatient: bulkhead({ maxConcurrent: 1, maxQueued: 10, maxWait: '150ms' }),
    };
    for (const [name, queue] of Object.entries(queues)) {
      const seen = new Seen();
      const own: Gate = {
        role: 'gate',
        type: 'own',
        enter: () => void seen.note('enter'),
        exit: () => seen.note('exit'),
      };
      const stock = pipeline({ name, clock }, own, queue);
      stock.on(({ type }) => seen.note(type));
      await forEach(
        () =>
          stock.settle(async () => {
            seen.note('operation');
            await new Promise((resolve) => void clock.setTimer(() => resolve(1), 100));
          }),
        () => clock.advance('2s'),
      );
      const refused = name === 'impatient' ? 1 : 0;
      expect(seen.list, name).toEqual(
        [
          ...ofEach('enter', 'exit', 'call', ...(refused === 0 ? ['operation', 'attempt'] : [])),
          'queued in B',
          'queued in C',
          ...(refused === 0
            ? []
            : ['A', 'B'].flatMap((each) => [`operation in ${each}`, `attempt in ${each}`])),
          ...(refused === 0 ? [] : ['rejection in C']),
        ].sort(),
      );
    }
  });

  it('G14: a timeout around a queue, and one around a retry that waits', async () => {
    const clock = new VirtualClock();
    const seen = new Seen();
    const full = pipeline(
      { name: 'full', clock },
      fallback(() => seen.note('fallback')),
      timeout('1s'),
      bulkhead({ maxConcurrent: 1, maxQueued: 10, releaseOnAbandon: true }),
    );
    const waits = pipeline(
      { name: 'waits', clock },
      timeout('1s'),
      retry({ initialDelay: '5s', jitter: 'none', budget: false }),
      bulkhead(),
    );
    full.on(({ type }) => seen.note(`full ${type}`));
    waits.on(({ type }) => seen.note(`waits ${type}`));
    await forEach(
      () => full.settle(hangs),
      () => clock.advance('2s'),
    );
    await forEach(
      () => waits.settle(() => Promise.reject(new Error('no'))),
      () => clock.advance('2s'),
    );
    expect(seen.list.filter((each) => each.endsWith('nobody'))).toEqual([]);
    for (const what of ['full timeout', 'full fallback', 'full call', 'fallback', 'waits call']) {
      expect(seen.list, what).toEqual(expect.arrayContaining(ofEach(what)));
    }
  });
});

describe('G14: a signal that many calls share', () => {
  it('G14: aborted by somebody else, it ends each call in its own context', async () => {
    const clock = new VirtualClock();
    const caller = new AbortController();
    const seen = new Seen();
    const own: Gate = {
      role: 'gate',
      type: 'own',
      enter: () => undefined,
      exit: (_call, { kind }) => seen.note(`exit ${kind}`),
      leave: () => seen.note('leave'),
    };
    const stock = pipeline({ name: 'stock', clock }, retry(), own);
    stock.on(({ type }) => seen.note(type));
    await forEach(
      () => stock.settle(hangs, { signal: caller.signal }),
      async () => caller.abort(),
    );
    expect(seen.list).toEqual(ofEach('exit cancelled', 'attempt', 'call'));
  });

  it('G14: also where nobody listens, for the gates of one’s own', async () => {
    const caller = new AbortController();
    const seen = new Seen();
    const own: Gate = {
      role: 'gate',
      type: 'own',
      enter: () => hangs(),
      exit: () => {},
      leave: () => seen.note('leave'),
    };
    const stock = pipeline('stock', own);
    await forEach(
      () => stock.settle(hangs, { signal: caller.signal }),
      async () => caller.abort(),
    );
    expect(seen.list).toEqual(ofEach('leave'));
  });
});

describe('G14: whoever listens', () => {
  it('G14: listeners of a nested pipeline and of a keyed one', async () => {
    const clock = new VirtualClock();
    const seen = new Seen();
    const inner = pipeline({ name: 'inner', clock }, timeout('1s'));
    const outer = pipeline({ name: 'outer', clock }, bulkhead(), inner);
    inner.on('timeout', () => seen.note('inner'));
    await forEach(
      () => outer.settle(hangs),
      () => clock.advance('2s'),
    );
    const tenants = keyed(pipeline({ name: 'tenant', clock }, timeout('1s')));
    tenants.on('call', () => seen.note('tenant'));
    await forEach(
      (name) => tenants.settle(name, hangs),
      () => clock.advance('2s'),
    );
    expect(seen.list).toEqual(ofEach('inner', 'tenant'));
  });

  it('G14: those of another pipeline that shares the breaker', async () => {
    const clock = new VirtualClock();
    const seen = new Seen();
    const breaker = circuitBreaker({ failureRate: 0.5, failingFor: 0, minimumCalls: 3 });
    const other = pipeline({ name: 'other', clock }, breaker);
    other.on('transition', ({ to }) => seen.note(to));
    const stock = pipeline({ name: 'stock', clock }, timeout('1s'), breaker);
    // One after another, under one timer that the first one sets.
    await forEach(
      () => stock.settle(hangs),
      () => clock.advance('2s'),
    );
    expect(seen.list).toEqual([expect.stringMatching(/^open in [ABC]$/)]);
  });

  it('G14: what a listener of a breaker does to it in another context is told in that', () => {
    const seen = new Seen();
    const breaker = circuitBreaker();
    const stock = pipeline('stock', breaker);
    stock.on('transition', ({ to }) => {
      seen.note(to);
      if (to === 'open') request.run('B', () => breaker.reset());
    });
    request.run('A', () => breaker.trip());
    expect(seen.list).toEqual(['closed in B', 'open in A']);
  });

  it('G14: one that is added later, where a retry or fallback lies outside of the timeout', async () => {
    const clock = new VirtualClock();
    const seen = new Seen();
    const stock = pipeline({ name: 'stock', clock }, retry({ maxRetries: 0 }), timeout('1s'));
    await forEach(
      () => stock.settle(hangs),
      async () => {
        stock.on((event) => seen.note(event.type));
        await clock.advance('2s');
      },
    );
    expect(seen.list).toEqual(ofEach('attempt', 'timeout'));
  });
});

describe('G14: operations that settle in the context of another call', () => {
  it.each<[string, (promise: Promise<number>) => PromiseLike<number>]>([
    ['a promise', (promise) => promise],
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested.
    ['a thenable', (promise) => ({ then: (...args) => promise.then(...args) })],
    ['a promise of one’s own kind', (promise) => Own.resolve(promise)],
  ])('G14: %s', async (_, kind) => {
    const seen = new Seen();
    const settle: (() => void)[] = [];
    const stock = pipeline(
      { name: 'stock', discard: () => seen.note('discard') },
      circuitBreaker({
        handle: () => {
          seen.note('handle');
          return false;
        },
      }),
      timeout('10s'),
    );
    stock.on(({ type }) => seen.note(type));
    const caller = new AbortController();
    await forEach(
      (name) =>
        stock.settle(
          () => kind(new Promise<number>((resolve) => settle.push(() => resolve(1)))),
          name === 'C' ? { signal: caller.signal } : {},
        ),
      async () => {
        caller.abort();
        request.run('D', () => {
          for (const each of settle) each();
        });
        await sleep(1);
      },
    );
    expect(seen.list).toEqual(
      [...ofEach('attempt', 'call'), 'handle in A', 'handle in B', 'discard in C'].sort(),
    );
  });
});

class Own<T> extends Promise<T> {}
