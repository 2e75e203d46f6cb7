/**
 * Every error a caller can meet. A call's own error is always passed on unchanged. The classes here
 * are only for what holdfast itself reports.
 *
 * Rejections are made in bulk exactly when a service is in trouble, so an error without a captured
 * stack is an ordinary object that inherits from `Error.prototype`: about 0.1 µs, where a native
 * error costs 0.3 µs without a stack and 3 µs with one. `instanceof`, consoles, loggers and test runners
 * take it for an `Error`, as they take a DOMException, which is made in the same way. Two things tell the difference:
 * `Error.isError()` is false, and `structuredClone` keeps the fields but not the class. See revive-error.ts.
 */

import { brandOf, isBranded } from './copies.js';

/** Fields that every {@link ResilienceError} can be made with. */
export interface ResilienceErrorInit {
  /** Stable identifier, `ERR_...`. Default: the class's own `code`. */
  readonly code?: string | undefined;
  /** Name of the pipeline that raised it. The engine fills it in when it is missing. */
  readonly pipeline?: string | undefined;
  /** Name of the policy that raised it. The engine fills it in when it is missing. */
  readonly policy?: string | undefined;
  /** Key of the keyed pipeline's copy that raised it. The engine fills it in when it is missing. */
  readonly key?: string | undefined;
  /** What led to it, kept as `cause` like in any Error. */
  readonly cause?: unknown;
  /** Whether to capture a stack trace. Default: false, except ConfigError and ContractError. */
  readonly captureStack?: boolean | undefined;
}

/** Fields that every {@link RejectedError} can be made with. */
export interface RejectedErrorInit extends ResilienceErrorInit {
  /** Milliseconds until another try can succeed, when that is known. */
  readonly retryAfter?: number | undefined;
  /** Low-cardinality word for metrics, such as `bulkhead_full`. Default: the class's own. */
  readonly reason?: string | undefined;
}

/** Fields that a {@link TimeoutError} can be made with. */
export interface TimeoutErrorInit extends ResilienceErrorInit {
  /** The time that was allowed, in milliseconds. */
  readonly timeoutMs?: number | undefined;
}

/** One mistake in a configuration. */
export interface ConfigIssue {
  /** Where it is, such as `circuitBreaker.minimumCalls`. */
  readonly path: string;
  /** What is wrong and what would be right. */
  readonly message: string;
  /** The value found there. */
  readonly value: unknown;
}

/** Fields that a {@link ConfigError} can be made with. */
export interface ConfigErrorInit extends ResilienceErrorInit {
  /** Where the mistake is, such as `circuitBreaker.minimumCalls`. */
  readonly path?: string | undefined;
  /** The value found there. */
  readonly value?: unknown;
  /** All mistakes, when there are several. Default: the one described by the other fields. */
  readonly issues?: readonly ConfigIssue[] | undefined;
}

const NOTHING: ResilienceErrorInit = Object.freeze({});

/** The brand of each class here, by its prototype. */
const brands = new WeakMap<object, symbol>();

/**
 * Base of every error holdfast raises. Test `error instanceof ResilienceError` to tell them from a call's
 * own errors. Test the class, or compare `code`, to tell them apart.
 */
// Its inheritance from Error is set up in the static block: `extends Error` would make every
// instance a native error, whether or not it needs to be one.
export class ResilienceError implements Error {
  /** The code that instances of this class have by default. */
  static readonly code: string = 'ERR_RESILIENCE';

  /** The name of the class. */
  declare readonly name: string;
  /** What happened, for people to read. The wording may change: compare `code` instead. */
  declare readonly message: string;
  /** Name and message. Where it was raised follows only if `captureStack` was set. */
  declare stack?: string;
  /** What led to it, if anything did. */
  declare readonly cause?: unknown;
  /** Stable identifier of the kind of error, such as `ERR_CIRCUIT_OPEN`. */
  declare readonly code: string;
  /** Name of the pipeline that raised it, when known. */
  declare pipeline: string | undefined;
  /** Name of the policy that raised it, when known. */
  declare policy: string | undefined;
  /** Key of the keyed pipeline's copy that raised it. A URL is shown without user, password, query and fragment. */
  declare key?: string | undefined;
  /** Method of the request, when an HTTP client made the call. */
  declare method?: string | undefined;
  /** URL of the request, when an HTTP client made the call: without user, password, query and fragment. */
  declare url?: string | undefined;

