import { describe, expect, it } from 'vitest';
import type { EventOf } from '../../../src/index.js';
import { DOWN, harness } from './support.js';

/** B11: counts and reports, and rejects nothing. */
describe('circuitBreaker: dry run', () => {
  const made = () => {
    const all = harness({ dryRun: true });
    const refused = () =>
      all.events.filter((event): event is EventOf<'rejection'> => event.type === 'rejection');
    return { ...all, refused };
  };

  it('B11: lets every call in, and says which it would have refused', async () => {
    const { breaker, calls, clock, events, fail, refused } = made();
    await fail(5);
    expect(breaker.state).toBe('open');
    await clock.advance('1s');
    await expect(calls.execute(() => 1)).resolves.toBe(1);
    await expect(calls.execute(() => Promise.reject(DOWN))).rejects.toBe(DOWN);
    expect(refused()).toMatchObject([
      { reason: 'circuit_open', enforced: false, retryAfter: 4_000, policy: 'circuit_breaker' },
      { reason: 'circuit_open', enforced: false, retryAfter: 4_000 },
    ]);
    expect(events.filter(({ type }) => type === 'transition')).toMatchObject([
      { to: 'open', enforced: false },
    ]);
  });

  it('B11: goes through the states as it would have', async () => {
    const { breaker, clock, refused, start, fail, transitions } = made();
    await fail(5);
    // The outcomes of calls that would not have been made change nothing.
    await fail(50);
    expect(breaker.snapshot()).toMatchObject({ state: 'open', openings: 1 });
    await clock.advance('5s');
    const calls = Array.from({ length: 5 }, start);
    expect(calls.map((call) => call.ran)).toEqual(Array(5).fill(true));
    expect(refused().slice(50)).toMatchObject([
      { reason: 'circuit_open', retryAfter: undefined },
      { reason: 'circuit_open', retryAfter: undefined },
    ]);
    for (const call of calls.slice(3)) await call.fail();
    expect(breaker.state).toBe('half_open');
    for (const call of calls.slice(0, 3)) await call.succeed();
    expect(breaker.state).toBe('closed');
    expect(transitions()).toHaveLength(3);
  });

  it('B11: does not refuse while isolated either', async () => {
    const { breaker, calls, refused } = made();
    breaker.isolate();
    await expect(calls.execute(() => 1)).resolves.toBe(1);
    expect(refused()).toMatchObject([
      { reason: 'circuit_isolated', enforced: false, retryAfter: undefined },
    ]);
  });

  it('B11: without listeners it is silent', async () => {
    const { breaker, calls } = made();
    calls.dispose();
    breaker.trip();
    await expect(calls.execute(() => 1)).resolves.toBe(1);
  });
});
