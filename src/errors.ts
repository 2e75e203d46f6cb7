/**
 * Every error a caller can meet. A call's own error is always passed on unchanged. The classes here
 * are only for what holdfast itself reports.
 */

import type { ResilienceErrorInit } from './resilience-error.js';
import { NOTHING, nameClass, ResilienceError } from './resilience-error.js';

export type { ResilienceErrorInit } from './resilience-error.js';
export { ResilienceError } from './resilience-error.js';

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
  /** For how much of that time the event loop of this process was blocked, in milliseconds. */
  readonly blockedMs?: number | undefined;
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

  /** @internal */
  static readonly named: symbol = /* @__PURE__ */ nameClass(RejectedError, 'RejectedError');

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
  /** @internal */
  static override readonly named: symbol = /* @__PURE__ */ nameClass(
    CircuitOpenError,
    'CircuitOpenError',
  );
}

/** Somebody holds the circuit breaker open by hand (`isolate()`), until it is released. */
export class CircuitIsolatedError extends RejectedError {
  static override readonly code: string = 'ERR_CIRCUIT_ISOLATED';
  static override readonly reason: string = 'circuit_isolated';
  /** @internal */
  static override readonly named: symbol = /* @__PURE__ */ nameClass(
    CircuitIsolatedError,
    'CircuitIsolatedError',
  );
}

/** Every slot of the bulkhead is taken and its queue is full, or the wait in it took too long. */
export class BulkheadFullError extends RejectedError {
  static override readonly code: string = 'ERR_BULKHEAD_FULL';
  static override readonly reason: string = 'bulkhead_full';
  /** @internal */
  static override readonly named: symbol = /* @__PURE__ */ nameClass(
    BulkheadFullError,
    'BulkheadFullError',
  );
}

/** The rate limiter has no permit; `retryAfter` is the time until it has one. */
export class RateLimitedError extends RejectedError {
  static override readonly code: string = 'ERR_RATE_LIMITED';
  static override readonly reason: string = 'rate_limited';
  /** @internal */
  static override readonly named: symbol = /* @__PURE__ */ nameClass(
    RateLimitedError,
    'RateLimitedError',
  );
}

/** The adaptive limiter's current limit on calls in flight is reached. */
export class LimitExceededError extends RejectedError {
  static override readonly code: string = 'ERR_LIMIT_EXCEEDED';
  static override readonly reason: string = 'limit_exceeded';
  /** @internal */
  static override readonly named: symbol = /* @__PURE__ */ nameClass(
    LimitExceededError,
    'LimitExceededError',
  );
}

/** The client-side throttle dropped the call, because the upstream refuses many of them. */
export class ThrottledError extends RejectedError {
  static override readonly code: string = 'ERR_THROTTLED';
  static override readonly reason: string = 'throttled';
  /** @internal */
  static override readonly named: symbol = /* @__PURE__ */ nameClass(
    ThrottledError,
    'ThrottledError',
  );
}

/** The pipeline is draining or has drained (`drain()`). It takes no new calls. */
export class DrainingError extends RejectedError {
  static override readonly code: string = 'ERR_DRAINING';
  static override readonly reason: string = 'draining';
  /** @internal */
  static override readonly named: symbol = /* @__PURE__ */ nameClass(
    DrainingError,
    'DrainingError',
  );
}

/**
 * The time of a timeout policy ran out. The error is also the `reason` of the signal given to the operation.
 * The operation may still have had its effect.
 */
export class TimeoutError extends ResilienceError {
  static override readonly code: string = 'ERR_TIMEOUT';

  /** The time that was allowed, in milliseconds. `undefined` when it is not known. */
  declare readonly timeoutMs: number | undefined;
  /**
   * For how much of that time this process had its event loop blocked, so that no answer could come in, in milliseconds. Not there if it was not. Of a
   * timeout for which it was half of the time or more, nothing is held against the upstream.
   */
  declare readonly blockedMs?: number;

  /** @internal */
  static readonly named: symbol = /* @__PURE__ */ nameClass(TimeoutError, 'TimeoutError');

  constructor(message: string, init: TimeoutErrorInit = NOTHING) {
    super(message, init);
    this.timeoutMs = init.timeoutMs;
    // Not of every timeout: it would show up as undefined on almost all of them.
    if (init.blockedMs) this.blockedMs = init.blockedMs;
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

  /** @internal */
  static readonly named: symbol = /* @__PURE__ */ nameClass(ConfigError, 'ConfigError');

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

  /** @internal */
  static readonly named: symbol = /* @__PURE__ */ nameClass(ContractError, 'ContractError');

  constructor(message: string, init: ResilienceErrorInit = CAPTURE) {
    super(message, capturing(init));
  }
}
