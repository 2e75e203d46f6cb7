import { describe, expect, it } from 'vitest';
import { failure, success } from '../../../src/pipeline/outcome/outcome.js';
import { DOWN, gateCall, harness } from './support.js';

/** What a breaker tells telemetry: in the trace of a call, and when it is measured. */
describe('circuitBreaker: traces and measures', () => {
  it('a transition is noted in the trace of the call that caused it, and in no other', async () => {
    const { breaker, clock } = harness({ consecutiveFailures: 1, probes: 1 });
    const [failing, probing, after] = [gateCall(clock), gateCall(clock), gateCall(clock)];
    breaker.enter(failing);
    breaker.exit(failing, failure(DOWN));
    await clock.advance('5s');
    breaker.enter(probing);
    expect(probing.noted).toMatchObject([{ to: 'half_open', reason: 'open_elapsed' }]);
    breaker.exit(probing, success(1));
    breaker.enter(after);
    breaker.exit(after, success(1));
    breaker.trip();
    expect(failing.noted).toMatchObject([{ to: 'open', reason: 'consecutive_failures' }]);
    expect(probing.noted.slice(1)).toMatchObject([{ to: 'closed', reason: 'probes_succeeded' }]);
    expect(after.noted).toEqual([]);
  });

  it('so is the opening by a success that fills the window', async () => {
    const { breaker, clock, fail } = harness({ minimumCalls: 2 });
    await fail();
    const call = gateCall(clock);
    breaker.enter(call);
    breaker.exit(call, success(1));
    breaker.reset();
    expect(call.noted).toMatchObject([{ to: 'open', reason: 'failure_rate' }]);
  });

  it('a measure moves nothing, and shows open time that is over as half-open', async () => {
    const { breaker, clock, fail, transitions } = harness();
    await fail(2);
    const counts = { closed: 0, open: 0, half_open: 0, isolated: 0 };
    expect(breaker.measure(clock.now())).toEqual({
      state: 'closed',
      transitions: counts,
      calls: 2,
      failures: 2,
    });
    expect(breaker.measure(30_000)).toMatchObject({ calls: 0, failures: 0 });
    await fail(3);
    expect(breaker.measure(4_999)).toMatchObject({ state: 'open' });
    expect(breaker.measure(5_000)).toMatchObject({
      state: 'half_open',
      transitions: { ...counts, open: 1 },
    });
    expect(transitions()).toHaveLength(1);
  });

  it('slow calls are measured where they count', async () => {
    const { breaker, clock, start } = harness({ slowCallRate: 1, slowCallDuration: '1s' });
    const slow = start();
    await clock.advance('2s');
    await slow.succeed();
    expect(breaker.measure(clock.now())).toMatchObject({ calls: 1, failures: 0, slowCalls: 1 });
  });
});
