import { noop } from 'cockatiel';
import type { Gate, Pipeline, PipelineLayer } from 'holdfast';
import {
  adaptiveLimiter,
  bulkhead,
  ConfigError,
  circuitBreaker,
  fallback,
  keyed,
  pipeline,
  rateLimiter,
  retry,
  retryBudget,
  standard,
  throttle,
  timeout,
} from 'holdfast';
import { fromCockatiel } from 'holdfast/cockatiel';
import { resilientFetch } from 'holdfast/fetch';
import { startOver, VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import { follow } from '../policies/support/rig.js';

const fails = () => Promise.reject(new Error('boom'));

/** An operation that ends when it is told to. */
function held() {
  const ends: (() => void)[] = [];
  const failsLate: (() => void)[] = [];
  return {
    operation: () =>
      new Promise((resolve, reject) => {
        ends.push(() => resolve('late'));
        failsLate.push(() => reject(new Error('late')));
      }),
    end: () => {
      for (const each of ends.splice(0)) each();
    },
    fail: () => {
      for (const each of failsLate.splice(0)) each();
    },
  };
}

function made(...policies: PipelineLayer[]) {
  const clock = new VirtualClock();
  return { clock, calls: pipeline({ name: 'shared', clock }, ...policies) as Pipeline<unknown> };
}

async function failing(calls: Pipeline<unknown>, times = 30) {
  for (let i = 0; i < times; i++) await calls.settle(fails);
}

describe('startOver', () => {
  it('closes a breaker, in place, and tells its listeners', async () => {
    const breaker = circuitBreaker({ failingFor: 0 });
    const { calls } = made(breaker);
    const heard: string[] = [];
    calls.on('transition', ({ from, to, reason }) => heard.push(`${from} ${to} ${reason}`));
    await failing(calls);
    expect(breaker.state).toBe('open');
    startOver(calls);
    expect(breaker.state).toBe('closed');
    expect(breaker.snapshot().window.calls).toBe(0);
    expect(await calls.execute(() => 1)).toBe(1);
    expect(heard.at(-1)).toBe('open closed reset');
  });

  it('B4: what fails late says nothing to a breaker that has started over', async () => {
    const breaker = circuitBreaker({ failingFor: 0 });
    const { calls, clock } = made(breaker);
    const { operation, fail } = held();
    for (let i = 0; i < 30; i++) void calls.settle(operation);
    startOver(calls);
    fail();
    await clock.flush();
    expect(breaker.state).toBe('closed');
    expect(breaker.snapshot().window.calls).toBe(0);
  });

  it('G3: frees the slots of a bulkhead; late ends give none back a second time', async () => {
    const limit = bulkhead({ maxConcurrent: 2, maxQueued: 5 });
    const { calls, clock } = made(limit);
    const before = held();
    const after = held();
    for (let i = 0; i < 3; i++) void calls.settle(before.operation);
    expect(limit.snapshot()).toMatchObject({ inFlight: 2, queued: 1 });
    startOver(calls);
    await clock.flush();
    // The one that waited has a slot.
    expect(limit.snapshot()).toMatchObject({ inFlight: 1, queued: 0 });
    void calls.settle(after.operation);
    void calls.settle(after.operation);
    await clock.flush();
    expect(limit.snapshot()).toMatchObject({ inFlight: 2, queued: 1 });
    before.end();
    await clock.flush();
    // Of those before, only the one that had waited holds a slot of now.
    expect(limit.snapshot()).toMatchObject({ inFlight: 2, queued: 0 });
    after.end();
    await clock.flush();
    expect(limit.snapshot()).toMatchObject({ inFlight: 0, queued: 0 });
    expect(calls.inFlight).toBe(0);
  });

  it('G3: so too twice in a row, and of a call that a timeout gave up', async () => {
    const limit = bulkhead({ maxConcurrent: 1 });
    const { calls, clock } = made(timeout('1s'), limit);
    const { operation, end } = held();
    void calls.settle(operation);
    await clock.advance('1s');
    expect(limit.snapshot().inFlight).toBe(1);
    startOver(calls);
    void calls.settle(operation);
    startOver(calls);
    expect(limit.snapshot().inFlight).toBe(0);
    void calls.settle(operation);
    end();
    await clock.flush();
    expect(limit.snapshot().inFlight).toBe(0);
  });

  it('L1: fills a rate limiter, and serves those that wait', async () => {
    const limiter = rateLimiter({ limit: 1, per: '1h', burst: 2, maxWait: '1h' });
    const { calls, clock } = made(limiter);
    for (let i = 0; i < 2; i++) await calls.execute(() => i);
    const waiting = follow(calls.execute(() => 'served'));
    startOver(limiter);
    await clock.flush();
    expect(waiting.now).toEqual({ is: 'fulfilled', value: 'served' });
    expect(limiter.snapshot()).toEqual({ available: 1, queued: 0 });
    expect(clock.pending).toBe(0);
  });

  it('L3: a throttle has seen no calls, and is not told of those before', async () => {
    const limit = throttle({ minimumCalls: 1, random: () => 0 });
    const { calls, clock } = made(limit);
    const { operation, fail } = held();
    for (let i = 0; i < 5; i++) void calls.settle(operation);
    await failing(calls, 20);
    expect(limit.snapshot().probability).toBeGreaterThan(0);
    startOver(calls);
    expect(limit.snapshot()).toMatchObject({ requests: 0, inFlight: 0, probability: 0 });
    void calls.settle(operation);
    fail();
    await clock.flush();
    expect(limit.snapshot()).toMatchObject({ requests: 1, inFlight: 0, accepts: 0 });
  });

  it.each(['brake', 'gradient', 'vegas', 'aimd'] as const)(
    'L2: an adaptive limiter (%s) is as at first, and is not told of calls before',
    async (algorithm) => {
      const limiter = adaptiveLimiter({ algorithm, maxQueued: 5, initialLimit: 3 });
      const { calls, clock } = made(timeout('1s'), limiter);
      const fresh = limiter.snapshot();
      const { operation, end } = held();
      for (let i = 0; i < 8; i++) void calls.settle(operation);
      await clock.advance('2s');
      for (let i = 0; i < 8; i++) void calls.settle(operation);
      startOver(calls);
      await clock.flush();
      const { inFlight } = limiter.snapshot();
      end();
      await clock.flush();
      expect(inFlight).toBeLessThanOrEqual(5);
      await clock.advance('1s');
      startOver(calls);
      expect(limiter.snapshot()).toEqual(fresh);
      for (let i = 0; i < 2; i++) void calls.settle(operation);
      expect(limiter.snapshot().inFlight).toBe(2);
      end();
      await clock.flush();
      expect(limiter.snapshot().inFlight).toBe(0);
      expect(await calls.execute(() => 'good')).toBe('good');
    },
  );

  it('R6: a budget is as at first, also one that is shared', async () => {
    const budget = retryBudget({ ratio: 0, minPerSecond: 2 });
    const one = made(retry({ budget, initialDelay: 0 })).calls;
    await failing(one, 5);
    expect(budget.balance(0)).toBe(0);
    startOver(one);
    expect(budget.balance(0)).toBe(2);
    budget.tryWithdraw(0);
    startOver(budget);
    expect(budget.balance(0)).toBe(2);
  });

  it('starts a policy over in every pipeline that has it, and a pipeline with those nested in it', async () => {
    const breaker = circuitBreaker({ failingFor: 0 });
    const clock = new VirtualClock();
    const inner = pipeline({ name: 'inner', clock }, breaker) as Pipeline<unknown>;
    const outer = pipeline({ name: 'outer', clock }, retry(), inner);
    await failing(inner);
    startOver(outer);
    expect(await inner.execute(() => 1)).toBe(1);
  });

  it('G17: has a pipeline that was drained take calls again', async () => {
    const { calls, clock } = made(bulkhead());
    const { operation, end } = held();
    const inFlight = follow(calls.execute(operation));
    const drained = follow(calls.drain('10s'));
    await clock.flush();
    startOver(calls);
    await clock.flush();
    expect(drained.now).toEqual({ is: 'fulfilled', value: { inFlight: 1 } });
    expect(await calls.execute(() => 1)).toBe(1);
    end();
    await clock.flush();
    expect(inFlight.now).toEqual({ is: 'fulfilled', value: 'late' });
    expect(clock.pending).toBe(0);
    expect(await calls.drain()).toEqual({ inFlight: 0 });
  });

  it('keeps listeners and counts', async () => {
    const { calls } = made();
    const heard: unknown[] = [];
    calls.on('call', ({ outcome }) => heard.push(outcome));
    await calls.execute(() => 1);
    startOver(calls);
    await calls.execute(() => 1);
    expect(heard).toEqual(['success', 'success']);
  });

  it('drops the keys of a keyed pipeline, and starts over those that somebody has kept', async () => {
    const clock = new VirtualClock();
    const byKey = keyed(pipeline({ name: 'keyed', clock }, circuitBreaker({ failingFor: 0 })));
    const kept = byKey.get('a') as Pipeline<unknown>;
    await failing(kept);
    await byKey.drain();
    startOver(byKey);
    expect(byKey.size).toBe(0);
    expect(await byKey.execute('a', () => 1)).toBe(1);
    expect(await kept.execute(() => 2)).toBe(2);
  });

  it('starts a resilient fetch over, and its calls in flight end well', async () => {
    let answer: () => Promise<Response> = async () => new Response('busy', { status: 503 });
    const fetch = resilientFetch({
      fetch: (_url: string) => answer(),
      policies: { retry: { maxRetries: 0 }, circuitBreaker: { failingFor: 0 } },
    });
    for (let i = 0; i < 30; i++) {
      await fetch('http://stock.test/').then(
        (response) => response.text(),
        () => 0,
      );
    }
    await expect(fetch('http://stock.test/')).rejects.toThrow('open');
    let resolve: (response: Response) => void = () => {};
    answer = () =>
      new Promise((settle) => {
        resolve = settle;
      });
    startOver(fetch);
    const call = fetch('http://stock.test/');
    startOver(fetch);
    expect(fetch.snapshot()).toEqual({});
    resolve(new Response('late'));
    expect(await (await call).text()).toBe('late');
    answer = async () => new Response('good');
    expect(await (await fetch('http://stock.test/')).text()).toBe('good');
  });

  it('takes policies without state, too, as in a list of the standard ones', async () => {
    const breaker = circuitBreaker({ failingFor: 0 });
    const { calls } = made(breaker);
    await failing(calls);
    startOver(...standard(), timeout('1s'), fallback(1), fromCockatiel(noop), breaker);
    expect(breaker.state).toBe('closed');
  });

  it('refuses what it does not know, before anything has started over', async () => {
    const breaker = circuitBreaker({ failingFor: 0 });
    const { calls, clock } = made(breaker);
    await failing(calls);
    expect(() => startOver(calls, {} as never)).toThrow(ConfigError);
    expect(() => startOver(undefined as never)).toThrow(
      /^startOver: takes pipelines.*\(got undefined\)$/,
    );
    const own: Gate = {
      role: 'gate',
      type: 'own',
      enter: () => undefined,
      exit() {},
      fork: () => own,
    };
    const other = pipeline({ name: 'other', clock }, breaker, own);
    for (const stuck of [other, own]) {
      expect(() => startOver(calls, stuck)).toThrow(
        'the policy "own" has fork(), so it has state, and no startOver(); give it one',
      );
    }
    expect(breaker.state).toBe('open');
  });
});
