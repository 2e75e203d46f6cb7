import { getEventListeners } from 'node:events';
import type { Duration } from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';

const CALLS = 50;

const tick = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve));

async function collect(done: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !done(); i++) {
    // Whatever a WeakRef was asked for stays until the next tick.
    await tick();
    (globalThis as unknown as { gc(): void }).gc();
    await tick();
  }
}

/**
 * What guards a body kept its Response in memory, and so its connection, until the deadline: without one for as long as the
 * caller's signal was there.
 */
describe('responses that nobody reads', () => {
  const unread = async (bodyTimeout: Duration | false, clock: VirtualClock) => {
    const { signal } = new AbortController();
    const fetch = resilientFetch({
      fetch: async (_url: string, _init?: RequestInit) => new Response('body'),
      bodyTimeout,
      clock,
    });
    const bodies: WeakRef<object>[] = [];
    for (let i = 0; i < CALLS; i++) {
      const { body } = await fetch('http://a.example/', { signal });
      bodies.push(new WeakRef(body as object));
    }
    // The last ones may still be on the stack.
    for (let i = 0; i < 5; i++) await (await fetch('http://a.example/')).text();
    const alive = (): number => bodies.filter((ref) => ref.deref() !== undefined).length;
    const listeners = (): number => getEventListeners(signal, 'abort').length;
    return { alive, listeners };
  };

  it.each(['30s', '1h', false] as const)(
    'X7: are collected as garbage, with a body timeout of %s',
    async (bodyTimeout) => {
      const { alive } = await unread(bodyTimeout, new VirtualClock());
      await collect(() => alive() === 0);
      expect(alive()).toBeLessThanOrEqual(1);
    },
  );

  it.each(['1h', false] as const)(
    'X7: leave no timer and no listener, with a body timeout of %s',
    async (bodyTimeout) => {
      const clock = new VirtualClock();
      const { listeners } = await unread(bodyTimeout, clock);
      expect(listeners()).toBe(1);
      await collect(() => listeners() === 0 && clock.pending === 0);
      expect([listeners(), clock.pending]).toEqual([0, 0]);
    },
  );
});
