import { getEventListeners } from 'node:events';
import * as peer3 from 'cockatiel';
import * as peer4 from 'cockatiel4';
import {
  bulkhead,
  ConstantBackoff,
  type Context,
  circuitBreaker,
  ExponentialBackoff,
  fallback,
  type Outcome,
  pipeline,
  retry,
  timeout,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it, vi } from 'vitest';
import { deferred, never, turn } from '../pipeline/support/deferred.js';

const fails = (): Promise<never> => Promise.reject(new Error('no'));

/** Where cockatiel surprises its users, and what holdfast does there. The peer's own behaviour is shown where that is cheap. */
describe.each([
  ['3', peer3],
  ['4', peer4 as unknown as typeof peer3],
])('cockatiel %s, for comparison', (_version, peer) => {
  it('1: calls the operation of a call that was aborted beforehand', async () => {
    const policy = peer.retry(peer.handleAll, {
      maxAttempts: 1,
      backoff: new peer.ConstantBackoff(0),
    });
    const operation = vi.fn(() => 1);
    await policy.execute(operation, AbortSignal.abort()).catch(() => {});
    expect(operation).toHaveBeenCalled();
  });

  it('2: turns a success into a failure when a listener throws, and retries it', async () => {
    const policy = peer.retry(peer.handleAll, {
      maxAttempts: 1,
      backoff: new peer.ConstantBackoff(0),
    });
    policy.onSuccess(() => {
      throw new Error('in the listener');
    });
    const operation = vi.fn(() => 1);
    await expect(policy.execute(operation)).rejects.toThrow('in the listener');
    expect(operation).toHaveBeenCalledTimes(2);
  });

  it('7: counts the abort of a caller as a failure of the upstream', async () => {
    const policy = peer.circuitBreaker(peer.handleAll, {
      halfOpenAfter: 1_000,
      breaker: new peer.ConsecutiveBreaker(1),
    });
    const caller = new AbortController();
    const call = policy
      .execute(
        ({ signal }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason));
          }),
        caller.signal,
      )
      .catch(() => {});
    caller.abort();
    await call;
    expect(policy.state).toBe(peer.CircuitState.Open);
  });

  it('11: makes four calls for maxAttempts: 3', async () => {
    const policy = peer.retry(peer.handleAll, {
      maxAttempts: 3,
      backoff: new peer.ConstantBackoff(0),
    });
    const operation = vi.fn(fails);
    await policy.execute(operation).catch(() => {});
    expect(operation).toHaveBeenCalledTimes(4);
  });
});

