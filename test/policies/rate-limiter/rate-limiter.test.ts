import {
  ConfigError,
  callCost,
  circuitBreaker,
  fallback,
  keyed,
  pipeline,
  RateLimitedError,
  rateLimiter,
  retry,
  TimeoutError,
  timeout,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { expect, it, vi } from 'vitest';
import { follow, rejectionOf, rig } from '../support/rig.js';

const boom = new Error('boom');

it('L1: lets a burst in, then one call every per / limit', async () => {
  const { clock, pipeline } = rig(rateLimiter({ limit: 4, per: '1s', burst: 2 }));
  const starts: number[] = [];
  const call = () => pipeline.settle(() => starts.push(clock.now()));
  for (let ms = 0; ms < 1_000; ms += 50) {
    await call();
    await clock.advance(50);
  }
  expect(starts).toEqual([0, 50, 250, 500, 750]);
});

it('L1: refuses with a RateLimitedError and the exact time until there is a permit', async () => {
  const { clock, pipeline, of } = rig(rateLimiter({ limit: 3, per: '1s' }));
  for (let i = 0; i < 3; i++) await pipeline.execute(() => i);
  await clock.advance(100);
  const operation = vi.fn();
  const error = (await rejectionOf(pipeline.execute(operation))) as RateLimitedError;
  expect(error).toBeInstanceOf(RateLimitedError);
  expect(error).toMatchObject({
    code: 'ERR_RATE_LIMITED',
    reason: 'rate_limited',
    message: 'rig: no permit (limit: 3 per 1 s, burst: 3)',
    pipeline: 'rig',
    policy: 'rate_limiter',
  });
  expect(error.retryAfter).toBeCloseTo(1_000 / 3 - 100, 6);
  expect(operation).not.toHaveBeenCalled();
  expect(of('rejection')).toMatchObject([{ reason: 'rate_limited', enforced: true }]);
  await clock.advance(error.retryAfter! - 0.01);
  await rejectionOf(pipeline.execute(() => 1));
  await clock.advance(0.01);
  expect(await pipeline.execute(() => 'now')).toBe('now');
});

it('L1: a retryAfter that was waited for is enough, at any rate and after any number of calls', async () => {
  for (const [limit, per] of [
    [3, '1s'],
    [7, '1h'],
    [997, '1s'],
    [1, '333ms'],
  ] as const) {
    const clock = new VirtualClock({ start: 123_456_789.123 });
    const made = pipeline({ name: 'p', clock }, rateLimiter({ limit, per, burst: 1 }));
    await made.execute(() => 1);
    for (let i = 0; i < 500; i++) {
      const error = (await rejectionOf(made.execute(() => 1))) as RateLimitedError;
      await clock.advance(error.retryAfter!);
      expect(await made.execute(() => i)).toBe(i);
    }
  }
});

it('L1: on a clock that shows the time of day, waits end and a retryAfter is enough', async () => {
  const clock = new VirtualClock({ start: Date.UTC(2026, 0, 1) });
  const options = { limit: 3, per: '1s', burst: 1 } as const;
  const waiting = pipeline({ name: 'p', clock }, rateLimiter({ ...options, maxWait: '10s' }));
  const calls = Array.from({ length: 20 }, (_, i) => waiting.execute(() => i));
  await clock.advance('10s');
  expect(await Promise.all(calls)).toHaveLength(20);
  const made = pipeline({ name: 'q', clock }, rateLimiter(options));
  await made.execute(() => 1);
  for (let i = 0; i < 100; i++) {
    const error = (await rejectionOf(made.execute(() => 1))) as RateLimitedError;
    await clock.advance(error.retryAfter!);
    expect(await made.execute(() => i)).toBe(i);
  }
});

it('L1: calls wait up to maxWait, and start first come, first served', async () => {
  const limiter = rateLimiter({ limit: 2, per: '1s', burst: 1, maxWait: '1s' });
  const { clock, pipeline, of } = rig(limiter);
  const starts: [number, number][] = [];
  const call = (i: number) => pipeline.execute(() => starts.push([i, clock.now()]));
  const calls = [0, 1, 2].map(call);
  expect(limiter.snapshot()).toEqual({ available: 0, queued: 2 });
  const refused = (await rejectionOf(call(3))) as RateLimitedError;
  expect(refused.retryAfter).toBe(1_500);
  expect(refused.message).toBe('rig: no permit within 1 s (limit: 2 per 1 s, burst: 1)');
  expect(of('queued')).toMatchObject([{ queued: 1 }, { queued: 2 }]);
  await clock.advance(500);
  const late = call(4);
  await clock.runAll();
  await Promise.all([...calls, late]);
  expect(starts).toEqual([
    [0, 0],
    [1, 500],
    [2, 1_000],
    [4, 1_500],
  ]);
  expect(limiter.snapshot()).toEqual({ available: 0, queued: 0 });
  expect(clock.pending).toBe(0);
});

it('L1, G5: one that is aborted leaves at once, and those behind it move up', async () => {
  const limiter = rateLimiter({ limit: 1, per: '1s', maxWait: '10s' });
  const { clock, pipeline } = rig(limiter);
  const starts: [string, number][] = [];
  const call = (name: string, signal?: AbortSignal) =>
    pipeline.execute(() => starts.push([name, clock.now()]), { signal });
  await call('first');
  const caller = new AbortController();
  const gone = call('gone', caller.signal);
  const behind = call('behind');
  await clock.advance(300);
  caller.abort(boom);
  expect(limiter.snapshot().queued).toBe(1);
  expect(await rejectionOf(gone)).toBe(boom);
  await clock.runAll();
  await behind;
  expect(starts).toEqual([
    ['first', 0],
    ['behind', 1_000],
  ]);
});

it('G5, G8: when the last one leaves, no timer is left', async () => {
  const { clock, pipeline } = rig(rateLimiter({ limit: 1, per: '1h', maxWait: '1h' }));
  await pipeline.execute(() => 1);
  const caller = new AbortController();
  const gone = pipeline.settle(() => 1, { signal: caller.signal });
  expect(clock.pending).toBe(2);
  caller.abort(boom);
  await gone;
  expect(clock.pending).toBe(0);
});

/** A clock that fires its timers when it is told to. */
function handClock() {
  const timers = new Map<object, () => void>();
  const clock = {
    time: 0,
    now: () => clock.time,
    wallNow: () => clock.time,
    setTimer(callback: () => void) {
      const timer = {};
      timers.set(timer, callback);
      return timer;
    },
    clearTimer: (timer: unknown) => void timers.delete(timer as object),
    get pending() {
      return timers.size;
    },
    fire() {
      for (const [timer, callback] of [...timers]) {
        timers.delete(timer);
        callback();
      }
    },
  };
  return clock;
}

it('G3: one that gives up between its turn and its start leaves its permit to the next', async () => {
  const clock = handClock();
  const made = pipeline({ name: 'p', clock }, rateLimiter({ limit: 1, per: 10, maxWait: '1s' }));
  await made.execute(() => 1);
  const caller = new AbortController();
  const operation = vi.fn();
  const gone = made.execute(operation, { signal: caller.signal });
  const next = made.execute(() => 'next');
  clock.time = 10;
  clock.fire();
  caller.abort(boom);
  expect(await rejectionOf(gone)).toBe(boom);
  expect(await next).toBe('next');
  expect(operation).not.toHaveBeenCalled();
  expect(clock.pending).toBe(0);
});

it('G3, L5: so does one whose cost may be corrected, and it is corrected no more', async () => {
  const clock = handClock();
  const limiter = rateLimiter({ limit: 1, per: 10, burst: 3, maxWait: '1s' });
  const made = pipeline({ name: 'p', clock }, limiter);
  await made.execute(() => 1, { cost: 3 });
  const caller = new AbortController();
  const cost = callCost(2);
  const gone = made.execute(() => 1, { signal: caller.signal, cost });
  const next = made.execute(() => 'next', { cost: 2 });
  clock.time = 20;
  clock.fire();
  caller.abort(boom);
  expect(await rejectionOf(gone)).toBe(boom);
  expect(await next).toBe('next');
  cost.correct(3);
  expect(limiter.snapshot()).toEqual({ available: 0, queued: 0 });
  clock.time = 50;
  expect(limiter.snapshot().available).toBe(3);
});

it('T2: a timeout around it bounds the wait, and one that would wait in vain is refused at once', async () => {
  const limiter = rateLimiter({ limit: 1, per: '1s', maxWait: '1m' });
  const { clock, pipeline } = rig(timeout('2500ms'), limiter);
  const times: number[] = [];
  const call = () => pipeline.execute(() => times.push(clock.now()));
  const calls = [call(), call(), call()];
  const refused = (await rejectionOf(call())) as RateLimitedError;
  expect(refused).toBeInstanceOf(RateLimitedError);
  expect(refused.retryAfter).toBe(3_000);
  await clock.runAll();
  await Promise.all(calls);
  expect(times).toEqual([0, 1_000, 2_000]);
});

it('T1: one that waits when its time is over leaves then', async () => {
  const limiter = rateLimiter({ limit: 1, per: '1s', maxWait: '1m' });
  const shared = new VirtualClock();
  const made = pipeline({ name: 'p', clock: shared }, limiter);
  await made.execute(() => 1);
  const outer = new AbortController();
  const timed = pipeline({ name: 'q', clock: shared }, timeout('1s'), limiter);
  const waits = follow(timed.execute(() => 1, { signal: outer.signal }));
  const ahead = follow(made.execute(() => 'ahead'));
  await shared.advance(1_000);
  expect(waits.now.is).not.toBe('pending');
  await shared.runAll();
  expect(ahead.now).toEqual({ is: 'fulfilled', value: 'ahead' });
  expect(limiter.snapshot().queued).toBe(0);
});

it('a late caller does not overtake those whose turn came while the event loop was blocked', async () => {
  const clock = handClock();
  const options = { limit: 1, per: 10, burst: 4, maxWait: '1s' } as const;
  const made = pipeline({ name: 'p', clock }, rateLimiter(options));
  const order: number[] = [];
  const call = (i: number) => made.execute(() => order.push(i));
  const calls = [0, 1, 2, 3, 4].map(call);
  // Their timer is due, and has not fired. There is a permit for everybody.
  clock.time = 50;
  calls.push(call(5), call(6));
  clock.fire();
  await Promise.all(calls);
  expect(order).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

it('L1: one whose turn is put off beyond maxWait, because timers were late, is refused', async () => {
  const clock = handClock();
  const limiter = rateLimiter({ limit: 1, per: '1s', burst: 1, maxWait: '5s' });
  const made = pipeline({ name: 'p', clock }, limiter);
  const starts: [number, number][] = [];
  const call = (i: number, signal?: AbortSignal) =>
    follow(made.execute(() => starts.push([i, clock.time]), { signal }));
  const early = [0, 1, 2, 3].map((i) => call(i));
  clock.time = 500;
  const caller = new AbortController();
  const gone = call(4, caller.signal);
  // Of the permits of the time in which the event loop was blocked, there is the last one.
  clock.time = 5_400;
  clock.fire();
  expect(limiter.snapshot().queued).toBe(0);
  // It was refused and does not know yet: it has no permit that it could leave to others.
  caller.abort(boom);
  await new Promise((resolve) => setImmediate(resolve));
  expect(limiter.snapshot()).toEqual({ available: 0, queued: 0 });
  expect(starts).toEqual([
    [0, 0],
    [1, 5_400],
  ]);
  const message = 'p: no permit within 5 s (limit: 1 per 1 s, burst: 1)';
  const refused = { is: 'rejected', error: { message, retryAfter: 1_000 } };
  expect(early.slice(2).map(({ now }) => now)).toMatchObject([refused, refused]);
  expect(gone.now).toEqual({ is: 'rejected', error: boom });
  expect(clock.pending).toBe(0);
});

it.each([
  [101, 'fulfilled'],
  [102, 'rejected'],
])(
  'L1: after a timer that fires at %d in place of 100 ms, the next call is %s',
  async (at, ends) => {
    const clock = handClock();
    const options = { limit: 1, per: 100, burst: 1, maxWait: 200 } as const;
    const made = pipeline({ name: 'p', clock }, rateLimiter(options));
    const [, , last] = [0, 1, 2].map(() => made.settle(() => clock.time));
    clock.time = at;
    clock.fire();
    clock.time = at + 100;
    clock.fire();
    expect((await last)?.status).toBe(ends);
  },
);

it('B11: a dry run refuses nothing, makes nobody wait, and reports what it would have refused', async () => {
  const limiter = rateLimiter({ limit: 2, per: '1s', burst: 1, maxWait: '1s', dryRun: true });
  const { clock, pipeline, of } = rig(limiter);
  for (let i = 0; i < 5; i++) expect(await pipeline.execute(() => clock.now())).toBe(0);
  // One at once, two that would have waited for 0.5 and 1 s; the other two in vain.
  expect(of('rejection')).toMatchObject([
    { reason: 'rate_limited', enforced: false, retryAfter: 1_500 },
    { reason: 'rate_limited', enforced: false, retryAfter: 1_500 },
  ]);
  expect(of('queued')).toEqual([]);
  await clock.advance('1500ms');
  await pipeline.execute(() => 1);
  expect(of('rejection')).toHaveLength(2);
});

it('R2, B8, F2: retry does not repeat it, the breaker does not count it, a fallback answers it', async () => {
  const breaker = circuitBreaker({ consecutiveFailures: 1 });
  const { pipeline } = rig(
    fallback('instead'),
    retry(),
    breaker,
    rateLimiter({ limit: 1, per: '1h' }),
  );
  const operation = vi.fn(() => 'real');
  expect(await pipeline.execute(operation)).toBe('real');
  expect(await pipeline.execute(operation)).toBe('instead');
  expect(operation).toHaveBeenCalledTimes(1);
  expect(breaker.state).toBe('closed');
});

it('inside a retry each attempt needs a permit', async () => {
  const { clock, pipeline } = rig(
    retry({ maxRetries: 2, initialDelay: 0 }),
    rateLimiter({ limit: 1, per: '1s', maxWait: '10s' }),
  );
  const starts: number[] = [];
  const failing = pipeline.settle(() => {
    starts.push(clock.now());
    throw boom;
  });
  await clock.runUntil(failing);
  expect(starts).toEqual([0, 1_000, 2_000]);
});

it('G12: a rejection carries a stack only where the pipeline says so', async () => {
  for (const captureStack of [true, false]) {
    const made = pipeline({ name: 'p', captureStack }, rateLimiter({ limit: 1, per: '1h' }));
    await made.execute(() => 1);
    const error = (await rejectionOf(made.execute(() => 1))) as Error;
    expect(error.stack?.includes('\n    at ')).toBe(captureStack);
  }
});

it('one instance in two pipelines bounds both together; copies bound for themselves', async () => {
  const clock = new VirtualClock();
  const limiter = rateLimiter({ limit: 1, per: '1h' });
  const one = pipeline({ name: 'one', clock }, limiter);
  const two = pipeline({ name: 'two', clock }, limiter);
  await one.execute(() => 1);
  await expect(two.execute(() => 1)).rejects.toBeInstanceOf(RateLimitedError);
  const tenants = keyed(one);
  await tenants.get('a').execute(() => 1);
  await tenants.get('b').execute(() => 1);
  await expect(tenants.get('a').execute(() => 1)).rejects.toBeInstanceOf(RateLimitedError);
});

it('a copy is kept until its bucket is full again: to drop it would be to forget its calls', async () => {
  const clock = new VirtualClock();
  const template = pipeline({ name: 'p', clock }, rateLimiter({ limit: 2, per: '1s' }));
  const tenants = keyed(template, { maxKeys: 1 });
  await tenants.get('a').execute(() => 1);
  await tenants.get('a').execute(() => 1);
  await tenants.get('b').execute(() => 1);
  await expect(tenants.get('a').execute(() => 1)).rejects.toBeInstanceOf(RateLimitedError);
  await clock.advance('1s');
  const kept = tenants.get('a');
  tenants.get('b');
  expect(tenants.get('a')).not.toBe(kept);
});

it('two clocks for one limiter are refused', () => {
  const limiter = rateLimiter({ limit: 1 });
  pipeline({ name: 'one', clock: new VirtualClock() }, limiter);
  const other = () => pipeline({ name: 'two', clock: new VirtualClock() }, limiter);
  expect(other).toThrow(ConfigError);
  expect(other).toThrow(/^rateLimiter: already runs on another clock.*or each its own limiter$/);
});

it('G10: options are read once; a frozen object will do', async () => {
  const options = { limit: 1, per: '1h' } as const;
  const { pipeline } = rig(rateLimiter(Object.freeze({ ...options })));
  await pipeline.execute(() => 1);
  const changing: { limit: number; per: '1h' } = { ...options };
  const changed = rig(rateLimiter(changing));
  changing.limit = 100;
  await changed.pipeline.execute(() => 1);
  await expect(changed.pipeline.execute(() => 1)).rejects.toBeInstanceOf(RateLimitedError);
});

it.each<[object | undefined, string]>([
  [undefined, 'rateLimiter.limit: must be a whole number >= 1, and is missing'],
  [{ limit: 0 }, 'rateLimiter.limit: must be a whole number >= 1'],
  [{ limit: 1.5 }, 'rateLimiter.limit: must be a whole number >= 1'],
  [{ limit: 1, per: 0 }, 'rateLimiter.per: must be a duration longer than 0'],
  [{ limit: 1, burst: 0 }, 'rateLimiter.burst: must be a whole number >= 1'],
  [{ limit: 1, cost: 'abc' }, 'rateLimiter.cost: must be a finite number >= 0 (got "abc")'],
  [{ limit: 1, maxWait: -1 }, 'rateLimiter.maxWait: must be a duration'],
  [{ limitForPeriod: 1, limit: 1 }, 'did you mean "limit"?'],
  [{ limit: 1, interval: '1s' }, 'did you mean "per"?'],
])('%j is refused: %s', (options, message) => {
  const make = () => rateLimiter(options as { limit: number });
  expect(make).toThrow(ConfigError);
  expect(make).toThrow(message);
});

it('G4: a listener that aborts the call as it begins to wait finds it gone', async () => {
  const limiter = rateLimiter({ limit: 1, per: '1s', maxWait: '1m' });
  const { clock, pipeline } = rig(limiter);
  const caller = new AbortController();
  pipeline.on('queued', () => caller.abort(boom));
  await pipeline.execute(() => 1);
  expect(await rejectionOf(pipeline.execute(() => 2, { signal: caller.signal }))).toBe(boom);
  expect(limiter.snapshot().queued).toBe(0);
  expect(clock.pending).toBe(0);
});

it('L1, G11: time that passes in a listener counts once', async () => {
  const clock = handClock();
  const limiter = rateLimiter({ limit: 1, per: '1s', maxWait: '1s' });
  const made = pipeline({ name: 'p', clock }, limiter);
  const nested: Promise<unknown>[] = [];
  made.on('queued', () => {
    clock.time = 900;
    // Refused: it would wait for the second permit from now.
    nested.push(made.settle(() => 1));
  });
  await made.execute(() => 1);
  const waits = made.execute(() => clock.time);
  clock.time = 950;
  clock.fire();
  expect(limiter.snapshot().queued).toBe(1);
  clock.time = 1_000;
  clock.fire();
  expect(await waits).toBe(1_000);
  expect(await Promise.all(nested)).toMatchObject([{ status: 'rejected' }]);
});

it('L1: on the real clock nobody is early', async () => {
  const made = pipeline('p', rateLimiter({ limit: 1, per: 20, maxWait: '1s' }));
  const before = performance.now();
  const started: number[] = [];
  await Promise.all([0, 1, 2].map(() => made.execute(() => started.push(performance.now()))));
  for (const [i, at] of started.entries())
    expect(at - before).toBeGreaterThanOrEqual(20 * i - 1e-3);
});

it('an error of a timeout inside is its own', async () => {
  const { clock, pipeline } = rig(rateLimiter({ limit: 5 }), timeout('1s'));
  const hangs = pipeline.execute(() => new Promise(() => {}));
  await clock.advance('1s');
  expect(await rejectionOf(hangs)).toBeInstanceOf(TimeoutError);
});
