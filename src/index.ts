/** 'holdfast': the core's public face. */

export type { IBackoff, IBackoffFactory, IBreaker } from 'cockatiel';
export {
  ConsecutiveBreaker,
  ConstantBackoff,
  CountBreaker,
  DelegateBackoff,
  ExponentialBackoff,
  handleAll,
  handleResultType,
  handleType,
  handleWhen,
  handleWhenResult,
  IterableBackoff,
  SamplingBreaker,
} from 'cockatiel';
export { pipeline } from './create.js';
export * from './errors.js';
export type { CallOptions } from './pipeline/call-options.js';
export type { CockatielFilter } from './pipeline/cockatiel-filter.js';
export type { Context, Operation } from './pipeline/context.js';
export type {
  Admission,
  Call,
  Drive,
  Driver,
  Gate,
  NextOptions,
  Policy,
  PolicyBase,
} from './pipeline/contract.js';
export type { Drained, DrainOptions } from './pipeline/drain.js';
export type {
  BreakerState,
  EventBody,
  EventOf,
  EventType,
  Listener,
  PipelineEvent,
  RetryStop,
  ToldOutcome,
} from './pipeline/events.js';
export type { IsFailure, Verdict } from './pipeline/failure-rule.js';
export type { Discard, ErrorTypeOf, StatusOf } from './pipeline/host.js';
export type { PolicyMeasures } from './pipeline/observer.js';
export type { PipelineOptions } from './pipeline/options.js';
export type { Failure, Outcome, OutcomeKind, Success } from './pipeline/outcome.js';
export { failure, success } from './pipeline/outcome.js';
export type {
  AddsOf,
  Pipeline,
  PipelineLayer,
} from './pipeline/pipeline.js';
export type { Refusals } from './pipeline/refusals.js';
export type { PipelineSnapshot, PoliciesOf } from './pipeline/snapshot-types.js';
export type { SpanMode, TelemetryOptions } from './pipeline/telemetry-options.js';
export * from './policies/adaptive-limiter/index.js';
export * from './policies/bulkhead/index.js';
export * from './policies/circuit-breaker/index.js';
export * from './policies/fallback/index.js';
export type { Handle } from './policies/filter.js';
export type { Named } from './policies/named.js';
export * from './policies/rate-limiter/index.js';
export * from './policies/retry/index.js';
export type { RetryBudget, RetryBudgetOptions } from './policies/retry-budget/index.js';
export { retryBudget } from './policies/retry-budget/index.js';
export type {
  AnyStandardSnapshots,
  StandardOptions,
  StandardPolicy,
  StandardPolicyName,
  StandardSnapshots,
} from './policies/standard.js';
export { standard, standardPolicyNames } from './policies/standard.js';
export * from './policies/throttle/index.js';
export * from './policies/timeout/index.js';
export type { Keyed, KeyedDrained, KeyedOptions } from './registry/keyed.js';
export { keyed } from './registry/keyed.js';
export { reviveError } from './revive-error.js';
export type { Clock } from './time/clock.js';
export { systemClock } from './time/clock.js';
export type { Deadline, DeadlineListener, DeadlineQueue } from './time/deadline-queue.js';
export type { Duration } from './time/duration.js';
export { parseDuration } from './time/parse-duration.js';
export type { TimeSource } from './time/time-source.js';
