import { describe, expect, it } from 'vitest';
import type { CircuitBreakerSnapshot } from '../../../src/index.js';
import { ConfigError, circuitBreaker, pipeline } from '../../../src/index.js';
import { VirtualClock } from '../../../src/testing/index.js';
import { harness } from './support.js';

const WALL = Date.UTC(2024, 0, 1);

const CLOSED: CircuitBreakerSnapshot = {
  state: 'closed',
  at: WALL,
  openings: 0,
  consecutiveFailures: 0,
  window: { calls: 0, failures: 0, slow: 0 },
};

/** Another process: its monotonic clock starts anywhere, its wall clock goes on. */
const elsewhere = (wallStart: number) => new VirtualClock({ start: 123_456.789, wallStart });

/** What a file or a database would make of it. */
const stored = (snapshot: CircuitBreakerSnapshot): CircuitBreakerSnapshot =>
  JSON.parse(JSON.stringify(snapshot)) as CircuitBreakerSnapshot;

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value);
    Object.values(value).forEach(frozen);
  }
  return value;
}

/** B10: what it knows survives the process. */
describe('circuitBreaker: snapshot and initialState', () => {
  it('B13: while it is half-open, it says how many probes are in flight, of which a restored one has none', async () => {
    const { breaker, start, untilHalfOpen } = harness({ probes: 3 });
    await untilHalfOpen();
    const probes = [start(), start()];
    const known = stored(breaker.snapshot());
    expect(known.probesInFlight).toBe(2);
    await probes[0]?.succeed();
    expect(breaker.snapshot().probesInFlight).toBe(1);
    const later = harness({ probes: 3, initialState: known });
    expect(later.breaker.snapshot()).toMatchObject({ state: 'half_open', probesInFlight: 0 });
    await later.succeed(3);
    expect(later.breaker.state).toBe('closed');
    expect('probesInFlight' in later.breaker.snapshot()).toBe(false);
  });

  it('B10: a snapshot is plain JSON in every state', async () => {
    const { breaker, clock, fail, succeed, untilHalfOpen } = harness();
    const seen: CircuitBreakerSnapshot[] = [];
    const take = () => {
      const snapshot = breaker.snapshot();
      expect(stored(snapshot)).toEqual(snapshot);
      seen.push(snapshot);
    };
    await succeed();
    await fail(2);
    take();
    await fail(3);
    take();
    await clock.advance('5s');
    take();
    breaker.isolate();
    take();
    breaker.reset();
    await untilHalfOpen();
    const cause = { name: 'Error', message: 'down', at: WALL };
    expect(seen).toEqual([
      {
        ...CLOSED,
        consecutiveFailures: 2,
        failingSince: WALL,
        window: { calls: 3, failures: 2, slow: 0 },
      },
      { ...CLOSED, state: 'open', openUntil: WALL + 5_000, openings: 1, cause },
      { ...CLOSED, state: 'half_open', at: WALL + 5_000, openings: 1, cause, probesInFlight: 0 },
      { ...CLOSED, state: 'isolated', at: WALL + 5_000, openings: 1 },
    ]);
  });

  it('B10: it is part of the snapshot of its pipeline', () => {
    const { breaker, calls } = harness({ name: 'upstream' });
    breaker.trip();
    expect(calls.snapshot().policies['upstream']).toEqual(breaker.snapshot());
  });

  it('B10: a closed breaker goes on with what it had counted', async () => {
    const first = harness({ consecutiveFailures: false });
    await first.succeed(10);
    await first.fail(9);
    const initialState = stored(first.breaker.snapshot());
    const { breaker, fail } = harness(
      { consecutiveFailures: false, initialState },
      elsewhere(WALL + 1_000),
    );
    expect(breaker.snapshot()).toEqual({ ...initialState, at: WALL + 1_000 });
    await fail();
    expect(breaker.state).toBe('open');
  });

  it('B10: a run of failures goes on', async () => {
    const first = harness();
    await first.fail(4);
    const initialState = stored(first.breaker.snapshot());
    const { breaker, fail } = harness({ initialState }, elsewhere(WALL + 3_600_000));
    expect(breaker.snapshot()).toMatchObject({ consecutiveFailures: 4, window: { calls: 0 } });
    await fail();
    expect(breaker.state).toBe('open');
  });

  it('B10: a run of failures goes on from when it began', async () => {
    const first = harness({ failingFor: '1m' });
    await first.fail(10);
    await first.clock.advance('10s');
    await first.fail();
    const initialState = stored(first.breaker.snapshot());
    expect(initialState).toMatchObject({ consecutiveFailures: 11, failingSince: WALL });
    const late = harness({ failingFor: '1m', initialState }, elsewhere(WALL + 60_000));
    expect(late.breaker.snapshot().failingSince).toBe(WALL);
    await late.fail();
    expect(late.breaker.state).toBe('open');
    const early = harness({ failingFor: '1m', initialState }, elsewhere(WALL + 59_000));
    await early.fail();
    expect(early.breaker.state).toBe('closed');
    await early.clock.advance('1s');
    await early.fail();
    expect(early.breaker.state).toBe('open');
  });

  it('B10: a snapshot that does not say when a run began is as old as the run', async () => {
    const initialState = { ...CLOSED, consecutiveFailures: 4 };
    const { breaker, clock, fail } = harness({ failingFor: '1s', initialState });
    await fail();
    await clock.advance(999);
    await fail();
    expect(breaker.snapshot()).toMatchObject({ state: 'closed', failingSince: WALL });
    await clock.advance(1);
    await fail();
    expect(breaker.state).toBe('open');
  });

  it('B10: retries of calls from before go on with no run of failures', async () => {
    const { breaker, calls } = harness({ initialState: { ...CLOSED, consecutiveFailures: 3 } });
    const steps: number[] = [];
    const fails = calls.wrap(() => {
      steps.push(breaker.snapshot().consecutiveFailures);
      throw new Error('down');
    });
    await fails().catch(() => {});
    await fails().catch(() => {});
    expect([...steps, breaker.state]).toEqual([3, 4, 'open']);
  });

  it('B10, B12: a ramp goes on, and relapses as it would have', async () => {
    const first = harness({ rampFor: '10s', probes: 1, consecutiveFailures: 9 });
    first.breaker.trip();
    await first.clock.advance('5s');
    await first.succeed(3);
    await first.fail(2);
    await first.clock.advance('2s');
    const initialState = stored(first.breaker.snapshot());
    expect(initialState).toMatchObject({
      state: 'closed',
      openings: 1,
      ramp: { until: WALL + 15_000, share: 1 - 0.75 * 0.8 ** 2, calls: 4, failures: 2 },
    });
    const options = { rampFor: '10s', consecutiveFailures: 9, initialState } as const;
    const second = harness(options, elsewhere(WALL + 10_000));
    expect(second.breaker.snapshot()).toMatchObject({
      openings: 1,
      ramp: { until: WALL + 15_000, share: 1 - 0.75 * 0.5 ** 2, calls: 4, failures: 2 },
    });
    await second.fail();
    expect(second.transitions()).toEqual(['closed > open: relapsed']);
    expect(second.breaker.snapshot().openings).toBe(2);
    const later = harness(options, elsewhere(WALL + 15_000));
    expect(later.breaker.snapshot().openings).toBe(0);
    expect(later.breaker.snapshot().ramp).toBeUndefined();
  });

  it('B10, B12: a ramp takes no longer than it would here, whatever the wall clock was', () => {
    const ramp = { until: WALL + 1e12, share: 0.5, calls: 0, failures: 0 };
    const initialState = { ...CLOSED, openings: 3, ramp };
    const shorter = harness({ rampFor: '1s', initialState });
    expect(shorter.breaker.snapshot()).toMatchObject({
      openings: 3,
      ramp: { until: WALL + 1_000 },
    });
    const none = harness({ rampFor: 0, initialState });
    expect(none.breaker.snapshot()).toMatchObject({ openings: 0 });
    expect(none.breaker.snapshot().ramp).toBeUndefined();
  });

  it('B10: what a window held is forgotten when its time is over', async () => {
    const initialState = { ...CLOSED, window: { calls: 19, failures: 19, slow: 0 } };
    const options = { initialState, consecutiveFailures: false } as const;
    const late = harness(options, elsewhere(WALL + 30_000));
    expect(late.breaker.snapshot().window.calls).toBe(0);
    const early = harness(options, elsewhere(WALL + 26_000));
    expect(early.breaker.snapshot().window.calls).toBe(19);
    await early.clock.advance('4s');
    expect(early.breaker.snapshot().window.calls).toBe(0);
  });

  it('B10: open time is wall-clock time, so it goes on between processes', async () => {
    const first = harness();
    await first.fail(5);
    const initialState = stored(first.breaker.snapshot());
    const { breaker, calls, clock, transitions } = harness(
      { initialState },
      elsewhere(WALL + 2_000),
    );
    expect(breaker.state).toBe('open');
    await expect(calls.execute(() => 1)).rejects.toMatchObject({ retryAfter: 3_000 });
    await clock.advance(2_999);
    expect(breaker.state).toBe('open');
    await clock.advance(1);
    expect(breaker.state).toBe('half_open');
    expect(transitions()).toEqual(['open > half_open: open_elapsed']);
  });

  it('B10: after a long freeze it probes at once, and doubles on from where it was', async () => {
    const first = harness();
    await first.fail(5);
    await first.clock.advance('5s');
    await first.fail();
    const initialState = stored(first.breaker.snapshot());
    expect(initialState.openings).toBe(2);
    const { breaker, clock, fail } = harness({ initialState }, elsewhere(WALL + 1e9));
    expect(breaker.state).toBe('half_open');
    await fail();
    expect((breaker.snapshot().openUntil ?? 0) - clock.wallNow()).toBe(20_000);
  });

  it('B10: half-open becomes half-open, with no probe under way', async () => {
    const first = harness();
    await first.untilHalfOpen();
    const probes = [first.start(), first.start(), first.start()];
    const initialState = stored(first.breaker.snapshot());
    const { breaker, succeed } = harness({ initialState }, elsewhere(WALL + 5_000));
    expect(breaker.state).toBe('half_open');
    await succeed(3);
    expect(breaker.state).toBe('closed');
    for (const probe of probes) await probe.succeed();
  });

  it('B10: isolated stays isolated until it is reset', () => {
    const { breaker, transitions } = harness({ initialState: { ...CLOSED, state: 'isolated' } });
    expect(breaker.state).toBe('isolated');
    breaker.reset();
    expect(breaker.state).toBe('closed');
    expect(transitions()).toEqual(['isolated > closed: reset']);
  });

  it.each([
    ['ahead then, right now', WALL + 1e12, 60_000],
    ['behind then, right now', WALL - 1e12, 0],
  ])(
    'B10: a wall clock that was %s keeps it open no longer than a server could',
    (_what, openUntil, left) => {
      const initialState = {
        ...CLOSED,
        state: 'open',
        at: openUntil,
        openUntil,
        openings: 1,
      } as const;
      const { breaker, clock } = harness({ initialState }, elsewhere(WALL));
      expect((breaker.snapshot().openUntil ?? clock.wallNow()) - clock.wallNow()).toBeCloseTo(left);
    },
  );

  it('B10: a snapshot from the future counts as taken now', () => {
    const initialState = { ...CLOSED, at: WALL + 1e12, window: { calls: 3, failures: 1, slow: 0 } };
    const { breaker } = harness({ initialState });
    expect(breaker.snapshot().window).toEqual({ calls: 3, failures: 1, slow: 0 });
  });

  it('B10, G10: the object is neither changed nor kept', async () => {
    const initialState = frozen({ ...CLOSED, window: { calls: 3, failures: 1, slow: 0 } });
    const text = JSON.stringify(initialState);
    const options = frozen({ initialState, minimumCalls: 2 });
    const clock = new VirtualClock();
    const breaker = circuitBreaker(options);
    const calls = pipeline({ name: 'calls', clock }, breaker);
    await calls.settle(() => Promise.reject(new Error('down')));
    expect(JSON.stringify(initialState)).toBe(text);
    const changing = { ...CLOSED, state: 'open' as const, openUntil: WALL + 5_000, openings: 1 };
    const second = circuitBreaker({ initialState: changing });
    Object.assign(changing, { state: 'closed', openUntil: 0 });
    pipeline({ name: 'calls', clock: new VirtualClock() }, second);
    expect(second.state).toBe('open');
  });

  it('B10: survives any number of hand-overs', async () => {
    let { breaker, fail } = harness();
    await fail(5);
    for (let i = 1; i <= 10; i++) {
      const initialState = stored(breaker.snapshot());
      ({ breaker, fail } = harness({ initialState }, elsewhere(WALL + i * 400)));
      expect(breaker.snapshot()).toEqual({ ...initialState, at: WALL + i * 400 });
    }
  });

  it.each([
    ['no object', 7],
    ['null', null],
    ['an array', []],
    ['nothing in it', {}],
    ['an unknown state', { ...CLOSED, state: 'ajar' }],
    ['an unknown key', { ...CLOSED, extra: 1 }],
    ['a forged prototype', JSON.parse(`{"__proto__":{},"state":"closed"}`)],
    ['no time', { ...CLOSED, at: undefined }],
    ['a time that is none', { ...CLOSED, at: Number.NaN }],
    ['an endless time', { ...CLOSED, state: 'open', openUntil: Infinity }],
    ['open without an end', { ...CLOSED, state: 'open' }],
    ['a negative number', { ...CLOSED, openings: -1 }],
    ['a fraction', { ...CLOSED, consecutiveFailures: 0.5 }],
    ['a number as text', { ...CLOSED, openings: '1' }],
    ['too large a number', { ...CLOSED, openings: 2 ** 40 }],
    ['more failures than calls', { ...CLOSED, window: { calls: 1, failures: 2, slow: 0 } }],
    ['more slow calls than calls', { ...CLOSED, window: { calls: 1, failures: 0, slow: 2 } }],
    ['no window', { ...CLOSED, window: null }],
    ['a run that began at no time', { ...CLOSED, failingSince: 'once' }],
    ['a cause without a message', { ...CLOSED, cause: { name: 'Error', at: WALL } }],
    [
      'a ramp with more failures than calls',
      { ...CLOSED, ramp: { until: WALL, share: 0.5, calls: 1, failures: 2 } },
    ],
    [
      'a ramp of another state',
      { ...CLOSED, state: 'isolated', ramp: { until: WALL, share: 0.5, calls: 0, failures: 0 } },
    ],
  ])('B10: %s is refused by name', (_what, initialState) => {
    const make = () => circuitBreaker({ initialState: initialState as CircuitBreakerSnapshot });
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(/circuitBreaker\.initialState/);
  });
});
