import type { Policy } from '../pipeline/contract.js';
import type { Outcome } from '../pipeline/outcome.js';
import type { PipelineLayer } from '../pipeline/pipeline.js';
import { Pipeline } from '../pipeline/pipeline.js';
import type { Layer } from '../pipeline/plan.js';
import { AdaptiveLimiterPolicy } from '../policies/adaptive-limiter/adaptive-limiter.js';
import { CircuitBreakerPolicy } from '../policies/circuit-breaker/circuit-breaker.js';
import { RetryPolicy } from '../policies/retry/retry.js';
import { standard } from '../policies/standard.js';
import { ThrottlePolicy } from '../policies/throttle/throttle.js';
import { TimeoutPolicy } from '../policies/timeout/timeout.js';
import type { Clock } from '../time/clock.js';
import type { ParsedPolicies } from './options.js';
import { delayReader, isFetchFailure, isFetchOverload, retryHandle } from './verdict.js';

/** Is given a response that is kept, unread, while a retry waits. */
export type Keep = (response: unknown) => void;

/** The policies of a template, with HTTP's rules where they have none of their own. */
export function httpPolicies(
  given: ParsedPolicies | undefined,
  clock: Clock,
  keep: Keep = () => {},
): PipelineLayer[] {
  const delayFrom = delayReader(clock);
  const onKept = (outcome: Outcome): void => {
    if (outcome.kind === 'success') keep(outcome.value);
  };
  const withRules = (policy: Policy<unknown>): Policy<unknown> => {
    if (policy instanceof RetryPolicy) return policy.derive(retryHandle, delayFrom, onKept);
    if (policy instanceof CircuitBreakerPolicy) return policy.derive(isFetchFailure, delayFrom);
    if (policy instanceof AdaptiveLimiterPolicy) return policy.derive(isFetchOverload);
    if (policy instanceof ThrottlePolicy) return policy.derive(isFetchFailure);
    return policy;
  };
  return layersOf(given).flatMap((layer) =>
    Pipeline.is(layer)
      ? layer.plan.layers.map(({ policy }) => withRules(policy))
      : // What is no policy is for the pipeline to refuse.
        [withRules(layer)],
  );
}

function layersOf(given: ParsedPolicies | undefined): readonly PipelineLayer[] {
  if (Pipeline.is(given)) return [given];
  return Array.isArray(given)
    ? given
    : standard(given as Exclude<typeof given, readonly unknown[]>);
}

/** What the policies of a pipeline mean for its responses. */
export interface Bounds {
  /** How long the discarded Response of an attempt may take to be read: the shortest of the timeouts. */
  readonly discardMs: number;
  /** Is told of every response, where it matters whose it is. */
  readonly arrived?: (response: unknown) => void;
}

/** Where there is no timeout at all. */
export const DEFAULT_DISCARD_MS = 10_000;

/** Finds the timeouts of a pipeline. */
export function boundsOf(layers: readonly Layer[]): Bounds {
  const times = layers.flatMap(({ policy }) =>
    policy instanceof TimeoutPolicy ? [policy.timeoutMs] : [],
  );
  return { discardMs: times.length === 0 ? DEFAULT_DISCARD_MS : Math.min(...times) };
}
