import { DiagLogLevel, diag } from '@opentelemetry/api';
import {
  ConstantBackoff,
  DelegateBackoff,
  ExponentialBackoff,
  IterableBackoff,
  noJitterGenerator,
} from 'cockatiel';
import { ConstantBackoff as ConstantBackoff4 } from 'cockatiel4';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { CircuitBreakerOptions, Opening } from '../../../src/index.js';
import {
  ConfigError,
  ConsecutiveBreaker,
  circuitBreaker,
  keyed,
  pipeline,
} from '../../../src/index.js';
import { OwnStays } from '../../../src/policies/circuit-breaker/own-open-for.js';
import { VirtualClock } from '../../../src/testing/index.js';
import { DOWN, harness, PLAIN, PLAIN_RULES } from './support.js';

/** With the longest stay of the plain numbers only where a test sets one. */
const own = (openFor: CircuitBreakerOptions['openFor'], options: CircuitBreakerOptions = {}) =>
  harness({ maxOpenFor: undefined, openFor, ...options });

/** Opens it, and then again by a failed probe each time, and tells how long for. */
async function staysOf(openFor: CircuitBreakerOptions['openFor'], openings: number) {
  const { breaker, clock, fail } = own(openFor, { probes: 1, random: () => 0 });
  const stays: number[] = [];
  await fail(5);
  for (let i = 0; i < openings; i++) {
    const left = (breaker.snapshot().openUntil ?? Number.NaN) - clock.wallNow();
    stays.push(left);
    await clock.advance(left);
    await fail();
  }
  return stays;
}

const about = (failure: unknown = DOWN): Opening => ({
  reason: 'failure_rate',
  failure,
  failureRate: 1,
});

afterEach(() => diag.disable());

