import { afterEach, describe, expect, it, vi } from 'vitest';
import { fakesNow } from '../../src/time/fakes.js';

/** Fakes are told by what they leave in the globals: here each kind as a double of what they leave. */

const { setTimeout: host, clearTimeout: clearHost } = globalThis;

/** Timers of somebody's own. */
function ownTimers(handle: (callback: () => void) => unknown, more: object = {}) {
  vi.stubGlobal('setTimeout', Object.assign(handle, more));
}

afterEach(() => {
  // Spies lie above the rest.
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
  vi.resetModules();
});

describe('fakes', () => {
  it('are none by default', () => {
    expect(fakesNow()).toBeUndefined();
  });

  it.each([
    ['performance', { performance: { now: () => 7 }, hrtime: () => [1, 2], now: 9 }, 7],
    ['hrtime, in its absence', { hrtime: () => [1, 500_000], now: 9 }, 1_000.5],
    ['the date, in the absence of both', { now: 9 }, 9],
  ])('of sinon show %s', (_, clock, time) => {
    ownTimers(() => ({}), { clock });
    expect(fakesNow()).toMatchObject({ timers: true });
    expect(fakesNow()?.time?.read()).toBe(time);
  });

  it('of sinon say what they fake, also below a spy', () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    expect(fakesNow()?.timers).toBe(false);
    vi.useFakeTimers({ toFake: ['setTimeout', 'Date'] });
    vi.spyOn(globalThis, 'setTimeout');
    expect(fakesNow()?.timers).toBe(true);
  });

  it('of Jest in its legacy form show the time where jest is in scope', () => {
    const fake = { getMockImplementation: () => ({ name: 'bound _fakeSetTimeout' }) };
    ownTimers(() => ({}), fake);
    expect(fakesNow()).toEqual({ timers: true, time: undefined });
    vi.stubGlobal('jest', {});
    expect(fakesNow()).toEqual({ timers: true, time: undefined });
    vi.stubGlobal('jest', { now: () => 42 });
    expect(fakesNow()?.time?.read()).toBe(42);
  });

  it('of node:test whose timers do not say when they are due show no time', () => {
    const createTimer = () =>
      Object.defineProperty(() => ({}), 'name', { value: 'bound #createTimer' });
    ownTimers(createTimer());
    vi.stubGlobal('clearTimeout', () => {});
    expect(fakesNow()).toEqual({ timers: true, time: undefined });
    vi.spyOn(globalThis, 'setTimeout');
    vi.stubGlobal('clearTimeout', createTimer());
    expect(fakesNow()).toEqual({ timers: true, time: undefined });
  });

  it("of somebody's own follow their Date", () => {
    ownTimers(() => ({}));
    vi.stubGlobal('clearTimeout', () => {});
    expect(fakesNow()).toEqual({ timers: true, time: undefined });
    vi.spyOn(Date, 'now').mockReturnValue(1_234);
    expect(fakesNow()?.time?.read()).toBe(1_234);
  });

  it('that answer numbers, as all do in browsers, are known by their clock alone', () => {
    vi.stubGlobal('clearTimeout', () => {});
    ownTimers(() => 1);
    expect(fakesNow()).toBeUndefined();
    vi.spyOn(Date, 'now').mockReturnValue(1_234);
    expect(fakesNow()).toMatchObject({ timers: true });
  });

  it('are not what wraps real timers, whatever the date', () => {
    ownTimers((callback) => host(callback, 0));
    expect(fakesNow()).toBeUndefined();
    vi.spyOn(Date, 'now').mockReturnValue(1_234);
    expect(fakesNow()).toBeUndefined();
    vi.spyOn(performance, 'now').mockReturnValue(5);
    expect(fakesNow()).toMatchObject({ timers: false });
  });

  it('that do not know null for a timer', () => {
    ownTimers(() => null);
    expect(fakesNow()?.timers).toBe(true);
  });
});

describe('fakes that were there before the library', () => {
  async function load() {
    vi.resetModules();
    return (await import('../../src/time/clock.js')).systemClock;
  }

  it('G13: are followed, and so is real time when they are gone', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
    const clock = await load();
    const start = clock.now();
    vi.advanceTimersByTime(60_000);
    expect(clock.now() - start).toBe(60_000);
    vi.useRealTimers();
    const real = clock.now();
    expect(real).toBeGreaterThanOrEqual(start + 60_000);
    await new Promise<void>((resolve) => clock.setTimer(resolve, 20));
    expect(clock.now() - real).toBeGreaterThanOrEqual(19);
    expect(clock.now() - real).toBeLessThan(10_000);
  });

  it('leave timers that can be cleared, each by its own', async () => {
    const clock = await load();
    const real = host(() => {}, 60_000);
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const fired = vi.fn();
    const faked = clock.setTimer(fired, 50);
    clock.clearTimer(faked);
    vi.advanceTimersByTime(100);
    expect(fired).not.toHaveBeenCalled();
    vi.useFakeTimers();
    clock.clearTimer(real);
    vi.useRealTimers();
    // What is cleared is out of the host's list.
    expect((real as unknown as { _destroyed: boolean })._destroyed).toBe(true);
    clearHost(real);
  });
});
