import { expect, it } from 'vitest';
import type { StraightEnd, StraightEntrant } from '../../../src/pipeline/contract/straight-half.js';
import { failure } from '../../../src/pipeline/outcome/outcome.js';
import { CallEnds } from '../../../src/policies/circuit-breaker/call-ends.js';
import type { Circuit } from '../../../src/policies/circuit-breaker/circuit.js';
import { circuitBreaker } from '../../../src/policies/circuit-breaker/index.js';
import { resolveCircuitBreaker } from '../../../src/policies/circuit-breaker/options.js';
import { RuleJudge } from '../../../src/policies/circuit-breaker/rule-judge.js';
import { TimeSource } from '../../../src/time/time-source.js';
import { LoopClock } from '../../time/support/loop-clock.js';

const circuit = {
  state: 'closed',
  stamp: 0,
  advance() {},
  failLate: () => false,
  step: () => true,
};

/** A source that last ticked 4 ms ago. */
const at = (now: number) =>
  ({ ticking: true, now: () => now, recent: () => now - 4 }) as unknown as TimeSource;

it.each([
  ['long', '1s', 1_602],
  ['so short that each failure is timed exactly', '20ms', 1_600],
] as const)(
  'B2: how long failures have been coming does not start anew with a reading of the last tick, where failingFor is %s',
  (_, failingFor, lastedMs) => {
    const options = resolveCircuitBreaker({ failingFor });
    const judge = new RuleJudge(options);
    const ends = new CallEnds(options, circuit as unknown as Circuit, judge);
    const failed = failure(new Error('no'));
    ends.failedPlainly(failed, 0, at(1_000));
    // Recorded with an exact reading.
    ends.failedLate(failed, 1_500, 2_598);
    ends.failedPlainly(failed, 0, at(2_600));
    expect(judge.runLastedMs).toBe(lastedMs);
  },
);

it('B10: failures that a restored breaker knows of go on with a failure in the same tick', () => {
  const clock = new LoopClock();
  const time = new TimeSource(clock, () => true);
  while (!time.ticking) time.recent();
  clock.block(3);
  const breaker = circuitBreaker({
    failingFor: '1s',
    initialState: {
      state: 'closed',
      at: clock.time,
      openings: 0,
      consecutiveFailures: 3,
      failingSince: clock.time - 5_000,
      window: { calls: 3, failures: 3, slow: 0 },
    },
  });
  breaker.bind(time);
  const half = breaker.straight({ layer: 0, time, take: () => true, outside: [] });
  const entrant = { attempt: 0 } as StraightEntrant;
  expect(half?.enter?.(entrant)).toBe(true);
  expect(half?.fail?.(entrant, { ...failure(new Error('no')), answer() {} } as StraightEnd)).toBe(
    true,
  );
  const { failingSince, consecutiveFailures } = breaker.snapshot();
  expect(consecutiveFailures).toBe(4);
  expect(failingSince).toBe(clock.time - 5_000);
});