describe('circuitBreaker: an openFor of the user', () => {
  it('B5: a function is asked at each opening, and its answer taken as it is', async () => {
    expect(await staysOf((opening) => opening * 1_000, 4)).toEqual([1_000, 2_000, 3_000, 4_000]);
    expect(await staysOf(() => '1.5s', 2)).toEqual([1_500, 1_500]);
    expect(await staysOf(() => 3_600_000, 2)).toEqual([3_600_000, 3_600_000]);
  });

  it('B5: a backoff of cockatiel is, too', async () => {
    expect(await staysOf(new ConstantBackoff(700), 3)).toEqual([700, 700, 700]);
    expect(await staysOf(new ConstantBackoff4(700), 3)).toEqual([700, 700, 700]);
    expect(await staysOf(new IterableBackoff([100, 200, 400]), 5)).toEqual([
      100, 200, 400, 400, 400,
    ]);
    const exponential = new ExponentialBackoff({
      initialDelay: 100,
      maxDelay: 1_000,
      generator: noJitterGenerator,
    });
    expect(await staysOf(exponential, 5)).toEqual([100, 200, 400, 800, 1_000]);
    // As cockatiel's own breaker does, it tells which opening it is, and of which failure.
    const told: unknown[] = [];
    const delegate = new DelegateBackoff((context) => {
      const { attempt, result, signal } = context as Parameters<
        Extract<CircuitBreakerOptions['openFor'], { next: unknown }>['next']
      >[0];
      told.push([attempt, result, signal.aborted]);
      return 500;
    });
    expect(await staysOf(delegate, 2)).toEqual([500, 500]);
    expect(told.slice(0, 2)).toEqual([
      [1, { error: DOWN }, false],
      [2, { error: DOWN }, false],
    ]);
    // Opened by hand, there is no failure.
    own(delegate).breaker.trip();
    expect(told.at(-1)).toEqual([
      1,
      { error: new Error('the circuit breaker opened: tripped') },
      false,
    ]);
  });

  it('B5: it is told why, of which failure, and at which rate', async () => {
    const told: unknown[] = [];
    const { breaker, clock, calls, fail, succeed, start } = own(
      (opening, { reason, failure, failureRate }) => {
        told.push([opening, reason, failure, failureRate]);
        return 1_000;
      },
      { minimumCalls: 4, probes: 4, probeSuccessRate: 0.5, probeTimeout: '5s' },
    );
    await succeed(1);
    await fail(3);
    await clock.advance(1_000);
    // One of four succeeds: with the third that fails, half of them cannot any more.
    await succeed(1);
    await fail(3);
    await clock.advance(1_000);
    // Probes that hang have no failure to tell of.
    const hung = [start(), start(), start()];
    await clock.advance(5_000);
    expect(breaker.state).toBe('open');
    await clock.advance(1_000);
    await succeed(2);
    breaker.trip();
    breaker.reset();
    await calls.settle(() => Promise.reject(DOWN));
    breaker.trip();
    expect(told).toEqual([
      [1, 'failure_rate', DOWN, 0.75],
      [2, 'probe_failed', DOWN, 0.75],
      [3, 'probe_failed', undefined, 1],
      [1, 'tripped', undefined, undefined],
      [1, 'tripped', undefined, 1],
    ]);
    for (const call of hung) await call.succeed();
  });

  it('B5: of a breaker of cockatiel there is no rate', async () => {
    const told: unknown[] = [];
    const { fail } = own(
      (opening, { reason, failureRate }) => {
        told.push([opening, reason, failureRate]);
        return 1_000;
      },
      { breaker: new ConsecutiveBreaker(2) },
    );
    await fail(2);
    expect(told).toEqual([[1, 'breaker', undefined]]);
  });

  it('B5: only a longest stay that is given bounds it, and a server can lengthen it', async () => {
    const bounded = own(() => '1h', { maxOpenFor: '10s' });
    await bounded.fail(5);
    expect(bounded.breaker.snapshot().openUntil).toBe(bounded.clock.wallNow() + 10_000);
    const asked = (retryAfter: number) => Object.assign(new Error('busy'), { retryAfter });
    for (const [retryAfter, stay] of [
      [30_000, 30_000],
      [600_000, 60_000],
      [10, 100],
    ] as const) {
      const { breaker, clock, fail } = own(() => 100);
      await fail(5, asked(retryAfter));
      expect(breaker.snapshot().openUntil).toBe(clock.wallNow() + stay);
    }
  });

  it('B6: without a longest stay a place is a probe’s for a second, or for the time it was open', async () => {
    for (const [stay, place] of [
      [0, 1_000],
      [200, 1_000],
      [3_000, 3_000],
    ] as const) {
      const { clock, fail, start } = own(() => stay, { probes: 1 });
      await fail(5);
      await clock.advance(stay);
      const first = start();
      await clock.advance(place - 1);
      expect([first.ran, start().ran]).toEqual([true, false]);
      await clock.advance(1);
      expect(start().ran).toBe(true);
      await first.succeed();
    }
  });

  it('B5: it counts afresh once it has closed for good, the ramp included, and after reset()', async () => {
    const openings: number[] = [];
    const { breaker, clock, fail, succeed } = own(
      (opening) => {
        openings.push(opening);
        return 100;
      },
      { probes: 1, rampFor: '1s' },
    );
    await fail(5);
    await clock.advance(100);
    await succeed();
    // It ramps: a relapse is the second opening in a row.
    await fail(5);
    await clock.advance(100);
    await succeed();
    await clock.advance(1_000);
    await fail(5);
    breaker.reset();
    await fail(5);
    expect(openings).toEqual([1, 2, 1, 1]);
  });

  it('B5: a backoff starts afresh then, too, and each key has its own', async () => {
    const { breaker, clock, fail, succeed } = own(new IterableBackoff([100, 200, 400]), {
      probes: 1,
    });
    const left = () => (breaker.snapshot().openUntil ?? Number.NaN) - clock.wallNow();
    await fail(5);
    await clock.advance(100);
    await fail();
    expect(left()).toBe(200);
    await clock.advance(200);
    await succeed();
    await fail(5);
    expect(left()).toBe(100);
    breaker.reset();
    breaker.trip();
    expect(left()).toBe(100);

    const stays: (number | undefined)[] = [];
    const hosts = keyed(
      pipeline(
        { name: 'hosts', clock },
        circuitBreaker({
          ...PLAIN,
          ...PLAIN_RULES,
          maxOpenFor: undefined,
          openFor: new IterableBackoff([100, 200]),
        }),
      ),
    );
    hosts.on('transition', ({ openForMs }) => {
      stays.push(openForMs);
    });
    for (const key of ['a', 'b']) {
      for (let i = 0; i < 5; i++) await hosts.settle(key, () => Promise.reject(DOWN));
    }
    expect(stays).toEqual([100, 100]);
  });

  it('B10: a snapshot goes on with the count, and with a time that is longer than any default', async () => {
    const make = (initialState?: CircuitBreakerOptions['initialState'], clock?: VirtualClock) =>
      harness(
        {
          maxOpenFor: undefined,
          openFor: new IterableBackoff([100, 200, 7_200_000]),
          probes: 1,
          initialState,
        },
        clock,
      );
    const before = make();
    await before.fail(5);
    await before.clock.advance(100);
    await before.fail();
    await before.clock.advance(200);
    await before.fail();
    const snapshot = before.breaker.snapshot();
    expect(snapshot).toMatchObject({ state: 'open', openings: 3 });

    const wallStart = before.clock.wallNow();
    const after = make(snapshot, new VirtualClock({ wallStart }));
    expect(after.breaker.snapshot().openUntil).toBe(wallStart + 7_200_000);
    // A wall clock that went back does not lengthen it.
    const early = make(snapshot, new VirtualClock({ wallStart: wallStart - 86_400_000 }));
    await early.clock.advance(7_200_000);
    expect(early.breaker.state).toBe('half_open');

    const earlier = { ...snapshot, openings: 1 };
    const next = make(earlier, new VirtualClock({ wallStart }));
    await next.clock.advance(7_200_000);
    await next.fail();
    expect(next.breaker.snapshot().openUntil).toBe(next.clock.wallNow() + 200);
  });

  it('B10: a backoff is brought up to any number of openings, with no more than a thousand steps', () => {
    const attempts: number[] = [];
    const stays = new OwnStays(
      new DelegateBackoff((context) => {
        attempts.push((context as unknown as { attempt: number }).attempt);
        return attempts.length;
      }),
    );
    expect(stays.next(1_000_000_000, about())).toBe(1_000);
    expect(attempts[0]).toBe(999_999_001);
    expect(attempts.at(-1)).toBe(1_000_000_000);
  });
});

