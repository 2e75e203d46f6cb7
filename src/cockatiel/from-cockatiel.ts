import type { IDefaultPolicyContext, IPolicy } from 'cockatiel';
import { once } from '../config/once.js';
import { parseOptions } from '../config/validate.js';
import * as z from '../config/zod.js';
import { mark } from '../copies.js';
import { ConfigError } from '../errors.js';
import type { Drive, Driver } from '../pipeline/contract/policy.js';
import type { Outcome } from '../pipeline/outcome/outcome.js';
import { failure, kindOfError, success } from '../pipeline/outcome/outcome.js';
import { isA } from '../pipeline/outcome/safe-instanceof.js';
import type { Named } from '../policies/named.js';
import { namedShape } from '../policies/named.js';

const layerSchema = /* @__PURE__ */ once(() => z.strictObject(namedShape()));

/**
 * Makes a layer of any cockatiel policy, a merged one included. The policy executes everything inside it in the
 * pipeline, as often as it likes.
 *
 * Its refusals (BrokenCircuitError, BulkheadRejectedError) count as rejections, and its timeouts as timeouts. So
 * policies outside treat them like holdfast's. The layer costs what cockatiel costs: several microseconds a call.
 *
 * @throws ConfigError when it is given something that is no cockatiel policy, or an option is wrong.
 */
export function fromCockatiel<Alt>(
  policy: IPolicy<IDefaultPolicyContext, Alt>,
  options?: Named,
): CockatielLayer<Alt> {
  if (typeof (policy as Partial<typeof policy> | null | undefined)?.execute !== 'function') {
    throw new ConfigError('fromCockatiel: must be given a policy of cockatiel (with execute())', {
      path: 'fromCockatiel',
      value: policy,
      policy: 'fromCockatiel',
    });
  }
  return new CockatielLayer(policy, parseOptions(layerSchema, options, 'fromCockatiel').name);
}

/** Made by {@link fromCockatiel}. Copies of a pipeline share the policy and its state. */
export class CockatielLayer<Alt> implements Driver {
  /** @internal */
  static readonly marked = /* @__PURE__ */ mark(CockatielLayer, 'cockatiel');

  readonly role = 'driver';
  readonly type = 'cockatiel';
  readonly name: string | undefined;
  /** In types only. What the policy adds to a pipeline's result. */
  declare readonly adds?: () => Alt;
  readonly #policy: IPolicy<IDefaultPolicyContext, Alt>;

  /** @internal Use {@link fromCockatiel}. */
  constructor(policy: IPolicy<IDefaultPolicyContext, Alt>, name: string | undefined) {
    this.#policy = policy;
    this.name = name;
  }

  async drive(drive: Drive): Promise<Outcome> {
    let last: Outcome | undefined;
    const run = async (context: IDefaultPolicyContext): Promise<unknown> => {
      // The outcome before did not satisfy the policy, so it runs again.
      if (last !== undefined) drive.discard(last);
      last = undefined;
      const { signal } = context;
      last = timedOut(await drive.next({ signal, cooperative: true }), signal, drive);
      if (last.kind === 'success') return last.value;
      throw last.error;
    };
    let outcome: Outcome;
    try {
      outcome = success(await this.#policy.execute(run, drive.context.signal));
    } catch (error) {
      // An error that only passed through stays the rejection or timeout that it was inside.
      const passed = last as Outcome | undefined;
      if (passed !== undefined && passed.kind !== 'success' && passed.error === error) {
        return passed;
      }
      outcome = failure(error, kindOfCockatielError(error));
    }
    if (last !== undefined && !isSameAnswer(last, outcome)) drive.discard(last);
    return outcome;
  }
}

/**
 * A cockatiel policy has aborted the run's signal: its time is over. If the run ended because of that, it is a timeout, and not
 * `cancelled` or the operation's own failure. Any other result of the operation goes to cockatiel as it is.
 */
function timedOut(outcome: Outcome, signal: AbortSignal, drive: Drive): Outcome {
  if (outcome.kind === 'success' || drive.ended || !signal.aborted) return outcome;
  const { kind, error } = outcome;
  const isTold = error === signal.reason || causeOf(error) === signal.reason;
  return kind === 'cancelled' || (kind === 'failure' && isTold)
    ? failure(error, 'timeout')
    : outcome;
}

/** Node's own timers and streams reject with an AbortError that has the reason as its cause. */
function causeOf(error: unknown): unknown {
  return isA(error, Error) ? error.cause : undefined;
}

/** Whether the policy returned what it was given, and not something else. */
function isSameAnswer(given: Outcome, answered: Outcome): boolean {
  return given.kind === 'success' && answered.kind === 'success' && given.value === answered.value;
}

// Use the marks of the errors: version 3's own `isTaskCancelledError` looks for the mark of another error.
const REFUSALS = ['isBrokenCircuitError', 'isBulkheadRejectedError', 'isHydratingCircuitError'];
const TIMEOUT = 'isTaskCancelledError';

function kindOfCockatielError(error: unknown): 'failure' | 'timeout' | 'rejected' | 'cancelled' {
  if (!isA(error, Error)) return kindOfError(error);
  if (REFUSALS.some((mark) => mark in error)) return 'rejected';
  return TIMEOUT in error ? 'timeout' : kindOfError(error);
}
