import { describe, expect, it, vi } from 'vitest';
import {
  CircuitIsolatedError,
  CircuitOpenError,
  circuitBreaker,
  pipeline,
} from '../../../src/index.js';
import { VirtualClock } from '../../../src/testing/index.js';
import { DOWN, harness } from './support.js';

/** B1, B5, B7: the states, how long each lasts, and what a refused caller is told. */
describe('circuitBreaker: states', () => {
  it('B1: goes round closed, open, half-open, closed, and to isolated by hand', async () => {
    const { breaker, clock, fail, succeed, transitions } = harness();
    expect(breaker.state).toBe('closed');
    await fail(5);
    expect(breaker.state).toBe('open');
    await clock.advance('5s');
    expect(breaker.state).toBe('half_open');
    await succeed(3);
    expect(breaker.state).toBe('closed');
    const handle = breaker.isolate();
    expect(breaker.state).toBe('isolated');
    handle.release();
    expect(breaker.state).toBe('closed');
    expect(transitions()).toEqual([
      'closed > open: consecutive_failures',
      'open > half_open: open_elapsed',
      'half_open > closed: probes_succeeded',
      'closed > isolated: isolated',
      'isolated > closed: released',
    ]);
  });

  it('B1: passes results and errors through unchanged while closed', async () => {
    const { calls } = harness();
    const value = {};
    await expect(calls.execute(() => value)).resolves.toBe(value);
    await expect(calls.execute(() => Promise.reject(DOWN))).rejects.toBe(DOWN);
    await expect(
      calls.execute(() => {
        throw DOWN;
      }),
    ).rejects.toBe(DOWN);
  });

  it('B5: rejects with the exact time left', async () => {
    const { calls, clock, events, fail } = harness();
    await fail(5);
    await clock.advance(1_234.5);
    const operation = vi.fn();
    const error: unknown = await calls.execute(operation).catch((thrown: unknown) => thrown);
    expect(operation).not.toHaveBeenCalled();
    expect(error).toBeInstanceOf(CircuitOpenError);
    expect(error).toMatchObject({
      code: 'ERR_CIRCUIT_OPEN',
      pipeline: 'calls',
      policy: 'circuit_breaker',
      reason: 'circuit_open',
      retryAfter: 3_765.5,
      message: 'calls: the circuit breaker is open',
    });
    expect(events.at(-2)).toMatchObject({
      type: 'rejection',
      reason: 'circuit_open',
      enforced: true,
      retryAfter: 3_765.5,
    });
  });

  it('B5: a caller who waits for retryAfter is let in', async () => {
    const { calls, clock, fail } = harness({ random: () => 0.123456789 });
    await fail(5);
    await clock.advance(0.1);
    const error = await calls.execute(() => 1).catch((thrown: CircuitOpenError) => thrown);
    await clock.advance((error as CircuitOpenError).retryAfter ?? 0);
    await expect(calls.execute(() => 1)).resolves.toBe(1);
  });

  it('B5: doubles at each consecutive reopening up to 60 s, and starts again after it closed', async () => {
    const { breaker, clock, events, fail, succeed } = harness();
    const stays = () =>
      events.flatMap((event) =>
        event.type === 'transition' && event.to === 'open' ? [event.openForMs] : [],
      );
    await fail(5);
    for (let i = 0; i < 5; i++) {
      await clock.advance(stays().at(-1) ?? 0);
      await fail();
    }
    expect(stays()).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
    await clock.advance('60s');
    await succeed(3);
    expect(breaker.state).toBe('closed');
    await fail(5);
    expect(stays().at(-1)).toBe(5_000);
  });

  it('B5: spreads the open time by 20%, by its own source of chance or Math.random', async () => {
    for (const [chance, openUntil] of [
      [0, 4_000],
      [0.999999, 6_000],
    ] as const) {
      const { breaker, clock, fail } = harness({ random: () => chance });
      await fail(5);
      expect((breaker.snapshot().openUntil ?? 0) - clock.wallNow()).toBeCloseTo(openUntil, 1);
    }
    const { breaker, clock, fail } = harness({ random: undefined });
    await fail(5);
    await clock.advance(3_999);
    expect(breaker.state).toBe('open');
    await clock.advance(2_001);
    expect(breaker.state).toBe('half_open');
  });

  it.each([
    ['lengthens the open time', 12_000, 12_000],
    ['does so up to maxOpenFor', 300_000, 60_000],
    ['never shortens it', 10, 5_000],
    ['is ignored when it is none', Number.NaN, 5_000],
    ['is ignored when it is negative', -1, 5_000],
    ['is ignored when it is no number', '12', 5_000],
  ])('B5: a retryAfter of the server %s', async (_what, retryAfter, left) => {
    const { breaker, clock, fail } = harness();
    await fail(4);
    await fail(1, Object.assign(new Error('busy'), { retryAfter }));
    expect((breaker.snapshot().openUntil ?? 0) - clock.wallNow()).toBe(left);
  });

  it('B5: a failed probe that asks for more time gets it', async () => {
    const { breaker, clock, fail, untilHalfOpen } = harness();
    await untilHalfOpen();
    await fail(1, Object.assign(new Error('busy'), { retryAfter: 45_000 }));
    expect((breaker.snapshot().openUntil ?? 0) - clock.wallNow()).toBe(45_000);
  });

  it('B5: delayFrom reads the time that results and errors of other kinds ask for', async () => {
    const { breaker, calls, clock } = harness({
      handle: (outcome) => outcome.kind === 'success' && outcome.value === 503,
      delayFrom: (outcome) => (outcome.kind === 'success' ? 30_000 : undefined),
    });
    for (let i = 0; i < 5; i++) await calls.execute(() => 503);
    expect((breaker.snapshot().openUntil ?? 0) - clock.wallNow()).toBe(30_000);
  });

  it('B7: sets no timers', async () => {
    const { breaker, clock, fail, start } = harness();
    await fail(5);
    expect(clock.pending).toBe(0);
    await clock.advance('5s');
    const probe = start();
    expect([breaker.state, clock.pending]).toEqual(['half_open', 0]);
    await probe.succeed();
  });

  it.each([
    ['the state is read', ({ breaker }: ReturnType<typeof harness>) => breaker.state],
    ['a snapshot is taken', ({ breaker }: ReturnType<typeof harness>) => breaker.snapshot()],
    ['a call comes', ({ succeed }: ReturnType<typeof harness>) => succeed()],
    [
      'a keyed pipeline asks whether it is busy',
      ({ breaker }: ReturnType<typeof harness>) => breaker.busy(),
    ],
  ])('B7: open becomes half-open when %s', async (_what, look) => {
    const made = harness();
    await made.fail(5);
    await made.clock.advance('1h');
    expect(made.transitions()).toHaveLength(1);
    await look(made);
    expect(made.transitions().at(-1)).toBe('open > half_open: open_elapsed');
  });

  it('G12: rejections carry a stack only where the pipeline asks for it', async () => {
    for (const captureStack of [false, true]) {
      const breaker = circuitBreaker();
      const calls = pipeline({ name: 'calls', clock: new VirtualClock(), captureStack }, breaker);
      breaker.trip();
      const open = await calls.execute(() => 1).catch((thrown: Error) => thrown);
      breaker.isolate();
      const isolated = await calls.execute(() => 1).catch((thrown: Error) => thrown);
      expect(open).toBeInstanceOf(CircuitOpenError);
      expect(isolated).toBeInstanceOf(CircuitIsolatedError);
      for (const error of [open, isolated] as Error[]) {
        expect(error.stack?.includes('\n')).toBe(captureStack);
      }
    }
  });

  it('runs on the system clock before it has a pipeline, and then on no other', () => {
    const breaker = circuitBreaker();
    expect(breaker.state).toBe('closed');
    pipeline('one', breaker);
    expect(() => pipeline({ name: 'two', clock: new VirtualClock() }, breaker)).toThrow(
      /circuitBreaker: already runs on another clock/,
    );
  });
});