  static {
    Object.setPrototypeOf(ResilienceError, Error);
    Object.setPrototypeOf(ResilienceError.prototype, Error.prototype);
    Object.defineProperty(ResilienceError, Symbol.hasInstance, { value: hasInstance });
    nameClass(ResilienceError.prototype, 'ResilienceError');
    // Instances are assigned a message, which fails where Error.prototype.message is frozen.
    define(ResilienceError.prototype, 'message', '');
    Object.defineProperty(ResilienceError.prototype, 'stack', {
      get: stackText,
      set(this: object, value: unknown) {
        define(this, 'stack', value);
      },
      configurable: true,
    });
  }

  constructor(message: string, init: ResilienceErrorInit = NOTHING) {
    // biome-ignore lint/correctness/noConstructorReturn: it becomes `this` in derived constructors.
    if (init.captureStack === true) return native(new.target, message, init) as this;
    this.message = message;
    fill(this, new.target, init);
  }

  /**
   * The error as a plain object: its name, message and fields, without `stack` and `cause`. `JSON.stringify` uses it. Use it with `postMessage`
   * too, which does not keep the class. {@link reviveError} makes an error of it again.
   */
  toJSON(): Record<string, unknown> {
    const { name, message } = this;
    return Object.assign<Record<string, unknown>, this>({ name, message }, this);
  }
}

/** The fields of an instance: written by plain assignment, and always in the same order. */
interface Fields {
  code: string;
  pipeline: string | undefined;
  policy: string | undefined;
  key?: string | undefined;
}

function fill(error: Fields, like: { readonly code: string }, init: ResilienceErrorInit): void {
  error.code = init.code ?? like.code;
  error.pipeline = init.pipeline;
  error.policy = init.policy;
  // Not of every error: it would show up as undefined wherever there are no keys.
  if (init.key !== undefined) error.key = init.key;
  if (init.cause !== undefined) define(error, 'cause', init.cause);
}

/** A native error, which has a stack. */
function native(
  like: typeof ResilienceError,
  message: string,
  init: ResilienceErrorInit,
): ResilienceError {
  const error = Reflect.construct(Error, [message], like) as ResilienceError;
  fill(error, like, init);
  return error;
}

/** The text for errors without a stack of their own. */
function stackText(this: Error): string {
  // Where `stack` is inherited from Error.prototype, a native error's own is behind ours.
  const inherited: unknown = Reflect.get(Error.prototype, 'stack', this);
  return typeof inherited === 'string' && inherited !== '' ? inherited : String(this);
}

/** Defines a property as the built-in errors have it: not enumerable. */
function define(on: object, key: string, value: unknown): void {
  Object.defineProperty(on, key, { value, writable: true, configurable: true });
}

/** Sets the class's name on its prototype, not on each instance, and what tells its instances in all copies of this package. */
function nameClass(prototype: object, name: string): void {
  define(prototype, 'name', name);
  const brand = brandOf(name);
  Object.defineProperty(prototype, brand, { value: true });
  brands.set(prototype, brand);
}

/** `instanceof`. Classes here are told by their brand, since an error may come from another copy of this package; users' classes as usual. */
function hasInstance(this: { readonly prototype: object }, value: unknown): boolean {
  const brand = brands.get(this.prototype);
  return brand === undefined
    ? Function.prototype[Symbol.hasInstance].call(this as never, value)
    : isBranded(value, brand);
}

/**
 * A policy refused the call. The operation was not run, or not run again, so it is safe to send
 * the call elsewhere. Base of all rejections.
 */
export class RejectedError extends ResilienceError {
  static override readonly code: string = 'ERR_REJECTED';
  /** The reason that instances of this class have by default. */
  static readonly reason: string = 'rejected';

  /** Milliseconds until another try can succeed, or `undefined` when that is not known. */
  declare readonly retryAfter: number | undefined;
  /** Low-cardinality word for metrics, such as `circuit_open`. */
  declare readonly reason: string;

  static {
    nameClass(RejectedError.prototype, 'RejectedError');
  }

  constructor(message: string, init: RejectedErrorInit = NOTHING) {
    super(message, init);
    this.retryAfter = init.retryAfter;
    this.reason = init.reason ?? (new.target as typeof RejectedError).reason;
  }
}

/**
 * The circuit breaker is open, is probing, or is closing again step by step. `retryAfter` is the time left until it lets a call in.
 * `cause` is the failure that opened it, where that is known.
 */
export class CircuitOpenError extends RejectedError {
  static override readonly code: string = 'ERR_CIRCUIT_OPEN';
  static override readonly reason: string = 'circuit_open';
  static {
    nameClass(CircuitOpenError.prototype, 'CircuitOpenError');
  }
}

