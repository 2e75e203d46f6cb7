import { createHook } from 'node:async_hooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

beforeEach(() => vi.resetModules());
afterEach(() => vi.unstubAllGlobals());

async function systemTime() {
  const { timeSourceOf } = await import('../../src/time/time-source.js');
  const { systemClock } = await import('../../src/time/clock.js');
  return timeSourceOf(systemClock);
}

async function timersOfThree(): Promise<number> {
  const time = await systemTime();
  let count = 0;
  const hook = createHook({
    init: (_id, type) => {
      if (type === 'Timeout') count++;
    },
  });
  const queue = time.deadlines(60_000);
  hook.enable();
  const all = [1, 2, 3].map((each) => queue.add({ onDeadline: () => {} }, each, 0));
  hook.disable();
  for (const each of all) queue.remove(each);
  return count;
}

describe('a host on which timers belong to a request', () => {
  it.each([
    ['workerd', 'WebSocketPair', class {}],
    ['an edge runtime', 'EdgeRuntime', 'edge-runtime'],
  ])(
    '%s: each deadline has a timer of its own, and nothing ticks',
    async (_name, global, value) => {
      vi.stubGlobal(global, value);
      expect(await timersOfThree()).toBe(3);
      const time = await systemTime();
      for (let i = 0; i < 100; i++) time.recent();
      expect(time.ticking).toBe(false);
      expect(time.bound).toBe(true);
    },
  );

  it('is not Node: all deadlines share a timer, and one looks whether the event loop turns', async () => {
    expect(await timersOfThree()).toBe(2);
    expect((await systemTime()).bound).toBe(false);
  });
});
