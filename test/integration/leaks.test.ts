import { getEventListeners } from 'node:events';
import { bulkhead, circuitBreaker, fallback, pipeline, retry, timeout } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Built, build } from '../cli/built.js';
import { deferred, never, turn } from '../pipeline/support/deferred.js';
import { type Ended, runWith } from './support/alive.js';

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);

beforeAll(() => void process.on('unhandledRejection', note));
afterAll(() => void process.off('unhandledRejection', note));

async function heap(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    await turn();
    (globalThis as unknown as { gc(): void }).gc();
  }
  return process.memoryUsage().heapUsed;
}

const layers = () => [
  fallback('else', { handle: () => false }),
  timeout('10s'),
  retry({ maxRetries: 1, initialDelay: 0, maxDelay: 0, budget: false }),
  circuitBreaker({ failureRate: 1, consecutiveFailures: false }),
  timeout('1s'),
  bulkhead(),
];

describe('a long-lived signal', () => {
  it.each([
    ['succeed', () => Promise.resolve(1)],
    ['return at once', () => 1],
    ['fail and are retried', () => Promise.reject(new Error('no'))],
  ])(
    'G6: has no listener left, and no heap grows, after 100,000 calls that %s',
    {
      timeout: 60_000,
    },
    async (_how, operation) => {
      const caller = new AbortController();
      const calls = pipeline('calls', ...layers());
      const many = async (times: number): Promise<void> => {
        for (let i = 0; i < times; i++) await calls.settle(operation, { signal: caller.signal });
      };
      await many(5_000);
      const before = await heap();
      await many(100_000);
      expect(getEventListeners(caller.signal, 'abort')).toEqual([]);
      expect((await heap()) - before).toBeLessThan(1_000_000);
    },
  );

  it('G6: nor after calls that read their own signal', async () => {
    const caller = new AbortController();
    const calls = pipeline('calls', timeout('1s'));
    let last: AbortSignal | undefined;
    for (let i = 0; i < 1_000; i++) {
      await calls.execute(
        ({ signal }) => {
          last = signal;
          signal.addEventListener('abort', () => {});
        },
        { signal: caller.signal },
      );
    }
    expect(getEventListeners(caller.signal, 'abort')).toEqual([]);
    caller.abort();
    expect(last?.aborted).toBe(false);
  });
});

describe('an abandoned attempt', () => {
  it('G9: that rejects late is never an unhandled rejection', async () => {
    const clock = new VirtualClock();
    const calls = pipeline({ name: 'calls', clock }, ...layers());
    const late = Array.from({ length: 3 }, () => deferred());
    let attempt = 0;
    const call = calls.settle(() => late[attempt++]?.promise);
    await clock.advance('20s');
    expect((await call).status).toBe('rejected');
    expect(attempt).toBe(2);
    const caller = new AbortController();
    const aborted = calls.settle(() => late[2]?.promise, { signal: caller.signal });
    caller.abort();
    expect((await aborted).status).toBe('rejected');
    for (const { reject } of late) reject(new Error('late'));
    await turn();
    await turn();
    expect(unhandled).toEqual([]);
  });

  it('G9: that resolves late gives its result to the discard hook and to nobody else', async () => {
    const clock = new VirtualClock();
    const discarded: unknown[] = [];
    const calls = pipeline(
      { name: 'calls', clock, discard: (value) => discarded.push(value) },
      timeout('1s'),
    );
    const late = deferred();
    const call = calls.settle(() => late.promise);
    await clock.advance('1s');
    const result = await call;
    late.resolve('late');
    await turn();
    expect(discarded).toEqual(['late']);
    expect(result.status).toBe('rejected');
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('in the hook');
      },
    ],
    ['rejects', () => Promise.reject(new Error('in the hook'))],
    ['never settles', never],
  ])('G9: may be discarded by a hook that %s', async (_how, discard) => {
    const clock = new VirtualClock();
    const calls = pipeline({ name: 'calls', clock, discard }, timeout('1s'));
    const late = deferred();
    const call = calls.settle(() => late.promise);
    await clock.advance('1s');
    expect((await call).status).toBe('rejected');
    late.resolve('late');
    await turn();
    expect(unhandled).toEqual([]);
    expect(await calls.execute(() => 'next')).toBe('next');
  });

  it('G9: an execute whose promise nobody handles is an unhandled rejection, once', async () => {
    void pipeline('calls').execute(() => Promise.reject(new Error('nobody looks')));
    await turn();
    await turn();
    expect(unhandled.splice(0)).toHaveLength(1);
  });
});

describe('a process', () => {
  let built: Built;
  const run = (script: string): Promise<Ended> => runWith(built.file('index.js'), script);

  beforeAll(async () => {
    built = await build();
  }, 180_000);
  afterAll(() => built.remove());

  const took = ({ output }: Ended): number => Number(/ended after (\d+)/.exec(output)?.[1]);
  const all = `holdfast.fallback('else'), holdfast.timeout('20s'), holdfast.retry(),
    holdfast.circuitBreaker(), holdfast.timeout('10s'), holdfast.bulkhead({ maxQueued: 5, maxWait: '9s' })`;

  it('G8: ends at once when a pipeline is idle', async () => {
    const ended = await run(`
      const calls = holdfast.pipeline('calls', ${all});
      const byKey = holdfast.keyed(calls);
      await calls.execute(async () => 1);
      await byKey.execute('a', async () => 1);`);
    expect(ended.code).toBe(0);
    expect(took(ended)).toBeLessThan(1_000);
  }, 180_000);

  it('G8: ends at once after a hundred thousand calls, although timers were armed', async () => {
    const ended = await run(`
      const calls = holdfast.pipeline('calls', ${all});
      for (let i = 0; i < 100_000; i++) await calls.execute(async () => 1);
      console.log('done after', Math.round(performance.now() - start));`);
    const done = Number(/done after (\d+)/.exec(ended.output)?.[1]);
    expect(ended.code).toBe(0);
    expect(took(ended) - done).toBeLessThan(1_000);
  }, 180_000);

  it('G8: lives while a call with a timeout is pending', async () => {
    const ended = await run(`
      const calls = holdfast.pipeline('calls', holdfast.timeout(400));
      calls.execute(() => new Promise(() => {})).catch((error) => console.log(error.code));`);
    expect(ended.output).toContain('ERR_TIMEOUT');
    expect(took(ended)).toBeGreaterThanOrEqual(395);
  }, 180_000);

  it('G8: lives while a call waits for its retry', async () => {
    const ended = await run(`
      const calls = holdfast.pipeline('calls',
        holdfast.retry({ maxRetries: 1, initialDelay: 300, jitter: 'none' }));
      let runs = 0;
      calls.execute(() => { if (++runs === 1) throw new Error('no'); return 'retried'; }).then(console.log);`);
    expect(ended.output).toContain('retried');
    expect(took(ended)).toBeGreaterThanOrEqual(295);
  }, 180_000);

  it('G9: sees no unhandled rejection of an abandoned attempt', async () => {
    const ended = await run(`
      const calls = holdfast.pipeline('calls', holdfast.timeout(20));
      await calls.settle(() => new Promise((_, reject) => setTimeout(reject, 60, new Error('late'))));
      await new Promise((resolve) => setTimeout(resolve, 100));`);
    expect(ended.output).not.toContain('unhandled');
    expect(ended.code).toBe(0);
  }, 180_000);
});