/** Somebody holds the circuit breaker open by hand (`isolate()`), until it is released. */
export class CircuitIsolatedError extends RejectedError {
  static override readonly code: string = 'ERR_CIRCUIT_ISOLATED';
  static override readonly reason: string = 'circuit_isolated';
  static {
    nameClass(CircuitIsolatedError.prototype, 'CircuitIsolatedError');
  }
}

/** Every slot of the bulkhead is taken and its queue is full, or the wait in it took too long. */
export class BulkheadFullError extends RejectedError {
  static override readonly code: string = 'ERR_BULKHEAD_FULL';
  static override readonly reason: string = 'bulkhead_full';
  static {
    nameClass(BulkheadFullError.prototype, 'BulkheadFullError');
  }
}

/** The rate limiter has no permit; `retryAfter` is the time until it has one. */
export class RateLimitedError extends RejectedError {
  static override readonly code: string = 'ERR_RATE_LIMITED';
  static override readonly reason: string = 'rate_limited';
  static {
    nameClass(RateLimitedError.prototype, 'RateLimitedError');
  }
}

/** The adaptive limiter's current limit on calls in flight is reached. */
export class LimitExceededError extends RejectedError {
  static override readonly code: string = 'ERR_LIMIT_EXCEEDED';
  static override readonly reason: string = 'limit_exceeded';
  static {
    nameClass(LimitExceededError.prototype, 'LimitExceededError');
  }
}

/** The client-side throttle dropped the call, because the upstream refuses many of them. */
export class ThrottledError extends RejectedError {
  static override readonly code: string = 'ERR_THROTTLED';
  static override readonly reason: string = 'throttled';
  static {
    nameClass(ThrottledError.prototype, 'ThrottledError');
  }
}

/** The pipeline is draining or has drained (`drain()`). It takes no new calls. */
export class DrainingError extends RejectedError {
  static override readonly code: string = 'ERR_DRAINING';
  static override readonly reason: string = 'draining';
  static {
    nameClass(DrainingError.prototype, 'DrainingError');
  }
}

/**
 * The time of a timeout policy ran out. The error is also the `reason` of the signal given to the operation.
 * The operation may still have had its effect.
 */
export class TimeoutError extends ResilienceError {
  static override readonly code: string = 'ERR_TIMEOUT';

  /** The time that was allowed, in milliseconds. `undefined` when it is not known. */
  declare readonly timeoutMs: number | undefined;

  static {
    nameClass(TimeoutError.prototype, 'TimeoutError');
  }

  constructor(message: string, init: TimeoutErrorInit = NOTHING) {
    super(message, init);
    this.timeoutMs = init.timeoutMs;
  }
}

const CAPTURE: ResilienceErrorInit = Object.freeze({ captureStack: true });

function capturing<I extends ResilienceErrorInit>(init: I): I {
  return init.captureStack === undefined ? { ...init, captureStack: true } : init;
}

/** An option is wrong. It is thrown when policies and pipelines are made, or by a call with wrong options. It has a stack. */
export class ConfigError extends ResilienceError {
  static override readonly code: string = 'ERR_CONFIG';

  /** Where the (first) mistake is, such as `circuitBreaker.minimumCalls`. */
  declare readonly path: string;
  /** The value found there, as it was given. */
  declare readonly value: unknown;
  /** All mistakes, the first one included. */
  declare readonly issues: readonly ConfigIssue[];

  static {
    nameClass(ConfigError.prototype, 'ConfigError');
  }

  constructor(message: string, init: ConfigErrorInit = CAPTURE) {
    super(message, capturing(init));
    const first = init.issues?.[0];
    this.path = init.path ?? first?.path ?? '';
    this.value = 'value' in init ? init.value : first?.value;
    this.issues = init.issues ?? [{ path: this.path, message, value: this.value }];
    // The value is the caller's own object, of any size, and may hold secrets: it can be read, but
    // does not show up when the error is logged.
    Object.defineProperty(this, 'value', { enumerable: false });
    Object.defineProperty(this, 'issues', { enumerable: false });
  }
}

/**
 * A gate, driver, filter or other extension broke its contract. For example, it returned something
 * that is no outcome. The fault is in the code, not in the call. It has a stack.
 */
export class ContractError extends ResilienceError {
  static override readonly code: string = 'ERR_CONTRACT';

  static {
    nameClass(ContractError.prototype, 'ContractError');
  }

  constructor(message: string, init: ResilienceErrorInit = CAPTURE) {
    super(message, capturing(init));
  }
}
