import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CircuitOpenError } from '../../../src/index.js';
import {
  FIRST_SHARE,
  FREE_CALLS,
  Ramp,
  RELAPSE_FAILURES,
  shareAt,
} from '../../../src/policies/circuit-breaker/ramp.js';
import { DOWN, defaultHarness, harness } from './support.js';

describe('shareAt', () => {
  it('B12: grows from a quarter to all, ever more slowly', () => {
    expect([0, 0.25, 0.5, 0.75, 1].map(shareAt)).toEqual([0.25, 0.578125, 0.8125, 0.953125, 1]);
    let [before, step] = [shareAt(0), 1];
    for (let i = 1; i <= 1_000; i++) {
      const share = shareAt(i / 1_000);
      expect(share).toBeGreaterThan(before);
      expect(share - before).toBeLessThan(step);
      [before, step] = [share, share - before];
    }
  });

  it('B12: is above 95% from three quarters of the time on', () => {
    for (let x = 0.75; x <= 1; x += 0.01) expect(shareAt(x)).toBeGreaterThan(0.95);
  });
});

/** Times at which calls come in a ramp, in order. */
const times = fc
  .array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 300, size: 'max' })
  .map((gaps) =>
    gaps.map(
      (
        (sum) => (gap: number) =>
          (sum += gap)
      )(0),
    ),
  );

describe('Ramp', () => {
  it('B12: what is let in is what the share says, and a few calls on top', () => {
    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 5_000 }), (all, forMs) => {
        const ramp = new Ramp(0, forMs);
        let [admitted, shares] = [0, 0];
        for (const now of all.filter((each) => each < forMs)) {
          expect(ramp.over(now)).toBe(false);
          if (ramp.admit(now)) admitted++;
          shares += ramp.share(now);
          const free = FREE_CALLS * (1 + now / 1_000);
          expect(admitted).toBeLessThanOrEqual(shares + free + 1e-9);
          // Calls that are let in whatever the share add nothing to the credit of the others.
          expect(admitted).toBeGreaterThan(shares - free - 1);
        }
      }),
    );
  });

  it('X7: a success that fails late is a failure in its place', () => {
    const ramp = new Ramp(0, 1_000);
    for (let i = 0; i < 4; i++) expect(ramp.record(false)).toBe(false);
    expect([ramp.recordLate(), ramp.calls, ramp.failures]).toEqual([false, 4, 1]);
    expect([ramp.recordLate(), ramp.calls, ramp.failures]).toEqual([false, 4, 2]);
    expect([ramp.recordLate(), ramp.calls, ramp.failures]).toEqual([true, 4, 3]);
  });

  it('B12: five calls a second are let in, whatever the share', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 200, max: 900 }), { maxLength: 50, size: 'max' }),
        (gaps) => {
          const ramp = new Ramp(0, 60_000);
          let now = 0;
          for (let i = 1; i < FREE_CALLS; i++) expect(ramp.admit(now)).toBe(true);
          for (const gap of gaps) {
            now += gap;
            if (!ramp.over(now)) expect(ramp.admit(now)).toBe(true);
          }
        },
      ),
    );
  });

  it('B12: no two of four calls at once are let in by a share of a quarter', () => {
    const ramp = new Ramp(0, 1e12);
    const admitted = Array.from({ length: FREE_CALLS + 12 }, () => ramp.admit(0));
    const one = [false, false, false, true];
    expect(admitted).toEqual([...Array<boolean>(FREE_CALLS).fill(true), ...one, ...one, ...one]);
    expect(FIRST_SHARE).toBe(0.25);
  });

  it('B12: a relapse is three failures that are half of what ended, or more', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 60, size: 'max' }), (ends) => {
        const ramp = new Ramp(0, 1_000);
        ends.forEach((failed, i) => {
          const failures = ends.slice(0, i + 1).filter(Boolean).length;
          const relapsed = failures >= RELAPSE_FAILURES && failures / (i + 1) >= 0.5;
          expect(ramp.record(failed)).toBe(relapsed);
          expect(ramp).toMatchObject({ calls: i + 1, failures });
        });
      }),
    );
  });

  it('B12: is over after its time, which a clock that goes back does not lengthen', () => {
    const ramp = new Ramp(5_000, 1_000);
    expect([ramp.over(5_999), ramp.over(6_000), ramp.endsAt]).toEqual([false, true, 6_000]);
    expect([ramp.over(100), ramp.endsAt]).toEqual([false, 1_100]);
    expect(ramp.share(100)).toBe(FIRST_SHARE);
    for (let i = 0; i < FREE_CALLS; i++) expect(ramp.admit(100)).toBe(true);
    expect([ramp.admit(100), ramp.over(1_100)]).toEqual([false, true]);
  });
});

