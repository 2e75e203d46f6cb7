/**
 * Every name that telemetry emits, in one table. OpenTelemetry has no convention for resilience yet. When it gets one, change
 * this file. The dashboard, the alert rules and the tables of docs/telemetry.md are made from it.
 */

import { OVERFLOW, PIPELINE } from './first-names.js';

/** What a metric is. */
export interface Metric {
  readonly name: string;
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly unit: string;
  readonly description: string;
  /** In addition to {@link attribute.pipeline}. */
  readonly attributes: readonly string[];
}

/** The attributes of metrics, spans and log lines. */
export const attribute = {
  pipeline: PIPELINE,
  policy: 'holdfast.policy',
  outcome: 'holdfast.outcome',
  retried: 'holdfast.retried',
  attemptKind: 'holdfast.attempt.kind',
  reason: 'holdfast.reason',
  rejectedBy: 'holdfast.rejected_by',
  enforced: 'holdfast.enforced',
  priority: 'holdfast.priority',
  state: 'holdfast.state',
  previousState: 'holdfast.previous_state',
  attempts: 'holdfast.attempts',
  attempt: 'holdfast.attempt',
  delay: 'holdfast.delay',
  openFor: 'holdfast.open_for',
  ejectedFor: 'holdfast.ejected_for',
  activeFor: 'holdfast.active_for',
  key: 'holdfast.key',
  callId: 'holdfast.call_id',
  operation: 'holdfast.operation',
  urlTemplate: 'url.template',
  injection: 'holdfast.injection',
  errorType: 'error.type',
  statusCode: 'http.response.status_code',
  resendCount: 'http.request.resend_count',
  exceptionType: 'exception.type',
  exceptionMessage: 'exception.message',
  exceptionStacktrace: 'exception.stacktrace',
  overflow: OVERFLOW,
} as const;

const { policy, outcome, retried, attemptKind, reason, enforced, state, errorType, statusCode } =
  attribute;
const { priority } = attribute;
const { injection } = attribute;

/** The metrics. */
export const metric = {
  calls: {
    name: 'holdfast.calls',
    kind: 'counter',
    unit: '{call}',
    description: 'Calls that settled; one whose body failed afterwards is counted once more.',
    attributes: [outcome, retried, errorType],
  },
  callDuration: {
    name: 'holdfast.call.duration',
    kind: 'histogram',
    unit: 's',
    description: 'Duration of calls, with all their attempts and waits.',
    attributes: [outcome, errorType],
  },
  attempts: {
    name: 'holdfast.attempts',
    kind: 'counter',
    unit: '{attempt}',
    description: 'Times an operation was called.',
    attributes: [attemptKind, outcome],
  },
  retryDelay: {
    name: 'holdfast.retry.delay',
    kind: 'histogram',
    unit: 's',
    description: 'Delays before retries.',
    attributes: [policy],
  },
  rejections: {
    name: 'holdfast.rejections',
    kind: 'counter',
    unit: '{call}',
    description:
      'Calls that a policy refused, or would have refused if it were not a dry run. The priority is there for calls that say one.',
    attributes: [policy, reason, enforced, priority],
  },
  queueWait: {
    name: 'holdfast.queue.wait',
    kind: 'histogram',
    unit: 's',
    description: 'Time that calls waited to be let in, of those that had to wait.',
    attributes: [policy],
  },
  limitReached: {
    name: 'holdfast.limit.reached',
    kind: 'counter',
    unit: '{call}',
    description: 'Calls that reached a limit: they had to wait there, or were refused at once.',
    attributes: [policy],
  },
  breakerState: {
    name: 'holdfast.circuit_breaker.state',
    kind: 'gauge',
    unit: '{circuit_breaker}',
    description:
      'Circuit breakers in this state: 1 for the current one, of a keyed pipeline the number of copies.',
    attributes: [policy, state],
  },
  breakerTransitions: {
    name: 'holdfast.circuit_breaker.transitions',
    kind: 'counter',
    unit: '{transition}',
    description: 'Changes to this state.',
    attributes: [policy, state],
  },
  breakerTime: {
    name: 'holdfast.circuit_breaker.time',
    kind: 'counter',
    unit: 's',
    description: 'Time spent in this state, of a keyed pipeline by all its copies together.',
    attributes: [policy, state],
  },
  breakerFailureRate: {
    name: 'holdfast.circuit_breaker.failure_rate',
    kind: 'gauge',
    unit: '1',
    description: 'Share of failures among the calls in the window.',
    attributes: [policy],
  },
  breakerSlowCallRate: {
    name: 'holdfast.circuit_breaker.slow_call_rate',
    kind: 'gauge',
    unit: '1',
    description: 'Share of slow calls among the calls in the window, where slowness is judged.',
    attributes: [policy],
  },
  bulkheadInFlight: {
    name: 'holdfast.bulkhead.in_flight',
    kind: 'gauge',
    unit: '{call}',
    description: 'Calls inside.',
    attributes: [policy],
  },
  bulkheadQueued: {
    name: 'holdfast.bulkhead.queued',
    kind: 'gauge',
    unit: '{call}',
    description: 'Calls that wait for a slot.',
    attributes: [policy],
  },
  bulkheadLimit: {
    name: 'holdfast.bulkhead.limit',
    kind: 'gauge',
    unit: '{call}',
    description: 'How many calls may be inside at once.',
    attributes: [policy],
  },
  rateLimiterAvailable: {
    name: 'holdfast.rate_limiter.available',
    kind: 'gauge',
    unit: '{permit}',
    description: 'Permits that are free now.',
    attributes: [policy],
  },
  adaptiveLimiterLimit: {
    name: 'holdfast.adaptive_limiter.limit',
    kind: 'gauge',
    unit: '{call}',
    description: 'How many calls may be inside at once, as found by now.',
    attributes: [policy],
  },
  adaptiveLimiterInFlight: {
    name: 'holdfast.adaptive_limiter.in_flight',
    kind: 'gauge',
    unit: '{call}',
    description: 'Calls inside.',
    attributes: [policy],
  },
  adaptiveLimiterQueued: {
    name: 'holdfast.adaptive_limiter.queued',
    kind: 'gauge',
    unit: '{call}',
    description: 'Calls that wait for a slot.',
    attributes: [policy],
  },
  adaptiveLimiterAtFloor: {
    name: 'holdfast.adaptive_limiter.at_floor',
    kind: 'gauge',
    unit: '{adaptive_limiter}',
    description:
      'Adaptive limiters whose limit is as low as it gets: 1 or 0, of a keyed pipeline the number of copies.',
    attributes: [policy],
  },
  ejections: {
    name: 'holdfast.ejections',
    kind: 'counter',
    unit: '{ejection}',
    description:
      'Times a host stood out by its failures; enforced: and was left out, as its time and share allowed.',
    attributes: [policy, reason, enforced],
  },
  ejectedHosts: {
    name: 'holdfast.ejection.hosts',
    kind: 'gauge',
    unit: '{host}',
    description: 'Hosts that are left out now.',
    attributes: [policy],
  },
  throttleProbability: {
    name: 'holdfast.throttle.probability',
    kind: 'gauge',
    unit: '1',
    description:
      'Probability with which a call is refused; of several together, over all their calls.',
    attributes: [policy],
  },
  retryBudgetBalance: {
    name: 'holdfast.retry_budget.balance',
    kind: 'gauge',
    unit: '{retry}',
    description: 'Retries that the budget allows now; of several together, those of the poorest.',
    attributes: [policy],
  },
  chaosActive: {
    name: 'holdfast.chaos.active',
    kind: 'gauge',
    unit: '1',
    description: 'Whether a chaos policy is on: 1 or 0.',
    attributes: [policy],
  },
  chaosInjections: {
    name: 'holdfast.chaos.injections',
    kind: 'counter',
    unit: '{injection}',
    description: 'What a chaos policy injected.',
    attributes: [policy, injection],
  },
} as const satisfies Record<string, Metric>;

