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
  {
    name: 'durations',
    files: ['time/duration.ts', 'time/duration-hint.ts'],
    tests: ['time/duration.test.ts'],
  },
  {
    name: 'trip rule',
    files: ['policies/circuit-breaker/trip-rule.ts'],
    tests: ['policies/circuit-breaker/trip-rule.test.ts'],
  },
  {
    name: 'breaker: judge',
    files: ['policies/circuit-breaker/rule-judge.ts'],
    tests: [
      'policies/circuit-breaker/judge.test.ts',
      'policies/circuit-breaker/late.test.ts',
      'policies/circuit-breaker/run.test.ts',
      'policies/circuit-breaker/snapshot.test.ts',
      'policies/circuit-breaker/trip.test.ts',
    ],
  },
  {
    name: 'breaker: probes',
    files: ['policies/circuit-breaker/probes.ts'],
    tests: [
      'policies/circuit-breaker/half-open.test.ts',
      'policies/circuit-breaker/probes.test.ts',
    ],
  },
  {
    name: 'breaker: open time',
    files: [
      'policies/circuit-breaker/open-duration.ts',
      'policies/circuit-breaker/own-open-for.ts',
      'policies/circuit-breaker/stays.ts',
    ],
    tests: [
      'issues/chance-that-is-none.test.ts',
      'issues/circuit-breaker-spread-at-the-longest.test.ts',
      'policies/circuit-breaker/open-duration.test.ts',
      'policies/circuit-breaker/options.test.ts',
      'policies/circuit-breaker/own-open-for.test.ts',
    ],
  },
  {
    name: 'breaker: alarm',
    files: ['policies/circuit-breaker/half-open-alarm.ts'],
    tests: ['policies/circuit-breaker/half-open-alarm.test.ts'],
  },
  {
    name: 'breaker: ramp',
    files: ['policies/circuit-breaker/ramp.ts'],
    tests: ['policies/circuit-breaker/ramp.test.ts'],
  },
  {
    name: 'breaker: circuit',
    files: ['policies/circuit-breaker/circuit.ts'],
    tests: [
      'policies/circuit-breaker/by-hand.test.ts',
      'policies/circuit-breaker/cause.test.ts',
      'policies/circuit-breaker/circuit.test.ts',
      'policies/circuit-breaker/half-open.test.ts',
      'policies/circuit-breaker/late.test.ts',
      'policies/circuit-breaker/own-open-for.test.ts',
      'policies/circuit-breaker/run.test.ts',
      'policies/circuit-breaker/snapshot.test.ts',
      'policies/circuit-breaker/states.test.ts',
    ],
  },
  {
    name: 'backoff',
    files: ['policies/retry/backoff.ts'],
    tests: ['policies/retry/backoff.test.ts'],
  },
  { name: 'delay', files: ['policies/retry/delay.ts'], tests: ['policies/retry/delay.test.ts'] },
  {
    name: 'typical duration',
    files: ['policies/retry/typical-duration.ts'],
    tests: ['policies/retry/typical-duration.test.ts'],
  },
  {
    name: 'asked-for delays',
    files: ['policies/retry-after.ts'],
    tests: ['policies/retry-after.test.ts'],
  },
  {
    name: 'retry budget',
    files: ['policies/retry-budget/retry-budget.ts'],
    tests: ['policies/retry-budget/retry-budget.test.ts'],
  },
  {
    name: 'rate limiter',
    files: ['policies/token-bucket.ts'],
    tests: ['policies/token-bucket.test.ts'],
  },
  {
    name: 'ejection',
    files: ['policies/ejection/outliers.ts', 'policies/ejection/stay.ts', 'registry/pick.ts'],
    tests: [
      'policies/ejection/outliers.test.ts',
      'policies/ejection/stay.test.ts',
      'registry/pick.test.ts',
    ],
  },
  {
    name: 'hedges',
    files: ['policies/hedge/extra-load.ts'],
    tests: ['policies/hedge/extra-load.test.ts'],
  },
  {
    name: 'turns',
    files: ['policies/priority/ranked-queue.ts', 'policies/priority/turns.ts'],
    tests: ['policies/priority/ranked-queue.test.ts'],
  },
  {
    name: 'blocks',
    files: ['time/blocks.ts'],
    tests: ['time/blocks.test.ts'],
  },
  {
    name: 'throttle',
    files: ['policies/throttle/probability.ts', 'policies/throttle/recent-traffic.ts'],
    tests: ['policies/throttle/probability.test.ts', 'policies/throttle/recent-traffic.test.ts'],
  },
  {
    name: 'limit',
    files: [
      'policies/adaptive-limiter/aimd.ts',
      'policies/adaptive-limiter/gradient.ts',
      'policies/adaptive-limiter/limit.ts',
      'policies/adaptive-limiter/overload.ts',
      'policies/adaptive-limiter/round.ts',
      'policies/adaptive-limiter/vegas.ts',
    ],
    tests: ['policies/adaptive-limiter/limit.test.ts'],
  },
  {
    name: 'unloaded latency',
    files: ['policies/adaptive-limiter/unloaded-latency.ts'],
    tests: ['policies/adaptive-limiter/unloaded-latency.test.ts'],
  },
  {
    name: 'latency regulator',
    files: ['policies/adaptive-limiter/latency-regulator.ts'],
    tests: ['policies/adaptive-limiter/latency-regulator.test.ts'],
  },
  {
    name: 'patience',
    files: ['policies/adaptive-limiter/patience.ts'],
    tests: ['policies/adaptive-limiter/queue.test.ts'],
  },
  {
    name: 'brake',
    files: ['policies/adaptive-limiter/brake/brake.ts'],
    tests: ['policies/adaptive-limiter/brake/brake.test.ts'],
  },
  {
    name: 'brake: brake regulator',
    files: ['policies/adaptive-limiter/brake/brake-regulator.ts'],
    tests: ['policies/adaptive-limiter/brake/brake-regulator.test.ts'],
  },
  {
    name: 'brake: kept slots',
    files: ['policies/adaptive-limiter/brake/kept-slots.ts'],
    tests: ['policies/adaptive-limiter/brake/kept-slots.test.ts'],
  },
  {
    name: 'brake: stays',
    files: ['policies/adaptive-limiter/brake/stays.ts'],
    tests: ['policies/adaptive-limiter/brake/stays.test.ts'],
  },
  {
    name: 'brake: trouble',
    files: ['policies/adaptive-limiter/brake/trouble.ts'],
    tests: ['policies/adaptive-limiter/brake/trouble.test.ts'],
  },
  {
    name: 'brake: usual latency',
    files: ['policies/adaptive-limiter/brake/usual-latency.ts'],
    tests: ['policies/adaptive-limiter/brake/usual-latency.test.ts'],
  },
  { name: 'http dates', files: ['fetch/retry/http-date.ts'], tests: ['fetch/http-date.test.ts'] },
  {
    name: 'methods',
    files: ['fetch/request/method.ts', 'fetch/retry/repeatable.ts'],
    tests: ['fetch/methods.test.ts'],
  },
  {
    name: 'rate limits of servers',
    files: ['fetch/retry/rate-limit-headers.ts', 'fetch/retry/retry-after.ts'],
    tests: ['fetch/retry-after.test.ts'],
  },
  { name: 'statuses', files: ['fetch/verdict/statuses.ts'], tests: ['fetch/statuses.test.ts'] },
  {
    name: 'verdicts on responses',
    files: ['fetch/verdict/answer.ts', 'fetch/verdict/verdict.ts', 'fetch/retry/retry-rule.ts'],
    tests: ['fetch/verdict.test.ts'],
  },
  {
    name: 'registry: health',
    files: ['registry/health.ts'],
    tests: ['registry/health.test.ts'],
  },
  {
    name: 'registry: requirements',
    files: ['registry/requirements.ts'],
    tests: ['registry/requirements.test.ts'],
  },
  {
    name: 'steps of the straight path',
    files: ['pipeline/straight/steps.ts', 'pipeline/straight/usual-steps.ts'],
    tests: ['pipeline/usual-steps.test.ts'],
  },
  {
    name: 'rate limiter: windows of a quota',
    files: ['policies/rate-limiter/quota-window.ts'],
    tests: [
      'issues/quotas-that-get-back-too-much.test.ts',
      'policies/rate-limiter/quota-windows.property.test.ts',
      'policies/rate-limiter/upstream-quota.test.ts',
    ],
  },
];