describe('circuitBreaker: an openFor that fails', () => {
  const wrong = [Number.NaN, -1, Infinity, '5 s', undefined, null, {}, Promise.resolve(5)];

  it.each(wrong)(
    'G7: %s is a ConfigError of the call that opened it, and it opens all the same',
    async (answer) => {
      const { breaker, calls, clock, fail, transitions } = own((() => answer) as () => number);
      await fail(4);
      const error = await calls.execute(() => Promise.reject(DOWN)).catch((thrown) => thrown);
      expect(error).toBeInstanceOf(ConfigError);
      expect(error).toMatchObject({
        path: 'circuitBreaker.openFor',
        policy: 'circuitBreaker',
        value: answer,
        cause: DOWN,
      });
      expect(error.message).toMatch(
        /circuitBreaker\.openFor: its result must be a duration: .*returned/,
      );
      expect(transitions()).toEqual(['closed > open: consecutive_failures']);
      expect(breaker.snapshot().openUntil).toBe(clock.wallNow() + 500);
    },
  );

  it('G7: nor does a promise that rejects later go unhandled', async () => {
    const later = (() => Promise.reject(new Error('later'))) as unknown as () => number;
    const { calls, fail } = own(later);
    await fail(4);
    const error = calls.execute(() => Promise.reject(DOWN));
    await expect(error).rejects.toBeInstanceOf(ConfigError);
  });

  it('G4: what it throws ends the call, and it opens all the same, no longer than it may', async () => {
    const fault = new Error('no');
    const { breaker, calls, clock, fail } = own(
      () => {
        throw fault;
      },
      { maxOpenFor: 100 },
    );
    await fail(4);
    await expect(calls.execute(() => Promise.reject(DOWN))).rejects.toBe(fault);
    expect(breaker.snapshot().openUntil).toBe(clock.wallNow() + 100);
    await expect(calls.execute(() => 1)).rejects.toMatchObject({ code: 'ERR_CIRCUIT_OPEN' });
  });

  it('G4: of a backoff, too', async () => {
    const { breaker, fail, calls } = own(new ConstantBackoff(Number.NaN));
    await fail(4);
    await expect(calls.execute(() => Promise.reject(DOWN))).rejects.toBeInstanceOf(ConfigError);
    expect(breaker.state).toBe('open');
  });

  it('G4: trip() throws it; a look at the state reports it', async () => {
    const error = vi.fn();
    const log = { error, warn: vi.fn(), info: vi.fn(), debug: vi.fn(), verbose: vi.fn() };
    diag.setLogger(log, { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true });
    const fault = new Error('no');
    const { breaker, clock, start } = own(
      () => {
        throw fault;
      },
      { probes: 1 },
    );
    expect(() => breaker.trip()).toThrow(fault);
    expect(breaker.state).toBe('open');
    expect(error).not.toHaveBeenCalled();
    await clock.advance(500);
    const hung = start();
    await clock.advance(5_000);
    expect(breaker.state).toBe('open');
    expect(error).toHaveBeenCalledWith('holdfast: circuitBreaker.openFor threw', fault);
    await hung.succeed();
  });

  it('B8: it finds the breaker as it was, and has the last word where it moves it by hand', async () => {
    for (const [by, state, transitions] of [
      ['trip', 'open', ['closed > open: consecutive_failures']],
      ['reset', 'closed', []],
      ['isolate', 'isolated', ['closed > isolated: isolated']],
    ] as const) {
      const seen: unknown[] = [];
      const made = own(() => {
        seen.push(made.breaker.state, made.breaker.snapshot().openings);
        made.breaker[by]();
        return 1_000;
      });
      await made.fail(5);
      expect(seen).toEqual(['closed', 0]);
      expect(made.breaker.state).toBe(state);
      expect(made.transitions()).toEqual(transitions);
    }
  });

  it('G4: what it throws after it has moved it by hand ends the call all the same', async () => {
    const mine = new Error('mine');
    const made = own(() => {
      made.breaker.reset();
      throw mine;
    });
    await made.fail(4);
    expect(await made.calls.settle(() => Promise.reject(DOWN))).toEqual({
      status: 'rejected',
      reason: mine,
    });
    expect(made.breaker.state).toBe('closed');
  });

  it('B8: nor does a look at it while a probe that hung has it open', async () => {
    const seen: unknown[] = [];
    const made = own(
      () => {
        seen.push(made.breaker.state);
        return 1_000;
      },
      { probes: 1 },
    );
    await made.fail(5);
    await made.clock.advance(1_000);
    const hung = made.start();
    await made.clock.advance(5_000);
    expect(made.breaker.state).toBe('open');
    expect(seen).toEqual(['closed', 'half_open']);
    expect(made.breaker.snapshot().openings).toBe(2);
    await hung.succeed();
  });
});

