/**
 * What decides, part by part: the files whose code is mutated, and the tests that have to notice. Only a part's own tests are
 * asked, so that a decision is proved beside it and not by luck elsewhere.
 *
 * `files` are below `src/`, `tests` below `test/`; a `*` stands for any part of a name.
 */
export const PARTS = [
  {
    name: 'windows',
    files: ['windows/*.ts'],
    tests: ['windows/*.test.ts', 'issues/windows-*.test.ts'],
  },
  { name: 'durations', files: ['time/duration.ts'], tests: ['time/duration.test.ts'] },
  {
    name: 'circuit breaker',
    files: [
      'policies/circuit-breaker/trip-rule.ts',
      'policies/circuit-breaker/rule-judge.ts',
      'policies/circuit-breaker/probes.ts',
      'policies/circuit-breaker/open-duration.ts',
      'policies/circuit-breaker/ramp.ts',
      'policies/circuit-breaker/circuit.ts',
      'policies/circuit-breaker/own-open-for.ts',
      'policies/circuit-breaker/stays.ts',
      'policies/circuit-breaker/half-open-alarm.ts',
    ],
    tests: [
      'policies/circuit-breaker/circuit.test.ts',
      'policies/circuit-breaker/half-open.test.ts',
      'policies/circuit-breaker/judge.test.ts',
      'policies/circuit-breaker/late.test.ts',
      'policies/circuit-breaker/half-open-alarm.test.ts',
      'policies/circuit-breaker/open-duration.test.ts',
      'policies/circuit-breaker/own-open-for.test.ts',
      'policies/circuit-breaker/probes.test.ts',
      'policies/circuit-breaker/ramp.test.ts',
      'policies/circuit-breaker/run.test.ts',
      'policies/circuit-breaker/snapshot.test.ts',
      'policies/circuit-breaker/states.test.ts',
      'policies/circuit-breaker/trip-rule.test.ts',
      'policies/circuit-breaker/trip.test.ts',
    ],
  },
  {
    name: 'retry',
    files: [
      'policies/retry/backoff.ts',
      'policies/retry/delay.ts',
      'policies/retry/typical-duration.ts',
      'policies/retry-after.ts',
    ],
    tests: [
      'policies/retry/backoff.test.ts',
      'policies/retry/delay.test.ts',
      'policies/retry/typical-duration.test.ts',
      'policies/retry-after.test.ts',
    ],
  },
  {
    name: 'retry budget',
    files: ['policies/retry-budget/retry-budget.ts'],
    tests: ['policies/retry-budget/retry-budget.test.ts'],
  },
  {
    name: 'rate limiter',
    files: ['policies/rate-limiter/token-bucket.ts'],
    tests: ['policies/rate-limiter/token-bucket.test.ts'],
  },
  {
    name: 'throttle',
    files: ['policies/throttle/probability.ts', 'policies/throttle/recent-traffic.ts'],
    tests: ['policies/throttle/probability.test.ts', 'policies/throttle/recent-traffic.test.ts'],
  },
  {
    name: 'adaptive limiter',
    files: [
      'policies/adaptive-limiter/aimd.ts',
      'policies/adaptive-limiter/gradient.ts',
      'policies/adaptive-limiter/latency-regulator.ts',
      'policies/adaptive-limiter/limit.ts',
      'policies/adaptive-limiter/patience.ts',
      'policies/adaptive-limiter/round.ts',
      'policies/adaptive-limiter/unloaded-latency.ts',
      'policies/adaptive-limiter/vegas.ts',
    ],
    tests: [
      'policies/adaptive-limiter/latency-algorithms.test.ts',
      'policies/adaptive-limiter/limit.test.ts',
      'policies/adaptive-limiter/queue.test.ts',
    ],
  },
  {
    name: 'brake',
    files: ['policies/adaptive-limiter/brake/*.ts'],
    tests: [
      'policies/adaptive-limiter/brake/brake.test.ts',
      'policies/adaptive-limiter/brake/brake-regulator.test.ts',
      'policies/adaptive-limiter/brake/kept-slots.test.ts',
      'policies/adaptive-limiter/brake/stays.test.ts',
      'policies/adaptive-limiter/brake/trouble.test.ts',
      'policies/adaptive-limiter/brake/usual-latency.test.ts',
    ],
  },
  {
    name: 'verdicts on responses',
    files: [
      'fetch/http-date.ts',
      'fetch/methods.ts',
      'fetch/rate-limit.ts',
      'fetch/retry-after.ts',
      'fetch/statuses.ts',
      'fetch/verdict.ts',
    ],
    tests: [
      'fetch/http-date.test.ts',
      'fetch/methods.test.ts',
      'fetch/retry-after.test.ts',
      'fetch/statuses.test.ts',
      'fetch/verdict.test.ts',
    ],
  },
];
