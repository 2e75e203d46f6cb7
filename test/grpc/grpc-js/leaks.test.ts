import type { ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { errorOf, Stage, unary } from './harness.js';

type Unary = (call: ServerUnaryCall<string, string>, answer: sendUnaryData<string>) => void;

const stage = new Stage();
afterEach(() => stage.down());

async function heap(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    await new Promise<void>((resolve) => setImmediate(resolve));
    (globalThis as unknown as { gc(): void }).gc();
  }
  return process.memoryUsage().heapUsed;
}

/** 100 bytes a call. */
const MOST_BYTES = 1_000_000;

const timers = (): number =>
  process.getActiveResourcesInfo().filter((each) => each === 'Timeout').length;

describe('after many calls', () => {
  it('W10: 10,000 calls leave no timer, nothing in flight, and no heap', {
    timeout: 300_000,
  }, async () => {
    let calls = 0;
    const handler: Unary = (call, answer) => {
      // One in ten fails at first.
      if (call.request === '0' && ++calls % 2 === 1) answer({ code: status.UNAVAILABLE });
      else answer(null, call.request);
    };
    const { address } = await stage.serve({ unary: handler });
    const client = stage.client(address, {
      policies: { retry: { initialDelay: 0, maxDelay: 0, budget: false }, circuitBreaker: false },
    });
    const many = async (times: number): Promise<void> => {
      for (let i = 0; i < times; i += 20) {
        const batch = Array.from({ length: 20 }, (_, at) => unary(client, `${(i + at) % 10}`));
        await Promise.all(batch);
      }
    };
    await many(1_000);
    const timersBefore = timers();
    // What leaks does so in each round. What is compiled, or counted for coverage, grows in the first one.
    let growth = Infinity;
    for (let round = 0; round < 3 && growth >= MOST_BYTES; round++) {
      const before = await heap();
      await many(10_000);
      growth = (await heap()) - before;
    }
    expect(growth).toBeLessThan(MOST_BYTES);
    expect(timers()).toBeLessThanOrEqual(timersBefore + 1);
    const [state] = Object.values(client.interceptor.snapshot());
    expect(state?.inFlight).toBe(0);
    expect(await client.interceptor.drain(0)).toMatchObject({ inFlight: 0, streams: 0 });
    expect((await errorOf(unary(client, 'x'))).code).toBe(status.UNAVAILABLE);
  });
});
