import * as cockatiel3 from 'cockatiel';
import * as cockatiel4 from 'cockatiel4';
import { describe, expect, it } from 'vitest';
import { fromCockatiel, toCockatiel } from '../../src/cockatiel/index.js';
import {
  bulkhead,
  ConfigError,
  circuitBreaker,
  fallback,
  pipeline,
  retry,
  TimeoutError,
  timeout,
} from '../../src/index.js';

// The two versions' types differ in private members; what is used of them here is the same.
const versions = [
  ['3.2.1', cockatiel3],
  ['4.0.0', cockatiel4 as unknown as typeof cockatiel3],
] as const;

function failing(times: number, error: unknown = new Error('boom')) {
  let calls = 0;
  const operation = async () => {
    calls++;
    if (calls <= times) throw error;
    return calls;
  };
  return { operation, calls: () => calls };
}

describe.each(versions)('cockatiel %s', (_version, cockatiel) => {
  const now = new cockatiel.ConstantBackoff(0);
  const retryOf = (maxAttempts: number) =>
    cockatiel.retry(cockatiel.handleAll, { maxAttempts, backoff: now });

  describe('fromCockatiel', () => {
    it('runs what is inside as often as the policy likes', async () => {
      const { operation, calls } = failing(2);
      const events: string[] = [];
      const subject = pipeline('x', fromCockatiel(retryOf(3)), bulkhead());
      subject.on('attempt', (event) => events.push(`${event.kind}:${event.outcome}`));
      await expect(subject.execute(operation)).resolves.toBe(3);
      expect(calls()).toBe(3);
      expect(events).toEqual(['first:failure', 'retry:failure', 'retry:success']);
      expect(subject.snapshot().policies['bulkhead']).toMatchObject({ inFlight: 0 });
    });

    it("R7: throws the operation's own error, and a synchronous throw too", async () => {
      const error = new Error('mine');
      const subject = pipeline('x', fromCockatiel(retryOf(1)));
      await expect(subject.execute(() => Promise.reject(error))).rejects.toBe(error);
      await expect(
        subject.execute(() => {
          throw error;
        }),
      ).rejects.toBe(error);
    });

    it('R2, R7: an outer retry does not retry what a cockatiel breaker refused', async () => {
      const breaker = cockatiel.circuitBreaker(cockatiel.handleAll, {
        halfOpenAfter: 10_000,
        breaker: new cockatiel.ConsecutiveBreaker(1),
      });
      const { operation, calls } = failing(100);
      const subject = pipeline(
        'x',
        retry({ maxRetries: 5, initialDelay: 0 }),
        fromCockatiel(breaker),
      );
      const stopped: unknown[] = [];
      subject.on('retry_stopped', ({ reason, attempts }) => stopped.push([reason, attempts]));
      // Its retry was refused: it says what happened to it. Only the next call is refused.
      await expect(subject.execute(operation)).rejects.toThrow('boom');
      expect(stopped).toEqual([['rejected', 1]]);
      await expect(subject.execute(operation)).rejects.toThrow(cockatiel.BrokenCircuitError);
      expect(calls()).toBe(1);
    });

    it("B8: a holdfast breaker outside counts cockatiel's timeouts, not its rejections", async () => {
      const slow = cockatiel.timeout(5, cockatiel.TimeoutStrategy.Aggressive);
      const breaker = circuitBreaker({ consecutiveFailures: 1 });
      const subject = pipeline('x', breaker, fromCockatiel(slow));
      await expect(subject.execute(() => new Promise(() => {}))).rejects.toThrow(
        cockatiel.TaskCancelledError,
      );
      expect(breaker.state).toBe('open');

      const full = circuitBreaker({ consecutiveFailures: 1 });
      const refusing = pipeline('y', full, fromCockatiel(cockatiel.bulkhead(0, 0)));
      await expect(refusing.execute(() => 1)).rejects.toThrow(cockatiel.BulkheadRejectedError);
      expect(full.state).toBe('closed');
    });

    it('passes rejections and timeouts of the policies inside on as what they are', async () => {
      const inner = circuitBreaker({ consecutiveFailures: 1 });
      const outer = circuitBreaker({ consecutiveFailures: 1 });
      const subject = pipeline('x', outer, fromCockatiel(cockatiel.noop), inner);
      inner.isolate();
      await expect(subject.execute(() => 1)).rejects.toMatchObject({
        code: 'ERR_CIRCUIT_ISOLATED',
        policy: 'circuit_breaker_2',
      });
      expect(outer.state).toBe('closed');
    });

    it("G5: the caller's abort ends the call at once, also in cockatiel's backoff", async () => {
      const waits = cockatiel.retry(cockatiel.handleAll, {
        maxAttempts: 1,
        backoff: new cockatiel.ConstantBackoff(60_000),
      });
      const { operation, calls } = failing(10);
      const controller = new AbortController();
      const subject = pipeline('x', fromCockatiel(waits.dangerouslyUnref()));
      const call = subject.execute(operation, { signal: controller.signal });
      const reason = new Error('enough');
      setTimeout(() => controller.abort(reason), 5);
      await expect(call).rejects.toBe(reason);
      expect(calls()).toBe(1);
    });

    it('T1: a holdfast timeout inside a cockatiel retry bounds each attempt', async () => {
      const subject = pipeline('x', fromCockatiel(retryOf(2)), timeout(5));
      let calls = 0;
      const call = subject.execute(({ signal }) => {
        calls++;
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        });
      });
      await expect(call).rejects.toBeInstanceOf(TimeoutError);
      expect(calls).toBe(3);
    });

    it("answers a cockatiel fallback's value, and widens the type by it", async () => {
      const subject = pipeline(
        'x',
        fromCockatiel(cockatiel.fallback(cockatiel.handleAll, 'none' as const)),
      );
      const answer: number | 'none' = await subject.execute(async (): Promise<number> => {
        throw new Error('boom');
      });
      expect(answer).toBe('none');
    });

    it('refuses anything else with a clear error', () => {
      expect(() => fromCockatiel({} as never)).toThrow(ConfigError);
      expect(() => fromCockatiel(undefined as never)).toThrow(/policy of cockatiel/);
    });
  });

  describe('toCockatiel', () => {
    it("is a policy for cockatiel's wrap(), inside and outside", async () => {
      const { operation, calls } = failing(2);
      const subject = pipeline('x', retry({ maxRetries: 3, initialDelay: 0 }));
      const seen: unknown[] = [];
      const wrapped = cockatiel.wrap(cockatiel.bulkhead(1), toCockatiel(subject), cockatiel.noop);
      const value = await wrapped.execute((context) => {
        seen.push((context as { attempt?: number }).attempt, context.signal instanceof AbortSignal);
        return operation();
      });
      expect(value).toBe(3);
      expect(calls()).toBe(3);
      expect(seen).toEqual([1, true, 2, true, 3, true]);
    });

    it("follows cockatiel's signal", async () => {
      const subject = pipeline('x', timeout('5s'));
      const controller = new AbortController();
      const call = toCockatiel(subject).execute(() => new Promise(() => {}), controller.signal);
      controller.abort(new Error('gone'));
      await expect(call).rejects.toThrow('gone');
    });

    it('fires onSuccess and onFailure once a call, and listens only while they are listened to', async () => {
      const subject = pipeline('x', retry({ maxRetries: 1, initialDelay: 0 }));
      const policy = toCockatiel(subject);
      expect(subject.hub.active).toBe(false);
      const heard: string[] = [];
      const first = policy.onSuccess(({ duration }) => heard.push(`ok ${duration >= 0}`));
      const second = policy.onFailure(({ reason }) =>
        heard.push(`failed ${(reason as { error: Error }).error.message}`),
      );
      await policy.execute(failing(1).operation);
      await policy.execute(failing(2).operation).catch(() => {});
      expect(heard).toEqual(['ok true', 'failed boom']);
      first.dispose();
      second.dispose();
      expect(subject.hub.active).toBe(false);
    });

    it("counts a fallback's answer as a success", async () => {
      const policy = toCockatiel(pipeline('x', fallback(7)));
      let successes = 0;
      policy.onSuccess(() => successes++);
      await expect(policy.execute(failing(9).operation)).resolves.toBe(7);
      expect(successes).toBe(1);
    });
  });
});
