import { setTimeout as sleep } from 'node:timers/promises';
import * as cockatiel3 from 'cockatiel';
import * as cockatiel4 from 'cockatiel4';
import {
  bulkhead,
  circuitBreaker,
  fallback,
  type PipelineEvent,
  pipeline,
  retry,
  timeout,
} from 'holdfast';
import { describe, expect, it } from 'vitest';
import { fromCockatiel } from '../../src/cockatiel/index.js';

/**
 * A cooperative timeout of cockatiel's aborts the signal and waits for the operation. Here the operation was given up at that moment, and the
 * call ended as `cancelled`: no retry, fallback or breaker acted on it, and the operation's own error was lost.
 */
describe.each([
  ['3', cockatiel3],
  ['4', cockatiel4 as unknown as typeof cockatiel3],
])('cockatiel %s', (_version, cockatiel) => {
  const { Aggressive, Cooperative } = cockatiel.TimeoutStrategy;
  const again = { maxRetries: 2, initialDelay: 0, jitter: 'none' } as const;
  const once = { consecutiveFailures: 1, failingFor: 0 } as const;
  const never = () => new Promise<never>(() => {});

  /** Rejects with its own error when it is told to stop. */
  function listening(error: (signal: AbortSignal) => unknown) {
    const seen = { calls: 0 };
    const operation = ({ signal }: { signal: AbortSignal }) => {
      seen.calls++;
      return new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(error(signal)));
      });
    };
    return { seen, operation };
  }

  it("ends with the operation's own error, which retries and is counted, as in cockatiel", async () => {
    const own = new Error('stopped');
    const { seen, operation } = listening(() => own);
    const breaker = circuitBreaker({ consecutiveFailures: 1, failingFor: 0, dryRun: true });
    const layer = fromCockatiel(cockatiel.timeout(5, Cooperative));
    const calls = pipeline('calls', retry(again), breaker, layer);
    const outcomes: string[] = [];
    calls.on('call', ({ outcome }) => outcomes.push(outcome));
    await expect(calls.execute(operation)).rejects.toBe(own);
    expect([seen.calls, outcomes, breaker.state]).toEqual([3, ['failure'], 'open']);
  });

  it.each([
    ['the reason itself', (signal: AbortSignal) => signal.reason],
    ['an error made of it', ({ reason }: AbortSignal) => new Error('aborted', { cause: reason })],
  ])('is a timeout where the operation rejects with %s', async (_what, error) => {
    const { seen, operation } = listening(error);
    const breaker = circuitBreaker({ ...once, dryRun: true });
    const layer = fromCockatiel(cockatiel.timeout(5, Cooperative));
    const calls = pipeline('calls', fallback('stand-in'), retry(again), breaker, layer);
    const retried: string[] = [];
    calls.on('retry', ({ outcome }) => retried.push(outcome));
    expect(await calls.execute(operation)).toBe('stand-in');
    expect([seen.calls, retried, breaker.state]).toEqual([3, ['timeout', 'timeout'], 'open']);
  });

  it("takes what the operation answers too late, and Node's own AbortError for a timeout", async () => {
    const calls = pipeline('calls', fromCockatiel(cockatiel.timeout(5, Cooperative)));
    expect(
      await calls.execute(async ({ signal }) => {
        await sleep(60_000, undefined, { signal }).catch(() => {});
        return signal.aborted;
      }),
    ).toBe(true);
    const outcomes: string[] = [];
    calls.on('call', ({ outcome }) => outcomes.push(outcome));
    await calls.settle(({ signal }) => sleep(60_000, undefined, { signal }));
    expect(outcomes).toEqual(['timeout']);
  });

  it('leaves a call that is in time alone', async () => {
    const policy = cockatiel.timeout(60_000, Cooperative).dangerouslyUnref();
    const calls = pipeline('calls', retry(again), fromCockatiel(policy));
    expect(await calls.execute(() => 42)).toBe(42);
    const own = new Error('own');
    await expect(calls.execute(() => Promise.reject(own))).rejects.toBe(own);
  });

  it('G5, G2: an abort and a timeout outside end the call at once, though the operation does not listen', async () => {
    const policy = cockatiel.timeout(5, Cooperative);
    const controller = new AbortController();
    const waiting = pipeline('calls', fromCockatiel(policy)).execute(never, {
      signal: controller.signal,
    });
    setTimeout(() => controller.abort(new Error('enough')), 20);
    await expect(waiting).rejects.toThrow('enough');
    const bound = pipeline('calls', timeout(20), fromCockatiel(policy));
    await expect(bound.execute(never)).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
  });

  it('ends a retry inside with what it has, and says that the time is over', async () => {
    const own = new Error('stopped');
    const { seen, operation } = listening(() => own);
    const layer = fromCockatiel(cockatiel.timeout(5, Cooperative));
    const calls = pipeline('calls', layer, retry(again));
    const stopped: string[] = [];
    calls.on('retry_stopped', ({ reason }) => stopped.push(reason));
    await expect(calls.execute(operation)).rejects.toBe(own);
    expect([seen.calls, stopped]).toEqual([1, ['deadline']]);
  });

  it('ends a second attempt inside likewise', async () => {
    const own = new Error('stopped');
    const { seen, operation } = listening(() => own);
    const calls = pipeline(
      'calls',
      fromCockatiel(cockatiel.timeout(10, Cooperative)),
      retry(again),
    );
    const failing = () => Promise.reject(new Error('at once'));
    await expect(
      calls.execute((context) => (context.attempt === 1 ? failing() : operation(context))),
    ).rejects.toBe(own);
    expect(seen.calls).toBe(1);
  });

  it('ends a wait inside: a backoff with the last failure, a queue as a timeout', async () => {
    const layer = fromCockatiel(cockatiel.timeout(10, Cooperative));
    const own = new Error('down');
    const backoff = pipeline('calls', layer, retry({ backoff: () => '1m' }));
    await expect(backoff.execute(() => Promise.reject(own))).rejects.toBe(own);

    const limited = bulkhead({ maxConcurrent: 1, maxQueued: 1 });
    const queue = pipeline('calls', layer, limited);
    void pipeline('other', limited).execute(never);
    const outcomes: string[] = [];
    queue.on('call', ({ outcome }) => outcomes.push(outcome));
    await expect(queue.execute(() => 1)).rejects.toMatchObject({ name: 'AbortError' });
    expect([outcomes, limited.snapshot()]).toMatchObject([['timeout'], { queued: 0 }]);
  });

  it.each([
    ['aggressive', Aggressive, never],
    ['cooperative', Cooperative, listening((signal) => signal.reason).operation],
  ])(
    'a breaker inside a timeout that is %s counts what the upstream has not answered',
    async (_name, strategy, operation) => {
      const breaker = circuitBreaker(once);
      const layer = fromCockatiel(cockatiel.timeout(5, strategy));
      const calls = pipeline('calls', layer, breaker, bulkhead());
      const events: PipelineEvent[] = [];
      calls.on((event) => events.push(event));
      await calls.settle(operation);
      expect(breaker.state).toBe('open');
      expect(events.find(({ type }) => type === 'call')).toMatchObject({ outcome: 'timeout' });
    },
  );

  it("an aggressive one ends with cockatiel's own error at once", async () => {
    const calls = pipeline('calls', fromCockatiel(cockatiel.timeout(5, Aggressive)), bulkhead());
    await expect(calls.execute(never)).rejects.toThrow(cockatiel.TaskCancelledError);
  });

  it('merged policies: a retry around a timeout, a fallback, a bulkhead with a queue', async () => {
    const own = new Error('stopped');
    const { seen, operation } = listening(() => own);
    const attempts = cockatiel.retry(cockatiel.handleAll, {
      maxAttempts: 2,
      backoff: new cockatiel.ConstantBackoff(0),
    });
    const slow = cockatiel.timeout(5, Cooperative);
    const merged = pipeline('calls', fromCockatiel(cockatiel.wrap(attempts, slow)));
    await expect(merged.execute(operation)).rejects.toBe(own);
    expect(seen.calls).toBe(3);

    const standIn = cockatiel.fallback(cockatiel.handleAll, 'stand-in');
    const answered = pipeline('calls', fromCockatiel(cockatiel.wrap(standIn, slow)));
    expect(await answered.execute(operation)).toBe('stand-in');

    const queued = pipeline('calls', fromCockatiel(cockatiel.wrap(slow, cockatiel.bulkhead(1, 1))));
    const outcomes: string[] = [];
    queued.on('call', ({ outcome }) => outcomes.push(outcome));
    const first = queued.settle(() => sleep(30, 'late'));
    const second = queued.settle(() => 1);
    expect(await first).toEqual({ status: 'fulfilled', value: 'late' });
    expect(await second).toMatchObject({ reason: { message: 'Operation cancelled' } });
    expect(outcomes).toEqual(['success', 'timeout']);
  });
});
