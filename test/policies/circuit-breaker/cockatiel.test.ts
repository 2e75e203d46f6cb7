import type { IBreaker } from 'cockatiel';
import * as cockatiel3 from 'cockatiel';
import * as cockatiel4 from 'cockatiel4';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConfigError, circuitBreaker, keyed, pipeline } from '../../../src/index.js';
import { VirtualClock } from '../../../src/testing/index.js';
import { DOWN, harness } from './support.js';

/** B2: breakers of cockatiel as trip rules, those of both major versions. */
describe.each([
  ['3.2.1', cockatiel3],
  ['4.0.0', cockatiel4],
])(
  'circuitBreaker with cockatiel %s',
  (_version, { ConsecutiveBreaker, CountBreaker, SamplingBreaker }) => {
    // SamplingBreaker reads Date.now().
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2024, 0, 1) });
    });
    afterEach(() => {
      vi.useRealTimers();
    });

    it('B2: ConsecutiveBreaker opens it, in place of all rules', async () => {
      const { fail, succeed, breaker, transitions } = harness({
        breaker: new ConsecutiveBreaker(7),
      });
      await fail(6);
      await succeed();
      await fail(6);
      expect(breaker.state).toBe('closed');
      await fail();
      expect(transitions()).toEqual(['closed > open: breaker']);
    });

    it('B2: CountBreaker opens it', async () => {
      const { fail, succeed, breaker } = harness({
        breaker: new CountBreaker({ threshold: 0.5, size: 10 }),
      });
      await fail(5);
      await succeed(5);
      expect(breaker.state).toBe('closed');
      await succeed(5);
      await fail(5);
      expect(breaker.state).toBe('closed');
      await fail();
      expect(breaker.state).toBe('open');
    });

    it('B2: SamplingBreaker opens it', async () => {
      const { fail, succeed, breaker } = harness({
        breaker: new SamplingBreaker({ threshold: 0.5, duration: 10_000, minimumRps: 1 }),
      });
      await succeed(5);
      await fail(5);
      expect(breaker.state).toBe('closed');
      await fail();
      expect(breaker.state).toBe('open');
    });

    it.each([
      ['ConsecutiveBreaker', () => new ConsecutiveBreaker(3), 3],
      [
        'CountBreaker',
        () => new CountBreaker({ threshold: 0.5, size: 4, minimumNumberOfCalls: 4 }),
        3,
      ],
      [
        'SamplingBreaker',
        () => new SamplingBreaker({ threshold: 0.5, duration: 1_000, minimumRps: 4 }),
        3,
      ],
    ])('B6: %s starts afresh when the probes have succeeded', async (_name, make, tolerated) => {
      const { fail, succeed, breaker, clock } = harness({ breaker: make(), probes: 2 });
      await fail(6);
      expect(breaker.state).toBe('open');
      await clock.advance('5s');
      await fail();
      expect(breaker.snapshot().openings).toBe(2);
      await clock.advance('10s');
      await succeed(2);
      expect(breaker.state).toBe('closed');
      await fail(tolerated - 1);
      expect(breaker.state).toBe('closed');
      await fail(3);
      expect(breaker.state).toBe('open');
    });

    it.each([
      ['ConsecutiveBreaker', () => new ConsecutiveBreaker(5)],
      [
        'CountBreaker',
        () => new CountBreaker({ threshold: 0.5, size: 8, minimumNumberOfCalls: 5 }),
      ],
      [
        'SamplingBreaker',
        () => new SamplingBreaker({ threshold: 0.5, duration: 5_000, minimumRps: 1 }),
      ],
    ])('B10: %s is part of the snapshot, and goes on from it', async (_name, make) => {
      const first = harness({ breaker: make() });
      await first.fail(4);
      const text = JSON.stringify(first.breaker.snapshot());
      // A snapshot shares nothing with the breaker it was taken from.
      const snapshot = first.breaker.snapshot();
      await first.succeed();
      expect(JSON.stringify(snapshot)).toBe(text);
      const initialState = Object.freeze(JSON.parse(text)) as typeof snapshot;
      const second = harness({ breaker: make(), initialState });
      expect(JSON.stringify(second.breaker.snapshot())).toBe(text);
      await second.fail();
      expect(second.breaker.state).toBe('open');
      expect(JSON.stringify(initialState)).toBe(text);
    });

    it('keyed pipelines take a function that makes one for each copy', async () => {
      const make = vi.fn(() => new ConsecutiveBreaker(2));
      const clock = new VirtualClock();
      const hosts = keyed(pipeline({ name: 'calls', clock }, circuitBreaker({ breaker: make })));
      const before = make.mock.calls.length;
      for (let i = 0; i < 2; i++) await hosts.settle('a', () => Promise.reject(DOWN));
      await hosts.settle('b', () => Promise.reject(DOWN));
      await expect(hosts.execute('a', () => 1)).rejects.toMatchObject({ code: 'ERR_CIRCUIT_OPEN' });
      await expect(hosts.execute('b', () => 1)).resolves.toBe(1);
      expect(make.mock.calls.length - before).toBe(2);
    });

    it('keyed pipelines refuse one breaker for all copies', () => {
      const template = pipeline('calls', circuitBreaker({ breaker: new ConsecutiveBreaker(2) }));
      expect(() => keyed(template).get('a')).toThrow(ConfigError);
      expect(() => keyed(template).get('a')).toThrow(/circuitBreaker\.breaker: one breaker/);
    });
  },
);

describe('circuitBreaker with a breaker of the shape of cockatiel’s', () => {
  const made = (state: unknown): IBreaker => ({ state, success: () => {}, failure: () => true });

  it('B10: without state there is none in the snapshot', () => {
    const { breaker } = harness({ breaker: made(undefined) });
    expect(breaker.snapshot()).not.toHaveProperty('breaker');
  });

  it('B10: a state it does not have yet is taken, and one of any depth copied', async () => {
    const known = { history: [[1, { two: null }]] };
    const mine = made(undefined);
    const initialState = { ...harness().breaker.snapshot(), breaker: known };
    const { breaker } = harness({ breaker: mine, initialState });
    expect(mine.state).toEqual(known);
    expect(mine.state).not.toBe(known);
    expect(breaker.snapshot().breaker).toEqual(known);
  });

  it('B10: a state of null is one, too', () => {
    const mine = made(undefined);
    const initialState = { ...harness().breaker.snapshot(), breaker: null };
    harness({ breaker: mine, initialState });
    expect(mine.state).toBeNull();
  });

  it('B10: fields that it leaves open may hold anything', () => {
    const mine = made({ last: null, error: undefined, calls: 0 });
    const known = { last: 'x', error: 'y', calls: 3, more: [] };
    const initialState = { ...harness().breaker.snapshot(), breaker: known };
    harness({ breaker: mine, initialState });
    expect(mine.state).toEqual(known);
  });

  it('one that throws ends the call with its error, and wedges nothing', async () => {
    const fault = new Error('my breaker');
    const throwing = (): never => {
      throw fault;
    };
    const mine: IBreaker = { state: 0, success: throwing, failure: throwing };
    const { breaker, calls, clock, start } = harness({ breaker: mine, probes: 1 });
    await expect(calls.execute(() => 1)).rejects.toBe(fault);
    await expect(calls.execute(() => Promise.reject(DOWN))).rejects.toBe(fault);
    breaker.trip();
    await clock.advance('5s');
    await start().fail();
    expect(breaker.state).toBe('open');
    await clock.advance('10s');
    await start().succeed();
    expect(breaker.state).toBe('closed');
  });
});
