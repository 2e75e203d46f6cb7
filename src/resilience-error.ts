/**
 * What all errors of holdfast have in common.
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

/** The fields of an error that is made with none. */
export const NOTHING: ResilienceErrorInit = Object.freeze({});

/** The brand of each class that {@link nameClass} was called for, by its prototype. */
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
    nameClass(ResilienceError, 'ResilienceError');
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
    // biome-ignore lint/correctness/noConstructorReturn: only a native error has a stack, and a derived constructor gets it as its `this`.
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

/**
 * Sets the class's name on its prototype, not on each instance, and what tells its instances in all copies of this package. Classes call it as
 * the value of a static member, as they call `mark`: so bundlers leave out those that a program does not use.
 */
export function nameClass(type: { readonly prototype: object }, name: string): symbol {
  const { prototype } = type;
  define(prototype, 'name', name);
  const brand = brandOf(name);
  Object.defineProperty(prototype, brand, { value: true });
  brands.set(prototype, brand);
  return brand;
}

/** `instanceof`. Those classes are told by their brand, since an error may come from another copy of this package; users' classes as usual. */
function hasInstance(this: { readonly prototype: object }, value: unknown): boolean {
  const brand = brands.get(this.prototype);
  return brand === undefined
    ? Function.prototype[Symbol.hasInstance].call(this as never, value)
    : isBranded(value, brand);
}
