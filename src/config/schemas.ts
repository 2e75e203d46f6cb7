/** The pieces that options schemas are made of, each with a message that says what would be right. */
import * as z from 'zod';
import { isPlain } from './describe.js';

function wholeNumber(atLeast: number) {
  const error = `must be a whole number >= ${atLeast}`;
  return z.int({ error }).min(atLeast, { error });
}

/** A whole number >= 0. */
export const count = wholeNumber(0);

/** A whole number >= 1. */
export const positiveCount = wholeNumber(1);

const RATE_ERROR = 'must be a number from 0 to 1';

/** A share of something: 0..1, both included. */
export const rate = z
  .number({ error: RATE_ERROR })
  .min(0, { error: RATE_ERROR })
  .max(1, { error: RATE_ERROR });

/** A function of type `F`; only that it can be called is checked. */
export function fnOf<F extends (...args: never[]) => unknown>(): z.ZodType<F, F> {
  return z.custom<F>((value) => typeof value === 'function', { error: 'must be a function' });
}

/** Any function. {@link fnOf} gives it a type. */
export const fn = fnOf<(...args: never[]) => unknown>();

const NOT_PLAIN = 'must be a plain object with options';

/**
 * The options schema `schema` for a place inside other options, where it takes plain objects only. Without this an instance
 * that has no properties of its own, such as a Map, would pass for an object without options.
 */
export function nested<S extends z.ZodType>(schema: S): S {
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

/** A name for a policy or pipeline: it becomes an attribute of metrics, so no control characters. */
export const policyName = z.string({ error: 'must be a string' }).regex(/^[^\p{Cc}]{1,100}$/u, {
  error: 'must be a name of 1 to 100 characters without control characters',
});
