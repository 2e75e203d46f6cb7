import { BulkheadFullError, bulkhead, pipeline, retry, timeout } from 'holdfast';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fakers } from './support/fakers.js';
import { follow } from './support/rig.js';

/** Fake timers of whatever kind drive the system clock, with no configuration. */

const never = () => new Promise<never>(() => {});
const boom = new Error('boom');

describe.each(fakers)('$name', ({ install, advance, restore }) => {
  afterEach(restore);

  it('T1: a timeout expires exactly at its time', async () => {
    install();
    const calls = pipeline('faked', timeout('5s'));
    for (let i = 0; i < 3; i++) {
      const ended = follow(calls.execute(never));
      await advance(4_999);
      expect(ended.now).toEqual({ is: 'pending' });
      await advance(1);
      expect(ended.now).toMatchObject({ is: 'rejected', error: { timeoutMs: 5_000 } });
    }
  });

  it('T1: so does each of many, and nested ones', async () => {
    install();
    const calls = pipeline('faked', timeout('5s'), timeout('3s'));
    const ended = follow(calls.execute(never));
    await advance(3_000);
    expect(ended.now).toMatchObject({ is: 'rejected', error: { timeoutMs: 3_000 } });
  });

  it('R3: retries come exactly after their backoff', async () => {
    install();
    const calls = pipeline('faked', retry({ initialDelay: '1s', jitter: 'none' }), timeout('10s'));
    const operation = vi.fn(() => Promise.reject(boom));
    const ended = follow(calls.execute(operation));
    for (const [ms, made] of [
      [0, 1],
      [999, 1],
      [1, 2],
      [1_999, 2],
      [1, 3],
      [3_999, 3],
      [1, 4],
    ] as const) {
      await advance(ms);
      expect(operation).toHaveBeenCalledTimes(made);
    }
    expect(ended.now).toEqual({ is: 'rejected', error: boom });
  });

  it('T2: the operation sees its deadline, and a call that ends in time leaves no timer', async () => {
    install();
    const calls = pipeline('faked', timeout('5s'));
    const left = await calls.execute(({ timeLeft }) => timeLeft);
    expect(left).toBeGreaterThan(4_000);
    expect(left).toBeLessThanOrEqual(5_000);
    await advance(10_000);
  });

  it('Q2: maxWait ends exactly', async () => {
    install();
    const calls = pipeline('faked', bulkhead({ maxConcurrent: 1, maxQueued: 1, maxWait: '2s' }));
    void calls.execute(never);
    const ended = follow(calls.execute(never));
    await advance(1_999);
    expect(ended.now).toEqual({ is: 'pending' });
    await advance(1);
    expect(ended.now).toMatchObject({ is: 'rejected', error: expect.any(BulkheadFullError) });
  });
});
