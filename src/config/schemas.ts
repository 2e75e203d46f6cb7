/** The building blocks of options schemas. Each has a message that says what would be right, and is made when it is first used. */
import { describe, isPlain } from './describe.js';
import { once } from './once.js';
import * as z from './zod.js';
import { checked, converted } from './zod.js';

type Rule<T> = (value: T) => boolean;

/** A number that follows these rules. */
export function number(says: string, ...rules: Rule<number>[]): z.Schema<number, number> {
  return checked(says, (value) => Number.isFinite(value) && followsAll(value as number, rules));
}

/** A whole number that follows these rules. */
export function wholeNumber(says: string, ...rules: Rule<number>[]): z.Schema<number, number> {
  return checked(
    says,
    (value) => Number.isSafeInteger(value) && followsAll(value as number, rules),
  );
}

function followsAll<T>(value: T, rules: readonly Rule<T>[]): boolean {
  return rules.every((rule) => rule(value));
}

/** >= `limit` */
export function atLeast(limit: number): Rule<number> {
  return (value) => value >= limit;
}

/** <= `limit` */
export function atMost(limit: number): Rule<number> {
  return (value) => value <= limit;
}

/** > `limit` */
export function above(limit: number): Rule<number> {
  return (value) => value > limit;
}

/** < `limit` */
export function below(limit: number): Rule<number> {
  return (value) => value < limit;
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
export const flag = /* @__PURE__ */ once(() =>
  checked<boolean>('must be true or false', (value) => typeof value === 'boolean'),
);

/** False, which turns something off. */
export const off = /* @__PURE__ */ once(() =>
  checked<false>('must be false', (value) => value === false),
);

/** Any text. */
export const text = /* @__PURE__ */ once(() =>
  checked<string>('must be a string', (value) => typeof value === 'string'),
);

/** One of these texts. */
export function oneOf<T extends string>(
  texts: readonly T[],
  says = `must be one of ${texts.map(describe).join(', ')}`,
): z.Schema<T, T> {
  return checked(says, (value) => texts.includes(value as T));
}

/** A function of type `F`. It is only checked that it can be called. */
export function fnOf<F extends (...args: never[]) => unknown>(): z.Schema<F, F> {
  return checked<F>('must be a function', (value) => typeof value === 'function');
}

const NOT_PLAIN = 'must be a plain object with options';

/**
 * Makes an options schema take plain objects only, for a place inside other options. Without this an instance that has no
 * properties of its own, such as a Map, would pass for an object without options.
 */
export function nested<S extends z.Schema>(schema: S): S {
  const isRight = (value: unknown) => typeof value !== 'object' || value === null || isPlain(value);
  return z.guarded(schema, isRight, NOT_PLAIN);
}

const NAME = /^[^\p{Cc}]{1,100}$/u;

/** Whether this can be the name of a policy or pipeline: it becomes an attribute of metrics, so no control characters. */
export function isName(value: unknown): value is string {
  return typeof value === 'string' && NAME.test(value);
}

/** A name for a policy or pipeline. */
export const policyName = /* @__PURE__ */ once(() =>
  checked<string>(
    (value) =>
      typeof value === 'string'
        ? 'must be a name of 1 to 100 characters without control characters'
        : 'must be a string',
    isName,
  ),
);

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** The name of a header. Becomes lower case. */
export const headerName = () =>
  converted(
    () => 'must be the name of a header',
    (name: string) => {
      if (typeof name !== 'string' || !HEADER_NAME.test(name)) throw new TypeError();
      return name.toLowerCase();
    },
  );
