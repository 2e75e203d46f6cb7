/** Recognizes wrong arguments of a pipeline, and makes the errors for them. */
import { describe, isPlain } from '../../config/describe.js';
import { nearest } from '../../config/nearest.js';
import type { ConfigError } from '../../errors.js';
import { durationIn } from '../../time/duration.js';
import { eventTypes } from '../contract/events.js';
import type { Policy } from '../contract/policy.js';
import { misuse } from './misuse.js';
import { POLICIES_AFTER_OPTIONS } from './policy-as-option.js';

/**
 * Whether this can be an operation: a function, but not a generator function. Calling one runs nothing yet, so each attempt would succeed, and
 * failures would happen later, outside of the policies.
 */
export function isOperation(value: unknown): boolean {
  return typeof value === 'function' && !isGeneratorFunction(value);
}

/**
 * Goes by the tag, which bound functions inherit, and which regenerator sets on what it has compiled. Other compiled generator functions look
 * like functions that return a stream on purpose.
 */
export function isGeneratorFunction(value: object): boolean {
  try {
    const tag = (value as { readonly [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
    return tag !== undefined && (tag === 'AsyncGeneratorFunction' || tag === 'GeneratorFunction');
  } catch {
    // A proxy may refuse to be asked.
    return false;
  }
}

/** @param what For the message, such as `the operation`. */
export function generatorFunction(where: string, what: string): TypeError {
  return new TypeError(
    `${where}: ${what} must not be a generator function, whose body would run outside of the policies; use an async function, with a call of its own for each step that can fail`,
  );
}

/** The error for an operation that is no function, such as a promise. That is a mistake in the program: no policy retries, counts or hides it. */
export function noOperation(method: string, value: unknown): TypeError {
  if (typeof value === 'function') {
    return generatorFunction(`pipeline.${method}`, 'the operation');
  }
  return new TypeError(
    `pipeline.${method}: the operation must be a function, such as ({ signal }) => fetch(url, { signal }) (got ${describe(value)})`,
  );
}

/** Whether a call got the bare signal in place of options, as cockatiel takes it. It would be ignored, and its abort would not end the call. */
export function isBareSignal(options: unknown): boolean {
  if (typeof options !== 'object' || options === null) return false;
  return 'addEventListener' in options || options instanceof AbortController;
}

export function bareSignal(method: string, given: unknown): TypeError {
  const got = given instanceof AbortController ? 'its controller' : 'a signal itself';
  return new TypeError(
    `pipeline.${method}: the options must be an object such as { signal } (got ${got})`,
  );
}

/** The error for a signal that is none, such as its controller. */
export function noSignal(method: string, value: unknown): TypeError {
  return new TypeError(
    `${method}.signal: must be an AbortSignal, such as controller.signal (got ${describe(value)})`,
  );
}

/** The error for an unknown event: its listener would never be called. */
export function noEvent(type: unknown): TypeError {
  const meant = typeof type === 'string' ? nearest(type, eventTypes) : undefined;
  const remedy =
    meant === undefined
      ? `; the events are ${eventTypes.join(', ')}`
      : `: did you mean "${meant}"?`;
  return new TypeError(`pipeline.on: unknown event ${describe(type)}${remedy}`);
}

/** The error for something that is no policy, with a guess at what was meant. */
export function notAPolicy(value: unknown, i: number): ConfigError {
  const got = describe(value);
  const hint = hintFor(value, got);
  const remedy = hint === undefined ? '' : `; ${hint}`;
  return misuse(
    `pipeline.policies[${i}]`,
    `must be a policy or a pipeline (got ${got})${remedy}`,
    value,
  );
}

function hintFor(value: unknown, got: string): string | undefined {
  if (got === 'a function') return 'call the function that makes it, as in retry()';
  if (got.endsWith(' array')) return 'spread a list of policies, as in ...standard()';
  if (durationIn(value) !== undefined) return "write timeout('5s')";
  if (typeof value !== 'object' || value === null) return undefined;
  try {
    return hintForObject(value as Record<string, unknown>);
  } catch {
    // A proxy, or a getter that throws.
    return undefined;
  }
}

function hintForObject(value: Record<string, unknown>): string | undefined {
  const { role } = value;
  if (role === 'gate') return `a gate needs ${lacks(value, ['enter', 'exit'])}`;
  if (role === 'driver') return `a driver needs ${lacks(value, ['drive'])}`;
  if (role !== undefined) return "its role must be 'gate' or 'driver'";
  if (typeof value['execute'] !== 'function') {
    return isPlain(value) ? POLICIES_AFTER_OPTIONS : undefined;
  }
  return typeof value['settle'] === 'function'
    ? 'a keyed pipeline cannot be nested: call it in the operation'
    : 'fromCockatiel() of holdfast/cockatiel makes one of a cockatiel policy';
}

/** The members that a policy needs and this one lacks. */
function lacks(value: Record<string, unknown>, methods: readonly string[]): string {
  const missing = typeof value['type'] === 'string' ? [] : ['a type'];
  for (const method of methods) {
    if (typeof value[method] !== 'function') missing.push(`${method}()`);
  }
  return missing.join(' and ');
}

export function listedTwice(policy: Policy<unknown>): ConfigError {
  return misuse(
    'pipeline.policies',
    `the same ${policy.type} is listed twice, and would count each call twice; make a second one`,
    policy,
  );
}
