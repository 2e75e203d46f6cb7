import { isAnyPipeline } from '../../pipeline/any-pipeline.js';
import type { LayerSettings } from '../../pipeline/contract/context.js';
import type { Policy } from '../../pipeline/contract/policy.js';
import type { PipelineLayer } from '../../pipeline/pipeline.js';
import type { Layer } from '../../pipeline/plan.js';
import type { ClientLayers } from '../../policies/client-rules.js';
import { withClientRules } from '../../policies/client-rules.js';
import type { ParsedPolicies } from '../../policies/policy-forms.js';
import { ATTEMPT_TIMEOUT, standard, TOTAL_TIMEOUT } from '../../policies/standard.js';
import { DormantTimeout } from '../../policies/timeout/dormant.js';
import type { Clock } from '../../time/clock.js';
import { delayReader, retryHandle } from '../retry/retry-rule.js';
import {
  classified,
  countingHandle,
  isFetchOverload,
  isSureAnswer,
  ruleBeside,
} from '../verdict/verdict.js';
import { shortest } from './call-bound.js';
import type { Places } from './call-settings.js';
import { placesOf } from './call-settings.js';

/** Called with a response that is kept, unread, while a retry waits. */
export type Keep = (response: unknown) => void;

/** The policies of a template. Those without rules of their own get HTTP's rules. */
export function httpPolicies(
  given: ParsedPolicies | undefined,
  clock: Clock,
  keep: Keep = () => {},
): ClientLayers {
  return withClientRules(layersOf(given), {
    retryHandle,
    countingHandle,
    isOverload: isFetchOverload,
    sureSuccess: isSureAnswer,
    delayFrom: delayReader(clock),
    onKept: (outcome) => {
      if (outcome.kind === 'success') keep(outcome.value);
    },
    rule: classified,
    ruleBeside,
  });
}

function layersOf(given: ParsedPolicies | undefined): readonly PipelineLayer[] {
  if (isAnyPipeline(given)) return [given];
  return Array.isArray(given)
    ? given
    : standardLayers(given as Exclude<typeof given, readonly unknown[]>);
}

/** The standard policies. If a timeout is left out, a call can still bring its own. */
function standardLayers(given: Parameters<typeof standard>[0]): Policy[] {
  const policies = standard(given);
  const { rateLimiter, totalTimeout, attemptTimeout } = given ?? {};
  if (totalTimeout === false) {
    const outside = rateLimiter === undefined || rateLimiter === false ? 0 : 1;
    policies.splice(outside, 0, new DormantTimeout(TOTAL_TIMEOUT));
  }
  if (attemptTimeout === false) policies.push(new DormantTimeout(ATTEMPT_TIMEOUT));
  return policies;
}

/** What the policies of a pipeline mean for its responses. */
export interface Bounds {
  /** How long the discarded Response of an attempt may take to be read: the shortest of the timeouts. */
  readonly discardMs: number;
  /** The layers whose options a call can set. */
  readonly places: Places;
  /** Called with every response, if it matters which key it belongs to. */
  readonly arrived?: (response: unknown) => void;
}

/** The time to discard a response when there is no timeout at all. */
export const DEFAULT_DISCARD_MS = 10_000;

/** Finds the timeouts of a pipeline. `settings` is what a call sets in place of their own times. */
export function boundsOf(layers: readonly Layer[], settings?: LayerSettings): Bounds {
  return {
    discardMs: shortest(layers, settings)?.timeoutMs ?? DEFAULT_DISCARD_MS,
    places: placesOf(layers),
  };
}
