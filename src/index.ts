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
export * from './deadlines/index.js';
export * from './errors.js';
export type {
  CallTraits,
  CorrectableCost,
  Cost,
  Priority,
} from './pipeline/contract/call-traits.js';
export type { Context, Operation } from './pipeline/contract/context.js';
export type {
  BreakerState,
  EventBody,
  EventOf,
  EventType,
  HedgeStop,
  Listener,
  PipelineEvent,
  RetryStop,
  ToldOutcome,
} from './pipeline/contract/events.js';
export type { ChaosInjection, ChaosRates } from './pipeline/contract/injection.js';
export type { PolicyMeasures } from './pipeline/contract/measures.js';
export type {
  Admission,
  Call,
  Drive,
  Driver,
  Gate,
  NextOptions,
  Policy,
  PolicyBase,
} from './pipeline/contract/policy.js';
export type { Refusals } from './pipeline/contract/refusals.js';
export type { PipelineSnapshot, PoliciesOf } from './pipeline/contract/snapshot.js';
export type { Drained, DrainOptions } from './pipeline/lifecycle/drain.js';
export type { CallOptions } from './pipeline/options/call-options.js';
export type { Discard, ErrorTypeOf, StatusOf } from './pipeline/options/hooks.js';
export type { AnyRegistry, JoinOptions } from './pipeline/options/joining.js';
export type { PipelineOptions } from './pipeline/options/pipeline-options.js';
export type { SpanMode, TelemetryOptions } from './pipeline/options/telemetry-options.js';
export type { CockatielFilter } from './pipeline/outcome/cockatiel-filter.js';
export type { IsFailure } from './pipeline/outcome/failure-rule.js';
export type { Failure, Outcome, OutcomeKind, Success } from './pipeline/outcome/outcome.js';
export { failure, success } from './pipeline/outcome/outcome.js';
export type { Verdict } from './pipeline/outcome/verdict.js';
export type {
  AddsOf,
  Pipeline,
  PipelineLayer,
} from './pipeline/pipeline.js';
export * from './policies/adaptive-limiter/index.js';
export * from './policies/bulkhead/index.js';
export * from './policies/chaos/index.js';
export * from './policies/circuit-breaker/index.js';
export * from './policies/ejection/index.js';
export * from './policies/fallback/index.js';
export type { Handle } from './policies/filter.js';
export * from './policies/hedge/index.js';
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
export type { HealthCounts, HealthReason, HealthStatus } from './registry/health.js';
export type { Keyed, KeyedDrained } from './registry/keyed.js';
export { keyed } from './registry/keyed.js';
export type { KeyedOptions } from './registry/keyed-options.js';
export type { MapOptions } from './registry/map/map-of.js';
export type { MapEdge, MapNode, MapState, ServiceMap } from './registry/map/service-map.js';
export type { Joinable, Member, MemberKind } from './registry/member.js';
export type { HealthOptions, Registry, RegistryDrained } from './registry/registry.js';
export { defaultRegistry, registry } from './registry/registry.js';
export type { DependencyHealth, HealthReport } from './registry/report.js';
export { reviveError } from './revive-error.js';
export type { Clock } from './time/clock.js';
export { systemClock } from './time/clock.js';
export type { Deadline, DeadlineListener, DeadlineQueue } from './time/deadline-queue.js';
export type { Duration } from './time/duration.js';
export { parseDuration } from './time/parse-duration.js';
export type { TimeSource } from './time/time-source.js';
