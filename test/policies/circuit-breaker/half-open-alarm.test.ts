import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it, vi } from 'vitest';
import type { CircuitBreakerOptions, Clock } from '../../../src/index.js';
import { circuitBreaker, keyed, pipeline, systemClock } from '../../../src/index.js';
import { VirtualClock } from '../../../src/testing/index.js';
import { DOWN, harness, PLAIN, PLAIN_RULES } from './support.js';

/** A virtual clock that tells of its timers, and can have them come early. */
class WatchedClock implements Clock {
  readonly virtual = new VirtualClock();
  readonly timers = new Set<unknown>();
  unrefs = 0;
  earlyMs = 0;

  now = () => this.virtual.now();
  wallNow = () => this.virtual.wallNow();

  setTimer(callback: () => void, delayMs: number): unknown {
    const inner = this.virtual.setTimer(() => {
      this.timers.delete(timer);
      callback();
    }, delayMs - this.earlyMs);
    this.earlyMs = 0;
    const timer = { inner, unref: () => this.unrefs++ };
    this.timers.add(timer);
    return timer;
  }

  clearTimer(timer: unknown): void {
    if (!this.timers.delete(timer)) throw new Error('cleared a timer that does not run');
    this.virtual.clearTimer((timer as { readonly inner: unknown }).inner);
  }
}

function made(options: CircuitBreakerOptions = {}) {
  const clock = new WatchedClock();
  const breaker = circuitBreaker({
    ...PLAIN,
    ...PLAIN_RULES,
    announceHalfOpen: true,
    ...options,
  });
  const calls = pipeline({ name: 'calls', clock }, breaker);
  const states: string[] = [];
  const listen = () =>
    calls.on('transition', ({ to, enforced }) => {
      states.push(`${to}${enforced ? '' : ', not enforced'}`);
    });
  const fail = async (times = 1) => {
    for (let i = 0; i < times; i++) await calls.settle(() => Promise.reject(DOWN));
  };
  return { breaker, calls, clock, fail, listen, states };
}

