import * as cockatiel from 'cockatiel';
import { VirtualClock } from 'holdfast/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Copy, type Holdfast, type Pair, pairs } from '../copies/support/pairs.js';

const never = () => new Promise<never>(() => {});
const now = { maxRetries: 2, initialDelay: 0, jitter: 'none' } as const;

/**
 * Two copies of the package did not know each other: a refusal by a pipeline of the other one was retried and counted as a failure, and its
 * pipelines could be neither nested nor copied.
 */
describe.each(pairs)('G18: two copies: %s', (_name, load) => {
  let pair: Pair;
  let one: Copy;
  let other: Copy;
  let core: Holdfast;

  beforeAll(async () => {
    pair = await load();
    one = pair.one;
    other = pair.other;
    core = one.core;
  }, 180_000);
  afterAll(() => pair.remove());

  it('G18: are two', () => {
    expect(one.core.TimeoutError).not.toBe(other.core.TimeoutError);
    expect(one.core.pipeline).not.toBe(other.core.pipeline);
  });

  describe('errors', () => {
    it('G18: are instances of the same classes, and of no others', () => {
      const refused = new other.core.CircuitOpenError('open');
      expect(refused instanceof core.CircuitOpenError).toBe(true);
      expect(refused instanceof core.RejectedError).toBe(true);
      expect(refused instanceof core.ResilienceError).toBe(true);
      expect(refused instanceof Error).toBe(true);
      expect(refused instanceof core.BulkheadFullError).toBe(false);
      expect(refused instanceof core.TimeoutError).toBe(false);
      expect(new other.core.ConfigError('x') instanceof core.ConfigError).toBe(true);
      expect(new other.core.TimeoutError('x', { captureStack: true })).toBeInstanceOf(
        core.TimeoutError,
      );
    });

    it("G18: a user's class stays his own, and what he derives is an instance of what it is derived from", () => {
      class Quota extends core.RejectedError {}
      class OtherQuota extends other.core.RejectedError {}
      expect(new Quota('x') instanceof Quota).toBe(true);
      expect(new other.core.RejectedError('x') instanceof Quota).toBe(false);
      expect(new OtherQuota('x') instanceof Quota).toBe(false);
      expect(new OtherQuota('x') instanceof core.RejectedError).toBe(true);
      expect(new OtherQuota('x') instanceof core.TimeoutError).toBe(false);
    });

    it.each([[undefined], [null], ['text'], [Object.create(null)], [new Error('x')], [() => {}]])(
      'G18: %o is an instance of none',
      (value) => {
        expect(value instanceof core.ResilienceError).toBe(false);
        expect(core.ResilienceError.prototype instanceof core.ResilienceError).toBe(false);
      },
    );

    it('G18: a refusal in the operation is a refusal: it is neither retried nor counted', async () => {
      const breaker = core.circuitBreaker({ consecutiveFailures: 1, failingFor: 0 });
      const outer = core.pipeline('outer', core.retry(now), breaker);
      const inner = other.core.pipeline('inner', other.core.bulkhead({ maxConcurrent: 1 }));
      void inner.execute(never);
      let attempts = 0;
      const outcomes: string[] = [];
      outer.on('call', ({ outcome }) => outcomes.push(outcome));
      await expect(
        outer.execute(() => {
          attempts++;
          return inner.execute(() => 1);
        }),
      ).rejects.toMatchObject({ code: 'ERR_BULKHEAD_FULL', pipeline: 'inner' });
      expect([attempts, outcomes, breaker.state]).toEqual([1, ['rejected'], 'closed']);
    });

    it('G18: a timeout in the operation is a timeout, and a mistake in the set-up nobody counts', async () => {
      const breaker = core.circuitBreaker({ consecutiveFailures: 1, failingFor: 0 });
      const outer = core.pipeline('outer', breaker);
      const outcomes: string[] = [];
      outer.on('call', ({ outcome }) => outcomes.push(outcome));
      await outer.settle(() => {
        throw new other.core.ConfigError('x');
      });
      expect(breaker.state).toBe('closed');
      const inner = other.core.pipeline('inner', other.core.timeout(1));
      await expect(outer.execute(() => inner.execute(never))).rejects.toThrow(core.TimeoutError);
      expect([outcomes, breaker.state]).toEqual([['failure', 'timeout'], 'open']);
    });
  });

  describe('policies', () => {
    it('G18: all of them do in a pipeline of the other copy what they do in their own', async () => {
      const clock = new VirtualClock();
      const breaker = other.core.circuitBreaker({
        consecutiveFailures: 1,
        failingFor: 0,
        openFor: '1m',
      });
      const calls = core.pipeline(
        { name: 'calls', clock },
        other.core.fallback('stand-in'),
        other.core.retry({ ...now, budget: core.retryBudget() }),
        other.core.throttle(),
        other.core.adaptiveLimiter(),
        other.core.rateLimiter({ limit: 100 }),
        other.core.bulkhead({ maxConcurrent: 2 }),
        breaker,
        other.core.timeout('1s'),
      );
      const heard: string[] = [];
      calls.on((event) => heard.push(event.type));
      expect(await calls.execute(() => 42)).toBe(42);
      const hung = calls.execute(never);
      await clock.advance('1s');
      expect(await hung).toBe('stand-in');
      expect(breaker.state).toBe('open');
      expect(heard).toContain('transition');
      expect(heard.filter((type) => type === 'timeout')).toHaveLength(1);
      expect(await calls.execute(() => 42)).toBe('stand-in');
    });

    it('G18: what a policy of the other copy refuses is a refusal', async () => {
      const calls = core.pipeline(
        'calls',
        core.retry(now),
        other.core.bulkhead({ maxConcurrent: 1 }),
      );
      void calls.execute(never);
      const reasons: string[] = [];
      calls.on('rejection', ({ reason }) => reasons.push(reason));
      await expect(calls.execute(() => 1)).rejects.toThrow(core.BulkheadFullError);
      expect(reasons).toEqual(['bulkhead_full']);
    });

    it('G18: one policy serves pipelines of both copies, on the system clock too', async () => {
      const breaker = other.core.circuitBreaker({ consecutiveFailures: 1, failingFor: 0 });
      const mine = core.pipeline('mine', breaker);
      const theirs = other.core.pipeline('theirs', breaker);
      await theirs.settle(() => Promise.reject(new Error('down')));
      await expect(mine.execute(() => 1)).rejects.toThrow(core.CircuitOpenError);
    });

    it('G18: time is the same in both, also when only one of them has seen that it was faked', async () => {
      const { systemClock } = core;
      systemClock.now();
      vi.useFakeTimers();
      systemClock.now();
      vi.advanceTimersByTime(60_000);
      systemClock.now();
      vi.useRealTimers();
      expect(Math.abs(systemClock.now() - other.core.systemClock.now())).toBeLessThan(1_000);

      const theirs = other.core.pipeline('theirs');
      const mine = core.pipeline('mine', core.timeout('5s'));
      const left = mine.execute(({ deadline }) =>
        theirs.execute((context) => context.timeLeft, { deadline }),
      );
      expect(await left).toBeLessThanOrEqual(5_001);
      expect(await left).toBeGreaterThan(3_000);
    });

    it('G18: all of it starts over by either', async () => {
      const { startOver } = one.testing;
      const breaker = other.core.circuitBreaker();
      const send = other.fetch.resilientFetch({
        fetch: async (_url: string) => new Response(''),
        policies: [breaker],
      });
      const tenants = other.core.keyed(other.core.pipeline('tenants', other.core.bulkhead()));
      await tenants.execute('a', () => 1);
      breaker.trip();
      startOver(breaker, send, tenants, other.core.pipeline('x'), other.core.retryBudget());
      expect(breaker.state).toBe('closed');
      expect(tenants.get('a').snapshot()).toMatchObject({ inFlight: 0 });
      await send.drain();
      startOver(send);
      expect((await send('http://upstream.example/')).status).toBe(200);
    });

    it('G18: a filter, backoff or budget made beside the other copy will do', async () => {
      const budget = other.core.retryBudget({ ratio: 0, minPerSecond: 1 });
      const calls = core.pipeline(
        'calls',
        core.retry({ ...now, budget, handle: other.core.handleType(TypeError) }),
      );
      let attempts = 0;
      await calls.settle(() => {
        attempts++;
        throw new TypeError('again');
      });
      expect(attempts).toBe(2);
    });

    it('G18: a fetch gives its rules to policies of the other copy', async () => {
      let sent = 0;
      const fetch = async (_url: string, _init?: object) => {
        sent++;
        return new Response('', { status: sent < 3 ? 503 : 200 });
      };
      const policies = [other.core.timeout('1m'), other.core.retry(now)];
      const send = one.fetch.resilientFetch({ fetch, policies });
      const options = { holdfast: { totalTimeout: '1s', retry: { maxRetries: 2 } } } as const;
      expect((await send('http://upstream.example/', options)).status).toBe(200);
      expect(sent).toBe(3);
      sent = 0;
      const whole = one.fetch.resilientFetch({
        fetch,
        policies: other.core.pipeline('x', ...policies),
      });
      expect((await whole('http://upstream.example/')).status).toBe(200);
      expect(sent).toBe(3);
    });
  });

  describe('pipelines', () => {
    it('G18: nest', async () => {
      const nested = other.core.pipeline('nested', other.core.retry(now), other.core.timeout('1s'));
      const calls = core.pipeline('calls', core.bulkhead(), nested);
      const heard: unknown[] = [];
      nested.on('retry', ({ pipeline, policy }) => heard.push([pipeline, policy]));
      let attempts = 0;
      await calls.settle(() => {
        attempts++;
        throw new Error('again');
      });
      expect(attempts).toBe(3);
      expect(heard).toEqual([
        ['calls', 'retry'],
        ['calls', 'retry'],
      ]);
      expect(nested.plan.layers).toHaveLength(2);
    });

    it('G18: nest on a clock that both were given, and not on two', async () => {
      const clock = new VirtualClock();
      const nested = other.core.pipeline({ name: 'nested', clock }, other.core.timeout('1s'));
      const calls = core.pipeline({ name: 'calls', clock }, nested);
      const hung = calls.settle(never);
      await clock.advance('1s');
      expect(await hung).toMatchObject({ reason: { code: 'ERR_TIMEOUT' } });
      expect(() => core.pipeline('calls', nested)).toThrow('has a clock of its own');
      const systems = other.core.pipeline({ name: 'systems', clock: core.systemClock });
      expect(await core.pipeline('calls', systems).execute(() => 1)).toBe(1);
    });

    it('G18: are templates of keyed', async () => {
      const template = other.core.pipeline('hosts', other.core.bulkhead({ maxConcurrent: 1 }));
      const hosts = core.keyed(template);
      void hosts.execute('a', never);
      await expect(hosts.execute('a', () => 1)).rejects.toThrow(core.BulkheadFullError);
      expect(await hosts.execute('b', () => 1)).toBe(1);
      expect(await hosts.drain(0)).toMatchObject({ inFlight: 1 });
    });

    it('G18: are policies for cockatiel', async () => {
      const policy = one.cockatiel.toCockatiel(other.core.pipeline('x', other.core.retry(now)));
      let attempts = 0;
      const flaky = () => {
        if (++attempts < 3) throw new Error('again');
        return attempts;
      };
      expect(await cockatiel.wrap(policy, cockatiel.noop).execute(flaky)).toBe(3);
    });

    it('G18: are none behind a Proxy, or when something only claims to be one', () => {
      const real = other.core.pipeline('real');
      const claims = { name: 'x', [Symbol.for('holdfast.mark')]: { kind: 'pipeline' } };
      for (const fake of [new Proxy(real, {}), claims, Object.create(real)]) {
        expect(() => core.pipeline('calls', fake as never)).toThrow(core.ConfigError);
      }
    });
  });

  describe('fetch', () => {
    const answering = (status: number) => {
      const answer = async () => new Response(null, { status });
      return other.fetch.resilientFetch({
        fetch: answer as typeof fetch,
        policies: [other.core.circuitBreaker({ consecutiveFailures: 1, failingFor: 0 })],
        classify: ({ kind }) => (kind === 'success' ? status === 418 : undefined),
      });
    };

    it('G18: what its classify said is known outside of it', async () => {
      const seen: string[] = [];
      const outer = core.pipeline({ name: 'outer', isFailure: one.fetch.isFetchFailure });
      outer.on('call', ({ outcome }) => seen.push(outcome));
      for (const status of [418, 503]) {
        await outer.execute(() => answering(status)('http://teapot.test/'));
      }
      expect(seen).toEqual(['failure', 'success']);
    });

    it('G18: starts over', async () => {
      const client = answering(418);
      await client('http://teapot.test/');
      await expect(client('http://teapot.test/')).rejects.toThrow(core.CircuitOpenError);
      one.testing.startOver(client, other.core.retryBudget(), other.core.pipeline('x'));
      expect((await client('http://teapot.test/')).status).toBe(418);
    });
  });
});
