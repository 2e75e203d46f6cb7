/** The building blocks of options schemas. Each has a message that says what would be right, and is made when it is first used. */
import * as z from 'zod/mini';
import { isPlain } from './describe.js';
import { once } from './once.js';

/** A number that passes these checks. Whatever is wrong, `error` says what would be right. */
export function number(error: string, ...checks: NumberCheck[]): z.ZodMiniNumber<number> {
  return z.number({ error }).check(...checks.map((check) => check({ error })));
}

/** A whole number that passes these checks. */
export function wholeNumber(error: string, ...checks: NumberCheck[]): z.ZodMiniNumberFormat {
  return z.int({ error }).check(...checks.map((check) => check({ error })));
}

type NumberCheck = (says: { readonly error: string }) => z.core.$ZodCheck<number>;

/** >= `limit` */
export function atLeast(limit: number): NumberCheck {
  return (says) => z.minimum(limit, says);
}

/** <= `limit` */
export function atMost(limit: number): NumberCheck {
  return (says) => z.maximum(limit, says);
}

/** > `limit` */
export function above(limit: number): NumberCheck {
  return (says) => z.gt(limit, says);
}

/** < `limit` */
export function below(limit: number): NumberCheck {
  return (says) => z.lt(limit, says);
}

/** A whole number >= 0. */
export const count = /* @__PURE__ */ once(() =>
  wholeNumber('must be a whole number >= 0', atLeast(0)),
);

/** A whole number >= 1. */
export const positiveCount = /* @__PURE__ */ once(() =>
  wholeNumber('must be a whole number >= 1', atLeast(1)),
);

/** A share of something: 0..1, both included. */
export const rate = /* @__PURE__ */ once(() =>
  number('must be a number from 0 to 1', atLeast(0), atMost(1)),
);

/** True or false. */
export const flag = /* @__PURE__ */ once(() => z.boolean());

/** A function of type `F`. It is only checked that it can be called. */
export function fnOf<F extends (...args: never[]) => unknown>(): z.ZodMiniType<F, F> {
  return z.custom<F>((value) => typeof value === 'function', { error: 'must be a function' });
}

const NOT_PLAIN = 'must be a plain object with options';

/**
 * Makes an options schema take plain objects only, for a place inside other options. Without this an instance that has no
 * properties of its own, such as a Map, would pass for an object without options.
 */
export function nested<S extends z.ZodMiniType>(schema: S): S {
  const copy = schema.clone();
  const { run } = copy._zod;
  copy._zod.run = (payload, context) => {
    const { value } = payload;
    if (typeof value !== 'object' || value === null || isPlain(value)) return run(payload, context);
    payload.issues.push({ code: 'custom', input: value, message: NOT_PLAIN, inst: copy });
    return payload;
  };
  return copy;
}

const NAME = /^[^\p{Cc}]{1,100}$/u;

/** Whether this can be the name of a policy or pipeline: it becomes an attribute of metrics, so no control characters. */
export function isName(value: unknown): value is string {
  return typeof value === 'string' && NAME.test(value);
}

/** A name for a policy or pipeline. */
export const policyName = /* @__PURE__ */ once(() =>
  z.string({ error: 'must be a string' }).check(
    z.regex(NAME, {
      error: 'must be a name of 1 to 100 characters without control characters',
    }),
  ),
);