/** B7: a listener hears of half-open when its time comes, if it asks for it. */
describe('circuitBreaker: announceHalfOpen', () => {
  it('B7: reports half-open when its time comes, and never before', async () => {
    const { breaker, clock, fail, listen, states } = made();
    listen();
    await fail(5);
    await clock.virtual.advance(4_999);
    expect(states).toEqual(['open']);
    await clock.virtual.advance(1);
    expect(states).toEqual(['open', 'half_open']);
    expect(clock.timers.size).toBe(0);
    // And at the next opening as well.
    await fail();
    await clock.virtual.advance(10_000);
    expect(states).toEqual(['open', 'half_open', 'open', 'half_open']);
    expect(breaker.state).toBe('half_open');
    expect(clock.unrefs).toBe(2);
  });

  it('B7: unless asked, nobody hears of it, and there is no timer', async () => {
    const { clock, fail, listen, states } = made({ announceHalfOpen: undefined });
    listen();
    await fail(5);
    expect(clock.timers.size).toBe(0);
    await clock.virtual.advance(60_000);
    expect(states).toEqual(['open']);
  });

  it('B7: a timer runs only while it is open and somebody listens', async () => {
    const { breaker, calls, clock, fail, listen, states } = made();
    await fail(5);
    expect(clock.timers.size).toBe(0);
    const remove = listen();
    expect(clock.timers.size).toBe(1);
    const second = listen();
    remove();
    expect(clock.timers.size).toBe(1);
    second();
    second();
    expect(clock.timers.size).toBe(0);
    listen();
    expect(clock.timers.size).toBe(1);
    calls.dispose();
    expect(clock.timers.size).toBe(0);
    await clock.virtual.advance(5_000);
    expect(breaker.state).toBe('half_open');
    expect(states).toEqual([]);
  });

  it('B7: one timer serves all who listen, until the last of them has left', () => {
    const { breaker, clock } = made();
    breaker.trip();
    const [one, other] = [breaker.subscribe(() => {}), breaker.subscribe(() => {})];
    other();
    other();
    expect([clock.timers.size, clock.unrefs]).toEqual([1, 1]);
    one();
    expect([clock.timers.size, clock.unrefs]).toEqual([0, 1]);
  });

  it('B7: nor is one left by isolate(), reset(), or who looks first', async () => {
    for (const by of ['isolate', 'reset', 'snapshot'] as const) {
      const { breaker, clock, listen, states } = made();
      listen();
      breaker.trip();
      expect(clock.timers.size).toBe(1);
      // Not by its timer: by who looks, at the very moment.
      const timer = clock.virtual.setTimer(() => {}, 4_000);
      await clock.virtual.advance(4_000);
      clock.virtual.clearTimer(timer);
      if (by === 'snapshot') {
        clock.now = () => clock.virtual.now() + 1_000;
        expect(breaker.snapshot().state).toBe('half_open');
      } else breaker[by]();
      expect(clock.timers.size).toBe(0);
      await clock.virtual.advance(60_000);
      expect(states.slice(1)).toEqual([
        { isolate: 'isolated', reset: 'closed', snapshot: 'half_open' }[by],
      ]);
    }
  });

  it('B7: a timer that comes early is set again', async () => {
    const { clock, fail, listen, states } = made();
    listen();
    clock.earlyMs = 1;
    await fail(5);
    await clock.virtual.advance(4_999);
    expect(states).toEqual(['open']);
    expect(clock.timers.size).toBe(1);
    await clock.virtual.advance(1);
    expect(states).toEqual(['open', 'half_open']);
  });

  it('B7: a breaker that goes on from a snapshot reports it, too', async () => {
    const before = harness();
    await before.fail(5);
    const initialState = before.breaker.snapshot();
    const { breaker, clock, listen, states } = made({ initialState });
    listen();
    expect(clock.timers.size).toBe(1);
    await clock.virtual.advance(5_000);
    expect(states).toEqual(['half_open']);
    expect(breaker.state).toBe('half_open');
  });

  it('B7: every pipeline that shares it hears of it once, in order', async () => {
    const { breaker, clock, listen, states } = made();
    listen();
    const other = pipeline({ name: 'other', clock }, breaker);
    const heard: string[] = [];
    other.on('transition', ({ from, to, reason, pipeline: name }) => {
      heard.push(`${name}: ${from} > ${to}, ${reason}`);
    });
    breaker.trip();
    expect(clock.timers.size).toBe(1);
    await clock.virtual.advance(5_000);
    expect(states).toEqual(['open', 'half_open']);
    expect(heard).toEqual([
      'other: closed > open, tripped',
      'other: open > half_open, open_elapsed',
    ]);
  });

  it('B7: of each key, in keyed pipelines', async () => {
    const clock = new VirtualClock();
    const hosts = keyed(
      pipeline(
        { name: 'hosts', clock },
        circuitBreaker({ ...PLAIN, ...PLAIN_RULES, announceHalfOpen: true }),
      ),
    );
    const heard: string[] = [];
    hosts.on('transition', ({ key, to }) => {
      heard.push(`${key} ${to}`);
    });
    for (const key of ['a', 'b']) {
      for (let i = 0; i < 5; i++) await hosts.settle(key, () => Promise.reject(DOWN));
      await clock.advance(1_000);
    }
    await clock.advance(5_000);
    expect(heard).toEqual(['a open', 'b open', 'a half_open', 'b half_open']);
  });

  it('B7: nor is a timer left in keyed pipelines that nobody listens to any more', async () => {
    const clock = new VirtualClock();
    const options = { ...PLAIN, ...PLAIN_RULES, announceHalfOpen: true };
    const hosts = keyed(pipeline({ name: 'hosts', clock }, circuitBreaker(options)));
    const leave = [hosts.on('transition', () => {}), hosts.get('a').on('retry', () => {})];
    for (const key of ['a', 'b']) {
      for (let i = 0; i < 5; i++) await hosts.settle(key, () => Promise.reject(DOWN));
    }
    expect(clock.pending).toBe(2);
    for (const each of leave) each();
    expect(clock.pending).toBe(0);
    hosts.on('transition', () => {});
    expect(clock.pending).toBe(2);
    hosts.dispose();
    expect(clock.pending).toBe(0);
  });

  it('G14: is told in the context in which the breaker was made, and not in that of the call that opened it', async () => {
    const store = new AsyncLocalStorage<string>();
    const told: unknown[] = [];
    const [alone, keys] = store.run('the start', () => {
      const options = { ...PLAIN, consecutiveFailures: 1, openFor: 10, announceHalfOpen: true };
      const make = () => pipeline('calls', circuitBreaker(options));
      return [make(), keyed(make())];
    });
    for (const made of [() => alone, () => keys.get('a')]) {
      await store.run('a call', async () => {
        const calls = made();
        const half = new Promise<void>((resolve) => {
          calls.on('transition', ({ to, callId }) => {
            told.push([to, store.getStore(), callId === undefined]);
            if (to === 'half_open') resolve();
          });
        });
        await calls.settle(() => Promise.reject(DOWN));
        await half;
      });
    }
    const opened = ['open', 'a call', false];
    const announced = ['half_open', 'the start', true];
    expect(told).toEqual([opened, announced, opened, announced]);
  });

  it('B7: a listener that moves it in turn finds no timer of an earlier opening', async () => {
    const { breaker, calls, clock, states, listen } = made({ openFor: 1_000 });
    listen();
    calls.on('transition', ({ to }) => {
      if (to === 'half_open' && states.length < 4) breaker.trip();
    });
    breaker.trip();
    expect(clock.timers.size).toBe(1);
    await clock.virtual.advance(1_000);
    expect(states).toEqual(['open', 'half_open', 'open']);
    expect(clock.timers.size).toBe(1);
    await clock.virtual.advance(2_000);
    expect(clock.timers.size).toBe(states.at(-1) === 'open' ? 1 : 0);
  });

  it('B7, B11: in a dry run as well, and says that nothing was enforced', async () => {
    const { clock, fail, listen, states } = made({ dryRun: true });
    listen();
    await fail(5);
    await clock.virtual.advance(5_000);
    expect(states).toEqual(['open, not enforced', 'half_open, not enforced']);
  });

  it.each([
    ['of the host', '1m'],
    ['longer than those of the host', 2 ** 32],
  ] as const)('G8: its timer, one %s, keeps no process alive', (_which, openFor) => {
    const set = vi.spyOn(systemClock, 'setTimer');
    const active = () =>
      process.getActiveResourcesInfo().filter((type) => type === 'Timeout').length;
    const before = active();
    const breaker = circuitBreaker({ announceHalfOpen: true, openFor });
    const calls = pipeline('calls', breaker);
    calls.on('transition', () => {});
    breaker.trip();
    expect(set).toHaveBeenCalledTimes(1);
    expect(active()).toBe(before);
    calls.dispose();
    set.mockRestore();
  });
});
