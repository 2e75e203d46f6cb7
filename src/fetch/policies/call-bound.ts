import { isOf } from '../../copies.js';
import type { LayerSettings } from '../../pipeline/contract/context.js';
import type { Layer } from '../../pipeline/plan.js';
import { ATTEMPT_TIMEOUT } from '../../policies/standard.js';
import { TimeoutPolicy } from '../../policies/timeout/timeout.js';

/** The timeout that bounds a whole call. */
export interface CallBound {
  readonly timeoutMs: number;
  /** Name of the timeout. */
  readonly policy: string;
  /** Whether it is the outermost policy. Inside others, a call may wait before its time begins. */
  readonly outermost: boolean;
}

/**
 * The shortest timeout around the whole call. It is outside the policy that makes attempts; without such a policy, any timeout counts. An
 * `attempt_timeout`, as `standard()` names it, never counts.
 *
 * @param settings what a call sets in place of the timeouts' own times.
 */
export function callBoundOf(
  layers: readonly Layer[],
  settings?: LayerSettings,
): CallBound | undefined {
  let around = layers;
  for (let i = layers.length - 1; i >= 0 && around === layers; i--) {
    const driver = layers[i]?.driver;
    if (driver !== undefined && driver.type !== 'fallback') around = layers.slice(0, i);
  }
  return shortest(around, settings, (name) => name !== ATTEMPT_TIMEOUT);
}

/** The shortest of the timeouts that count. */
export function shortest(
  layers: readonly Layer[],
  settings?: LayerSettings,
  counts: (name: string) => boolean = () => true,
): CallBound | undefined {
  let least: CallBound | undefined;
  for (const [i, { policy, name }] of layers.entries()) {
    if (!isOf(policy, TimeoutPolicy) || !counts(name)) continue;
    const timeoutMs = settings?.[i] ?? policy.timeoutMs;
    if (timeoutMs < (least?.timeoutMs ?? Infinity)) {
      least = { timeoutMs, policy: name, outermost: i === 0 };
    }
  }
  return least;
}