describe('circuitBreaker: growth and spread of the open time', () => {
  it('B5: can be set, and switched off', async () => {
    const stays = async (options: CircuitBreakerOptions, random: number) => {
      const { breaker, clock, fail } = harness({ ...options, probes: 1, random: () => random });
      const all: number[] = [];
      // The call that opens it ends with its own error.
      expect(await fail(5)).toMatchObject({ reason: DOWN });
      for (let i = 0; i < 3; i++) {
        all.push((breaker.snapshot().openUntil ?? Number.NaN) - clock.wallNow());
        await clock.advance(all.at(-1) as number);
        await fail();
      }
      return all;
    };
    expect(await stays({ openForSpread: 0 }, 0)).toEqual([5_000, 10_000, 20_000]);
    expect(await stays({ openForFactor: 1 }, 0)).toEqual([4_000, 4_000, 4_000]);
    expect(await stays({ openForFactor: 1, openForSpread: 0 }, 0.9)).toEqual([5_000, 5_000, 5_000]);
    expect(await stays({ openForFactor: 3, openForSpread: 0.5 }, 0)).toEqual([
      2_500, 7_500, 22_500,
    ]);
  });
});

it('B9: what is no openFor is told with what would be one', () => {
  expect(() => circuitBreaker({ openFor: true as never })).toThrow(
    /^circuitBreaker\.openFor: must be a duration: .*; or a function that returns one, such as \(\) => 500; or a backoff of cockatiel, such as new ExponentialBackoff\(\) \(got true\)$/,
  );
});