/** Names of {@link metric}. */
export type MetricId = keyof typeof metric;

/** Bucket boundaries of the histograms, in seconds. They are those of OpenTelemetry's HTTP convention. */
export const DURATION_BUCKETS = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];

/** Spans are named `holdfast <pipeline>`. */
export const SPAN_PREFIX = 'holdfast ';

/** The events on a call's span, with their attributes. */
export const spanEvent = {
  retry: {
    name: 'holdfast.retry',
    description: 'A retry was decided on, and starts after the delay (seconds).',
    attributes: [policy, attribute.attempt, attribute.delay, outcome, statusCode, errorType],
  },
  retryStopped: {
    name: 'holdfast.retry_stopped',
    description:
      'No further retry: none is left, budget, deadline or server forbid it, or a policy inside refused it.',
    attributes: [policy, reason, attribute.rejectedBy, attribute.attempts, statusCode],
  },
  hedge: {
    name: 'holdfast.hedge',
    description: 'A further attempt that ran beside another one ended, or was given up.',
    attributes: [attribute.attempt, outcome, statusCode, errorType],
  },
  hedgeStopped: {
    name: 'holdfast.hedge_stopped',
    description:
      'No further hedge: budget, deadline or an overload forbid it, it would have to wait, or a policy inside refused it.',
    attributes: [policy, reason, attribute.rejectedBy, attribute.attempts],
  },
  timeout: {
    name: 'holdfast.timeout',
    description: 'A timeout (of that many seconds) expired.',
    attributes: [policy, attribute.delay],
  },
  rejection: {
    name: 'holdfast.rejection',
    description: 'A policy refused the call, or would have.',
    attributes: [policy, reason, enforced, priority],
  },
  transition: {
    name: 'holdfast.transition',
    description: 'This call made a circuit breaker change its state.',
    attributes: [policy, attribute.previousState, state, reason, enforced],
  },
  fallback: {
    name: 'holdfast.fallback',
    description: 'A fallback answered in place of this outcome.',
    attributes: [policy, outcome, statusCode, errorType],
  },
  chaos: {
    name: 'holdfast.chaos',
    description: 'A chaos policy injected this, a latency of that many seconds.',
    attributes: [policy, injection, attribute.delay, errorType],
  },
  queued: {
    name: 'holdfast.queued',
    description: 'The call waits in a queue.',
    attributes: [policy, priority],
  },
} as const;

/** The log record for an exception that a call ended with, if exceptions go to logs. */
export const exceptionLog = { name: 'holdfast.call.exception' } as const;

export { VERSION } from '../copies.js';
export { channel } from './first-names.js';

/** The instrumentation scope of meters and tracers. */
export const SCOPE = 'holdfast';
