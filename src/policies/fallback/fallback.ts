import { mark } from '../../copies.js';
import { ConfigError } from '../../errors.js';
import type { Context } from '../../pipeline/contract/context.js';
import type { Call, Drive, Driver } from '../../pipeline/contract/policy.js';
import type { StraightHalf } from '../../pipeline/contract/straight-half.js';
import type { Outcome } from '../../pipeline/outcome/outcome.js';
import { failure, success } from '../../pipeline/outcome/outcome.js';
import { adopted, isThenable } from '../../pipeline/outcome/promises.js';
import { addCause } from '../cause.js';
import type { Handles } from '../filter.js';
import { handlesOf } from '../filter.js';
import type { FallbackOptions, ResolvedFallback } from './options.js';
import { resolveFallback } from './options.js';

/** Makes the answer that replaces an outcome. `context.signal` aborts when the call is given up meanwhile. */
export type FallbackFunction<T> = (outcome: Outcome, context: Context) => T | PromiseLike<T>;

/**
 * Answers in place of a call that failed, with a value or with the result of a function of the outcome.
 *
 * Usually it is the outermost policy, so that it also covers rejections by the policies inside. If the function itself
 * fails, the call throws its error, with the original error as its `cause` when it has none.
 *
 * @param answer The value, or a function of `(outcome, context)` that may be asynchronous.
 * @throws ConfigError when an option is wrong, or the answer is a promise.
 * @example
 * fallback(() => UNKNOWN_STOCK)
 */
export function fallback<T>(
  answer: FallbackFunction<T>,
  options?: FallbackOptions,
): FallbackPolicy<Awaited<T>>;
/** Answers with this value in place of a call that failed. See the other form. */
// Primitives in the bound keep the type of a literal, such as 'none'; a `const T` would also make arrays readonly.
export function fallback<
  T extends string | number | boolean | bigint | symbol | null | undefined | NonNullable<unknown>,
>(answer: T, options?: FallbackOptions): FallbackPolicy<T>;
export function fallback<T>(
  answer: T | FallbackFunction<T>,
  options?: FallbackOptions,
): FallbackPolicy<T> {
  const resolved = resolveFallback(options);
  if (typeof answer !== 'function' && isThenable(answer)) throw madeTooEarly(answer);
  return new FallbackPolicy(answer, resolved);
}

/** The user called the function instead of passing it. The work is already done, once for all calls, and nobody sees it fail. */
function madeTooEarly(answer: PromiseLike<unknown>): ConfigError {
  adopted(answer).catch(() => {});
  return new ConfigError(
    'fallback: must be given a value, or a function that makes one (got a promise): pass the function itself, such as () => load()',
    { path: 'fallback', value: answer, policy: 'fallback' },
  );
}

const GIVEN_UP = /* @__PURE__ */ failure(undefined, 'cancelled');

const everyError: Handles = (outcome) => outcome.kind !== 'success' && outcome.kind !== 'cancelled';

/** Made by {@link fallback}. It keeps no state, so copies of a pipeline share it. */
export class FallbackPolicy<T> implements Driver {
  /** @internal */
  static readonly marked = /* @__PURE__ */ mark(FallbackPolicy, 'fallback');

  readonly role = 'driver';
  readonly type = 'fallback';
  readonly name: string | undefined;
  readonly inspectsValues: boolean;
  /** In types only. What the policy adds to a pipeline's result. */
  declare readonly adds?: () => T;
  readonly #answer: T | FallbackFunction<T>;
  readonly #handles: Handles;

  /** @internal Use {@link fallback}. */
  constructor(answer: T | FallbackFunction<T>, options: ResolvedFallback) {
    this.#answer = answer;
    this.#handles = handlesOf(options.handle, everyError);
    this.name = options.name;
    this.inspectsValues = options.handle !== undefined;
  }

  /** @internal */
  straight(): StraightHalf {
    const answer = this.#answer;
    if (typeof answer === 'function' || this.inspectsValues) return {};
    return {
      fail: (_call, end) => {
        end.answer(answer);
        return true;
      },
      turnBack: (end) => {
        // A fallback inside may have answered.
        if (end.kind !== 'success') end.answer(answer);
      },
    };
  }

  accepts(_call: Call, outcome: Outcome): boolean {
    return !this.#handles(outcome);
  }

  drive(drive: Drive, first: Outcome | undefined): Outcome | Promise<Outcome> {
    const original = first as Outcome;
    const answer = this.#answer;
    if (typeof answer !== 'function') return this.#answered(drive, original, answer);
    let made: T | PromiseLike<T>;
    try {
      made = (answer as FallbackFunction<T>)(original, drive.context);
    } catch (error) {
      return failure(this.#failed(drive, original, error));
    }
    if (!isThenable(made)) return this.#answered(drive, original, made);
    return adopted(made).then(
      (value) => this.#answered(drive, original, value as T),
      (error: unknown) => {
        throw this.#failed(drive, original, error);
      },
    );
  }

  #answered(drive: Drive, original: Outcome, value: T): Outcome {
    if (!drive.ended) {
      drive.degraded();
      if (drive.call.listening) {
        drive.call.emit({ type: 'fallback', ...drive.call.told(original) });
      }
    }
    // A function may return the very result it was given.
    if (original.kind !== 'success' || original.value !== value) drive.discard(original);
    // A constant is no result to discard when nobody receives it.
    return drive.ended && typeof this.#answer !== 'function' ? GIVEN_UP : success(value);
  }

  #failed(drive: Drive, original: Outcome, error: unknown): unknown {
    // The reason of an abort belongs to the caller.
    if (original.kind !== 'success' && !drive.ended) addCause(error, original.error);
    drive.discard(original);
    return error;
  }
}
