import { describe, expect, it } from 'vitest';
import {
  bulkhead,
  CircuitOpenError,
  circuitBreaker,
  pipeline,
  RejectedError,
  timeout,
} from '../../../src/index.js';
import { VirtualClock } from '../../../src/testing/index.js';
import { DOWN, defaultHarness, even, harness, start } from './support.js';

/** B6: the account of probes. */
describe('circuitBreaker: half-open', () => {
  it('B6: lets exactly three probes in by default, and refuses the rest at once', async () => {
    const { breaker, start, untilHalfOpen } = harness();
    await untilHalfOpen();
    const calls = Array.from({ length: 10 }, start);
    await Promise.all(calls.slice(3).map((call) => call.settled));
    expect(calls.map((call) => call.ran)).toEqual([
      ...Array(3).fill(true),
      ...Array(7).fill(false),
    ]);
    expect(calls[3]?.error).toBeInstanceOf(CircuitOpenError);
    expect(calls[3]?.error).toMatchObject({
      retryAfter: undefined,
      message: 'calls: the circuit breaker is probing',
    });
    for (const probe of calls.slice(0, 3)) await probe.succeed();
    expect(breaker.state).toBe('closed');
  });

  it.each([1, 2, 5])(
    'B6: lets %i probes in when told so, those that ended included',
    async (probes) => {
      const { breaker, start, succeed, untilHalfOpen } = harness({ probes });
      await untilHalfOpen();
      if (probes > 1) await succeed(probes - 1);
      const [last, more] = [start(), start()];
      await more.settled;
      expect([last.ran, more.ran, breaker.state]).toEqual([true, false, 'half_open']);
      await last.succeed();
      expect(breaker.state).toBe('closed');
    },
  );

  it('B6: reopens at the first failure, and the other probes say nothing any more', async () => {
    const { breaker, start, untilHalfOpen, clock } = harness();
    await untilHalfOpen();
    const [one, two, three] = [start(), start(), start()];
    await one.succeed();
    await two.fail();
    expect(breaker.state).toBe('open');
    const until = breaker.snapshot().openUntil;
    await three.fail();
    expect(breaker.snapshot()).toMatchObject({ state: 'open', openings: 2, openUntil: until });
    await clock.advance('10s');
    expect(breaker.state).toBe('half_open');
  });

  it('B6: closes at the given share, and reopens as soon as that cannot be reached', async () => {
    const options = { probes: 4, probeSuccessRate: 0.5 };
    const good = harness(options);
    await good.untilHalfOpen();
    await good.fail(2);
    await good.succeed();
    expect(good.breaker.state).toBe('half_open');
    await good.succeed();
    expect(good.breaker.state).toBe('closed');
    const bad = harness(options);
    await bad.untilHalfOpen();
    await bad.succeed();
    await bad.fail(2);
    expect(bad.breaker.state).toBe('half_open');
    await bad.fail();
    expect(bad.breaker.state).toBe('open');
  });

  it('B6: a cancelled probe frees its place (resilience4j 544)', async () => {
    const { breaker, start, succeed, untilHalfOpen } = harness({ probes: 1 });
    await untilHalfOpen();
    for (let i = 0; i < 20; i++) {
      const probe = start();
      expect(probe.ran).toBe(true);
      await probe.abort();
    }
    expect(breaker.state).toBe('half_open');
    await succeed();
    expect(breaker.state).toBe('closed');
  });

  it('B6: a probe refused further inside frees its place', async () => {
    const clock = new VirtualClock();
    const breaker = circuitBreaker({ probes: 1, random: even });
    const inside = bulkhead({ maxConcurrent: 1 });
    const slot = start(pipeline({ name: 'other', clock }, inside));
    const calls = pipeline({ name: 'calls', clock }, breaker, inside);
    breaker.trip();
    await clock.advance('5s');
    for (let i = 0; i < 5; i++) {
      await expect(calls.execute(() => 1)).rejects.toMatchObject({ code: 'ERR_BULKHEAD_FULL' });
    }
    expect(breaker.state).toBe('half_open');
    await slot.succeed();
    await calls.execute(() => 1);
    expect(breaker.state).toBe('closed');
  });

  it('B6: a probe aborted while it waits further inside frees its place', async () => {
    const clock = new VirtualClock();
    const breaker = circuitBreaker({ probes: 1, random: even });
    const inside = bulkhead({ maxConcurrent: 1, maxQueued: 10 });
    const slot = start(pipeline({ name: 'other', clock }, inside));
    const calls = pipeline({ name: 'calls', clock }, breaker, inside);
    breaker.trip();
    await clock.advance('5s');
    const waiting = start(calls);
    await waiting.abort();
    const next = start(calls);
    await slot.succeed();
    await clock.flush();
    expect(next.ran).toBe(true);
    await next.succeed();
    expect(breaker.state).toBe('closed');
  });

  it('B6: a probe whose operation reports a rejection of another pipeline frees its place', async () => {
    const { breaker, fail, succeed, untilHalfOpen } = harness({ probes: 1 });
    await untilHalfOpen();
    await fail(3, new RejectedError('elsewhere'));
    expect(breaker.state).toBe('half_open');
    await succeed();
    expect(breaker.state).toBe('closed');
  });

  it('B6: a call aborted beforehand takes no place', async () => {
    const { breaker, calls, start, untilHalfOpen } = harness({ probes: 1 });
    await untilHalfOpen();
    await calls.settle(() => 1, { signal: AbortSignal.abort() });
    const probe = start();
    expect(probe.ran).toBe(true);
    await probe.succeed();
    expect(breaker.state).toBe('closed');
  });

  it('G3: handle throwing in a probe frees its place', async () => {
    const fault = new TypeError('predicate');
    let broken = false;
    const { breaker, calls, succeed, untilHalfOpen } = harness({
      probes: 1,
      handle: (outcome) => {
        if (broken) throw fault;
        return outcome.kind === 'failure';
      },
    });
    await untilHalfOpen();
    broken = true;
    for (let i = 0; i < 3; i++) {
      await expect(calls.execute(() => Promise.reject(DOWN))).rejects.toBe(fault);
    }
    broken = false;
    expect(breaker.state).toBe('half_open');
    await succeed();
    expect(breaker.state).toBe('closed');
  });

  it('B6: a hung probe has failed after probeTimeout (resilience4j 903, 935, 1389, 1568)', async () => {
    const { breaker, clock, start, untilHalfOpen } = harness({ openFor: '2s', probeTimeout: '2s' });
    await untilHalfOpen();
    const hung = start();
    await clock.advance(1_999);
    expect(breaker.state).toBe('half_open');
    await clock.advance(1);
    const refused = start();
    await refused.settled;
    expect(refused.error).toMatchObject({ code: 'ERR_CIRCUIT_OPEN', retryAfter: 4_000 });
    await hung.succeed();
    expect(breaker.state).toBe('open');
  });

  it('B6: by default a probe may take 30 s, or openFor where that is longer', async () => {
    for (const [openFor, longest] of [
      ['500ms', 30_000],
      ['1m', 60_000],
    ] as const) {
      const { breaker, clock, start } = defaultHarness({ openFor, maxOpenFor: '2h' });
      breaker.trip();
      await clock.advance(openFor);
      start();
      await clock.advance(longest - 1);
      expect(breaker.state).toBe('half_open');
      await clock.advance(1);
      expect(breaker.state).toBe('open');
    }
  });

  it('B6: a probe that has not answered for maxOpenFor lets another one in its place, and still counts', async () => {
    for (const end of ['succeed', 'fail'] as const) {
      const { breaker, clock, start } = harness({
        probes: 2,
        maxOpenFor: '5s',
        probeTimeout: '1m',
      });
      breaker.trip();
      await clock.advance('5s');
      const hung = start();
      await clock.advance('1s');
      const [other, none] = [start(), start()];
      await clock.advance(3_999);
      expect([hung.ran, other.ran, none.ran, start().ran]).toEqual([true, true, false, false]);
      await clock.advance(1);
      const [again, no] = [start(), start()];
      expect([again.ran, no.ran]).toEqual([true, false]);
      await again.succeed();
      expect(breaker.state).toBe('half_open');
      await hung[end]();
      expect(breaker.state).toBe(end === 'succeed' ? 'closed' : 'open');
    }
  });

  it('B6: at most `probes` calls are let in within maxOpenFor: where they are few, none is lost', async () => {
    const { breaker, clock, start, succeed } = harness({ maxOpenFor: '5s', probeTimeout: '1m' });
    breaker.trip();
    await clock.advance('5s');
    await succeed(2);
    const [last, none] = [start(), start()];
    expect([last.ran, none.ran]).toEqual([true, false]);
    await clock.advance('5s');
    const more = [start(), start(), start(), start()];
    expect(more.map((call) => call.ran)).toEqual([true, true, true, false]);
    await more[0]?.succeed();
    expect(breaker.state).toBe('closed');
    await last.fail();
    expect(breaker.state).toBe('closed');
  });

  it('B6: probeTimeout says how long a probe may take', async () => {
    const { breaker, clock, start, untilHalfOpen } = harness({ probeTimeout: '100ms' });
    await untilHalfOpen();
    const probe = start();
    await clock.advance(100);
    await probe.succeed();
    expect(breaker.state).toBe('open');
  });

  it('B6: hung probes take no more than their share of places', async () => {
    const { breaker, clock, start, succeed, untilHalfOpen } = harness({
      probes: 3,
      probeSuccessRate: 0.5,
      probeTimeout: '1s',
    });
    await untilHalfOpen();
    const hung = start();
    await clock.advance('1s');
    expect(breaker.state).toBe('half_open');
    await succeed(2);
    expect(breaker.state).toBe('closed');
    await hung.fail();
    expect(breaker.snapshot().window.calls).toBe(0);
  });

  it('B6: a slow probe has failed where slow calls count', async () => {
    const { breaker, clock, start, untilHalfOpen } = harness({
      slowCallRate: 0.5,
      slowCallDuration: '1s',
      probes: 2,
    });
    await untilHalfOpen();
    const [fine, slow] = [start(), start()];
    await clock.advance('1s');
    await fine.succeed();
    expect(breaker.state).toBe('half_open');
    await clock.advance(1);
    await slow.succeed();
    expect(breaker.state).toBe('open');
  });

  it('B6: nobody waits while it probes, so nobody stampedes when it closes (Polly 216)', async () => {
    const { breaker, start, untilHalfOpen } = harness({ probes: 1 });
    await untilHalfOpen();
    const probe = start();
    const others = Array.from({ length: 1_000 }, start);
    await Promise.all(others.map((call) => call.settled));
    await probe.succeed();
    expect(breaker.state).toBe('closed');
    expect(others.some((call) => call.ran)).toBe(false);
  });

  it('B6: probes are never more than allowed, whatever comes and goes (resilience4j 1432)', async () => {
    const { breaker, clock, start, untilHalfOpen } = harness({ probes: 2, probeTimeout: '1h' });
    await untilHalfOpen();
    const running = new Set<ReturnType<typeof start>>();
    for (let i = 0; i < 200; i++) {
      const call = start();
      if (call.ran) running.add(call);
      expect(running.size).toBeLessThanOrEqual(2);
      if (i % 3 === 0) {
        const [first] = running;
        if (first !== undefined) {
          running.delete(first);
          await first.abort();
        }
      }
      await clock.advance(1);
    }
    expect(breaker.state).toBe('half_open');
  });

  it('B6: is never half-open for ever: whatever its probes do, it is decided after their time', async () => {
    const ends = ['succeed', 'fail', 'abort', 'hang'] as const;
    for (const first of ends) {
      for (const second of ends) {
        for (const third of ends) {
          const { breaker, clock, start, succeed, untilHalfOpen } = harness();
          await untilHalfOpen();
          for (const end of [first, second, third]) {
            const probe = start();
            if (end !== 'hang') await probe[end]();
          }
          await clock.advance('5s');
          // Places that were freed are taken by later calls, so three more decide it.
          for (let i = 0; i < 3; i++) await succeed();
          expect(breaker.state).not.toBe('half_open');
        }
      }
    }
  });

  it('B6: a timeout inside makes a probe fail', async () => {
    const clock = new VirtualClock();
    const breaker = circuitBreaker({ random: even });
    const calls = pipeline({ name: 'calls', clock }, breaker, timeout('1s'));
    breaker.trip();
    await clock.advance('5s');
    const probe = start(calls);
    await clock.advance('1s');
    await probe.settled;
    expect(breaker.state).toBe('open');
  });

  it('B6: half-open without a call in flight knows nothing worth keeping', async () => {
    const { breaker, fail, untilHalfOpen } = harness();
    expect(breaker.busy()).toBe(false);
    await fail(5);
    expect(breaker.busy()).toBe(true);
    breaker.reset();
    await untilHalfOpen();
    expect(breaker.busy()).toBe(false);
    breaker.isolate();
    expect(breaker.busy()).toBe(true);
  });
});