/** B12, in a breaker. */
describe('circuitBreaker: ramp', () => {
  const RAMP = { rampFor: '1s', probes: 1 } as const;

  async function ramping(options = {}) {
    const made = harness({ ...RAMP, ...options });
    made.breaker.trip();
    await made.clock.advance('5s');
    await made.succeed();
    expect(made.breaker.state).toBe('closed');
    return made;
  }

  it('B12: right after closing, it lets in five calls at once and a quarter of the others', async () => {
    const { start, breaker } = await ramping();
    const calls = Array.from({ length: 25 }, start);
    await Promise.all(calls.filter((call) => !call.ran).map((call) => call.settled));
    expect(calls.filter((call) => call.ran)).toHaveLength(10);
    const refused = calls.find((call) => !call.ran);
    expect(refused?.error).toBeInstanceOf(CircuitOpenError);
    expect(refused?.error).toMatchObject({
      code: 'ERR_CIRCUIT_OPEN',
      reason: 'circuit_open',
      message: 'calls: the circuit breaker is closing again, and lets in only some calls',
      retryAfter: 1_000,
    });
    expect(refused?.error).not.toHaveProperty('cause');
    expect(breaker.state).toBe('closed');
  });

  it('B12: lets all calls in when the time is over, and tells a refused one how long that is', async () => {
    const { clock, start } = await ramping();
    await clock.advance(400);
    const early = Array.from({ length: 20 }, start);
    const refused = early.find((call) => !call.ran);
    await refused?.settled;
    expect(refused?.error).toMatchObject({ retryAfter: 600 });
    await clock.advance(600);
    expect(Array.from({ length: 100 }, start).every((call) => call.ran)).toBe(true);
  });

  it('B12: rampFor 0 lets all calls in at once', async () => {
    const { start } = await ramping({ rampFor: 0 });
    expect(Array.from({ length: 100 }, start).every((call) => call.ran)).toBe(true);
  });

  it('B12: by default a client of five calls a second loses none of them, one of 60 is served 95% after 800 ms', async () => {
    for (const perSecond of [1, 5, 60]) {
      const { breaker, clock, start, succeed } = defaultHarness();
      breaker.trip();
      await clock.advance(500);
      await succeed(3);
      const ran: boolean[] = [];
      for (let i = 0; i < perSecond * 3; i++) {
        ran.push(start().ran);
        await clock.advance(1_000 / perSecond);
      }
      const lost = ran.filter((each) => !each).length;
      if (perSecond <= 5) expect(lost).toBe(0);
      else {
        expect(lost).toBeLessThanOrEqual(0.25 * perSecond);
        expect(ran.slice(0.8 * perSecond).filter((each) => !each).length).toBeLessThanOrEqual(1);
      }
    }
  });

  it('B12: a relapse reopens it, for longer; what ends well for the whole ramp is forgotten', async () => {
    const { breaker, clock, fail, succeed, transitions } = await ramping({
      consecutiveFailures: false,
    });
    await succeed(2);
    await fail(2);
    expect(breaker.state).toBe('closed');
    await fail();
    expect(transitions().at(-1)).toBe('closed > open: relapsed');
    expect(breaker.snapshot()).toMatchObject({ openings: 2, cause: { message: 'down' } });
    expect((breaker.snapshot().openUntil ?? 0) - clock.wallNow()).toBe(10_000);
    await clock.advance('10s');
    await succeed();
    expect(breaker.snapshot().openings).toBe(2);
    await clock.advance('1s');
    await fail(3);
    expect(breaker.snapshot()).toMatchObject({ state: 'closed', openings: 0 });
  });

  it('B12: its other rules hold in the ramp as well, and open it for longer', async () => {
    const { breaker, fail, transitions } = await ramping({ consecutiveFailures: 2 });
    await fail(2);
    expect(transitions().at(-1)).toBe('closed > open: consecutive_failures');
    expect(breaker.snapshot().openings).toBe(2);
  });

  it('B12: a call let in by the ramp that fails after it is no relapse', async () => {
    const { breaker, clock, start } = await ramping({ consecutiveFailures: false });
    const calls = Array.from({ length: 5 }, start);
    await clock.advance('1s');
    for (const call of calls) await call.fail();
    expect(breaker.snapshot()).toMatchObject({
      state: 'closed',
      openings: 0,
      window: { calls: 5, failures: 5 },
    });
  });

  it('B12: what says nothing of the upstream plays no part', async () => {
    const { breaker, start } = await ramping();
    for (let i = 0; i < 4; i++) await start().abort();
    expect(breaker.snapshot().ramp).toMatchObject({ calls: 0, failures: 0 });
  });

  it('B12: slow calls are failures in the ramp, where they count', async () => {
    const slow = { slowCallRate: 1, slowCallDuration: 100, rampFor: '5s' };
    const { clock, start, transitions } = await ramping(slow);
    const calls = [start(), start(), start()];
    await clock.advance(101);
    for (const call of calls) await call.succeed();
    expect(transitions().at(-1)).toBe('closed > open: relapsed');
  });

  it('B12: closing by hand needs no ramp, and trip, reset and isolate end one', async () => {
    for (const control of ['reset', 'isolate', 'trip'] as const) {
      const { breaker, clock, start, succeed } = await ramping();
      breaker[control]();
      expect(breaker.snapshot().ramp).toBeUndefined();
      if (control === 'trip') {
        expect(breaker.snapshot().openings).toBe(2);
        await clock.advance('10s');
        await succeed();
      }
      breaker.reset();
      expect(breaker.snapshot()).toMatchObject({ state: 'closed', openings: 0 });
      expect(Array.from({ length: 100 }, start).every((call) => call.ran)).toBe(true);
    }
  });

  it('B11, B12: a dry run lets in what the ramp would have refused, and counts nothing of it', async () => {
    const { breaker, events, start } = await ramping({ dryRun: true });
    const calls = Array.from({ length: 9 }, start);
    expect(calls.every((call) => call.ran)).toBe(true);
    expect(events.filter(({ type }) => type === 'rejection')).toMatchObject(
      Array(3).fill({ reason: 'circuit_open', enforced: false, retryAfter: 1_000 }),
    );
    for (const call of calls) await call.succeed();
    expect(breaker.snapshot().ramp).toMatchObject({ calls: 6, failures: 0 });
  });

  it('B7, B12: sets no timers, and ends when somebody looks', async () => {
    const { breaker, clock, start } = await ramping();
    start();
    expect(clock.pending).toBe(0);
    await clock.advance(999);
    expect(breaker.snapshot()).toMatchObject({ openings: 1, ramp: {} });
    await clock.advance(1);
    expect(breaker.state).toBe('closed');
    expect(breaker.snapshot()).toMatchObject({ openings: 0 });
    expect(breaker.snapshot().ramp).toBeUndefined();
  });

  it('B12, B13: what opened it is forgotten when it closes', async () => {
    const { breaker, fail, untilHalfOpen, succeed } = harness(RAMP);
    await untilHalfOpen();
    expect(breaker.snapshot().cause?.message).toBe(DOWN.message);
    await succeed();
    expect(breaker.snapshot()).toMatchObject({ state: 'closed', ramp: {} });
    expect(breaker.snapshot().cause).toBeUndefined();
    await fail(3);
    expect(breaker.snapshot().cause?.message).toBe(DOWN.message);
  });
});