describe('holdfast, where cockatiel surprises', () => {
  it('1: an abort during backoff rejects at once and the operation is not called again', async () => {
    const clock = new VirtualClock();
    const calls = pipeline(
      { name: 'calls', clock },
      retry({ initialDelay: '10s', jitter: 'none' }),
    );
    const caller = new AbortController();
    const operation = vi.fn(fails);
    const call = calls.settle(operation, { signal: caller.signal });
    await clock.advance('1s');
    caller.abort();
    expect(await call).toMatchObject({ reason: { name: 'AbortError' } });
    await clock.advance('1m');
    expect(operation).toHaveBeenCalledTimes(1);
    expect(clock.pending).toBe(0);
  });

  it('1: a signal aborted beforehand never calls the operation', async () => {
    const operation = vi.fn();
    const calls = pipeline('calls', retry(), timeout('1s'), bulkhead());
    expect((await calls.settle(operation, { signal: AbortSignal.abort() })).status).toBe(
      'rejected',
    );
    expect(operation).not.toHaveBeenCalled();
  });

  it('2: a listener that throws leaves a success a success', async () => {
    const calls = pipeline('calls', retry());
    calls.on(() => {
      throw new Error('in the listener');
    });
    const operation = vi.fn(() => 'value');
    expect(await calls.execute(operation)).toBe('value');
    expect(operation).toHaveBeenCalledTimes(1);
  });

  it('3: an abort by the caller is no timeout, in events and errors', async () => {
    const calls = pipeline('calls', timeout('1h'));
    const heard: string[] = [];
    calls.on('timeout', ({ type }) => heard.push(type));
    calls.on('call', ({ outcome }) => heard.push(outcome));
    const caller = new AbortController();
    const call = calls.settle(never, { signal: caller.signal });
    caller.abort(new Error('the caller left'));
    expect(await call).toMatchObject({ reason: { message: 'the caller left' } });
    expect(heard).toEqual(['cancelled']);
  });

  it('4: an idle hour empties the window: one more failure does not open the breaker', async () => {
    const clock = new VirtualClock();
    const breaker = circuitBreaker({ minimumCalls: 10, consecutiveFailures: false, window: '30s' });
    const calls = pipeline({ name: 'calls', clock }, breaker);
    for (let i = 0; i < 9; i++) await calls.settle(fails);
    await clock.advance('1h');
    await calls.settle(fails);
    expect(breaker.state).toBe('closed');
    expect(breaker.snapshot().window).toMatchObject({ calls: 1, failures: 1 });
  });

  it('5: an old call that fails while half-open does not reopen the breaker', async () => {
    const clock = new VirtualClock();
    const breaker = circuitBreaker({
      consecutiveFailures: 2,
      failingFor: 0,
      openFor: '1s',
      probes: 1,
    });
    const calls = pipeline({ name: 'calls', clock }, breaker);
    const old = deferred();
    const late = calls.settle(() => old.promise);
    await calls.settle(fails);
    await calls.settle(fails);
    await clock.advance('2s');
    const probe = deferred();
    const probing = calls.settle(() => probe.promise);
    expect(breaker.state).toBe('half_open');
    old.reject(new Error('late'));
    await late;
    expect(breaker.state).toBe('half_open');
    probe.resolve(1);
    await probing;
    expect(breaker.state).toBe('closed');
  });

  it('5: a late success while open does not close it or shorten the next count', async () => {
    const clock = new VirtualClock();
    const breaker = circuitBreaker({ consecutiveFailures: 2, failingFor: 0, openFor: '10s' });
    const calls = pipeline({ name: 'calls', clock }, breaker);
    const old = deferred();
    const late = calls.settle(() => old.promise);
    await calls.settle(fails);
    await calls.settle(fails);
    old.resolve('late');
    await late;
    expect(breaker.state).toBe('open');
    expect(breaker.snapshot().openings).toBe(1);
  });

  it('6: nobody waits for probes, a hung probe hangs nobody, and closing lets no crowd loose', async () => {
    const clock = new VirtualClock();
    const breaker = circuitBreaker({
      consecutiveFailures: 1,
      openFor: '1s',
      probes: 2,
      probeTimeout: '5s',
    });
    const calls = pipeline({ name: 'calls', clock }, breaker);
    await calls.settle(fails);
    await clock.advance('2s');
    let runs = 0;
    const hung = [1, 2].map(() =>
      calls.settle(() => {
        runs++;
        return never();
      }),
    );
    const crowd = await Promise.all(
      Array.from({ length: 1_000 }, () => calls.settle(() => runs++)),
    );
    expect(crowd.every(({ status }) => status === 'rejected')).toBe(true);
    expect(runs).toBe(2);
    expect(hung).toHaveLength(2);
    await clock.advance('5s');
    expect(breaker.state).toBe('open');
    await clock.advance('10s');
    expect(breaker.state).toBe('half_open');
    await Promise.all([calls.settle(() => 1), calls.settle(() => 1)]);
    expect(breaker.state).toBe('closed');
  });

  it('7: the abort of a caller does not trip the breaker', async () => {
    const breaker = circuitBreaker({ consecutiveFailures: 1 });
    const calls = pipeline('calls', breaker);
    for (let i = 0; i < 10; i++) {
      const caller = new AbortController();
      const call = calls.settle(
        ({ signal }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason));
          }),
        { signal: caller.signal },
      );
      caller.abort();
      await call;
    }
    expect(breaker.state).toBe('closed');
    expect(breaker.snapshot().window.calls).toBe(0);
  });

  it('8: the queue is first come, first served, and an aborted call leaves it at once', async () => {
    const slots = bulkhead({ maxConcurrent: 1, maxQueued: 3 });
    const calls = pipeline('calls', slots);
    const answer = deferred();
    const first = calls.execute(() => answer.promise);
    const order: string[] = [];
    const caller = new AbortController();
    const queued = ['a', 'b', 'c'].map((name) =>
      calls.settle(() => order.push(name), { signal: name === 'b' ? caller.signal : undefined }),
    );
    expect((await calls.settle(() => order.push('full'))).status).toBe('rejected');
    caller.abort();
    expect(slots.snapshot().queued).toBe(2);
    queued.push(calls.settle(() => order.push('d')));
    answer.resolve(1);
    await first;
    queued.push(calls.settle(() => order.push('late')));
    await Promise.all(queued);
    expect(order.slice(0, 3)).toEqual(['a', 'c', 'd']);
  });

  it('9: a restored isolated breaker can be released, and the state given is not changed', async () => {
    const first = circuitBreaker();
    first.isolate();
    const state = Object.freeze(JSON.parse(JSON.stringify(first.snapshot())));
    const text = JSON.stringify(state);
    const second = circuitBreaker({ initialState: state });
    const calls = pipeline('calls', second);
    expect(await calls.settle(() => 1)).toMatchObject({ reason: { code: 'ERR_CIRCUIT_ISOLATED' } });
    second.reset();
    expect(await calls.execute(() => 1)).toBe(1);
    expect(JSON.stringify(state)).toBe(text);
  });

  it('10: a timeout of 2^31 ms does not fire after a millisecond', async () => {
    vi.useFakeTimers();
    try {
      const calls = pipeline('calls', timeout(2 ** 31));
      let settled = false;
      void calls.settle(never).then(() => {
        settled = true;
      });
      await vi.advanceTimersByTimeAsync(1_000);
      expect(settled).toBe(false);
      await vi.advanceTimersByTimeAsync(2 ** 31 - 1_000);
      expect(settled).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });

  it('10: delays follow the factor and stay finite at any attempt', async () => {
    const clock = new VirtualClock();
    const calls = pipeline(
      { name: 'calls', clock },
      retry({
        maxRetries: 1_100,
        initialDelay: 1,
        factor: 3,
        maxDelay: 50,
        jitter: 'none',
        budget: false,
      }),
    );
    const delays: number[] = [];
    calls.on('retry', ({ delayMs }) => delays.push(delayMs));
    await clock.runUntil(calls.settle(fails));
    expect(delays.slice(0, 6)).toEqual([1, 3, 9, 27, 50, 50]);
    expect(delays).toHaveLength(1_100);
    expect(delays.every((delay) => delay >= 0 && delay <= 50)).toBe(true);
  });

  it('10: the backoffs of cockatiel may be used all the same', async () => {
    const clock = new VirtualClock();
    for (const backoff of [new ConstantBackoff(20), new ExponentialBackoff({ maxDelay: 100 })]) {
      const calls = pipeline({ name: 'calls', clock }, retry({ maxRetries: 3, backoff }));
      const operation = vi.fn(fails);
      await clock.runUntil(calls.settle(operation));
      expect(operation).toHaveBeenCalledTimes(4);
    }
  });

  it('11: a fallback is given the outcome and the context; maxRetries says what it counts', async () => {
    const seen: unknown[] = [];
    const answer = (outcome: Outcome, { pipeline: name, attempt }: Context): string => {
      seen.push(outcome, name, attempt);
      return 'else';
    };
    const calls = pipeline(
      'calls',
      fallback(answer),
      retry({ maxRetries: 3, initialDelay: 0, maxDelay: 0 }),
    );
    const operation = vi.fn(fails);
    expect(await calls.execute(operation)).toBe('else');
    expect(operation).toHaveBeenCalledTimes(4);
    expect(seen).toMatchObject([{ kind: 'failure', error: { message: 'no' } }, 'calls', 4]);
  });

  it('12: a call makes no controller, no timer of its own and no listener of its own', async () => {
    const clock = new VirtualClock();
    const controllers = vi.spyOn(globalThis, 'AbortController');
    try {
      const calls = pipeline(
        { name: 'calls', clock },
        fallback('else'),
        timeout('5s'),
        retry(),
        circuitBreaker(),
        timeout('1s'),
        bulkhead({ maxConcurrent: 2_000 }),
      );
      const answer = deferred();
      const all = Array.from({ length: 1_000 }, () => calls.execute(() => answer.promise));
      expect(clock.pending).toBe(2);
      expect(controllers).not.toHaveBeenCalled();
      answer.resolve(1);
      await Promise.all(all);
      expect(clock.pending).toBe(0);
      controllers.mockRestore();
      const caller = new AbortController();
      const signalled = Array.from({ length: 20 }, () =>
        calls.settle(never, { signal: caller.signal }),
      );
      expect(getEventListeners(caller.signal, 'abort')).toHaveLength(1);
      caller.abort();
      await Promise.all(signalled);
    } finally {
      controllers.mockRestore();
    }
  });

  it('12: the time of a call does not grow with the calls in flight', { retry: 2 }, async () => {
    const calls = pipeline('calls', timeout('1h'), retry(), circuitBreaker(), timeout('30m'));
    const perCall = async (): Promise<number> => {
      const times: number[] = [];
      for (let round = 0; round < 7; round++) {
        const start = performance.now();
        for (let i = 0; i < 2_000; i++) await calls.execute(async () => 1);
        times.push((performance.now() - start) / 2_000);
      }
      return Math.min(...times);
    };
    await perCall();
    const alone = await perCall();
    const answer = deferred();
    const crowd = Array.from({ length: 30_000 }, () => calls.execute(() => answer.promise));
    const crowded = await perCall();
    answer.resolve(1);
    await Promise.all(crowd);
    await turn();
    expect(crowded).toBeLessThan(alone * 4);
  });
});
