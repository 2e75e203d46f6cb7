import { isPlain as isPlainObject } from '../../config/describe.js';
import { once } from '../../config/once.js';
import { parseOptions } from '../../config/validate.js';
import * as z from '../../config/zod.js';
import type { ConfigError } from '../../errors.js';
import type { Duration } from '../../time/duration.js';
import { durationIn, durationSchema } from '../../time/duration.js';
import type { TimeSource } from '../../time/time-source.js';
import type { CallTraits, CorrectableCost, Cost, Priority } from '../contract/call-traits.js';
import { priorities } from '../contract/call-traits.js';
import type { LayerSettings } from '../contract/context.js';
import { misuse } from './misuse.js';
import { bareSignal, isBareSignal } from './wrong-arguments.js';

/** What one call may bring along. */
export interface CallOptions {
  /** The caller's signal. When it aborts, the call rejects with its reason at once, whatever it is doing. */
  readonly signal?: AbortSignal | undefined;
  /**
   * How long this call may take, retries and waits included: finite, >= 0. It lies outside of all policies, and ends the call as any timeout
   * does. The nearest of several wins. Default: as the policies say.
   */
  readonly timeout?: Duration | undefined;
  /**
   * When this call has to be over, in the milliseconds of the pipeline's clock: `context.deadline` of an outer operation, for example, or
   * `systemClock.now() + 500`. If that is in the past, the operation is not called. `Infinity` for none. Default: as the policies say.
   */
  readonly deadline?: number | undefined;
  /**
   * How important this call is, for the limiters that it meets: `highest`, `high`, `normal`, `low` or `lowest`. More important calls are served
   * first and refused last. Default `normal`.
   */
  readonly priority?: Priority | undefined;
  /**
   * How many permits each attempt takes from the rate limiters that it meets: a number for all of them, or numbers by the names of limiters,
   * each from 0 to 2^53 - 1. `callCost(…)` for one that is corrected later. Default: as the limiters say.
   */
  readonly cost?: Cost | CorrectableCost | undefined;
}

const DEADLINE =
  "must be a time in the milliseconds of the pipeline's clock, such as context.deadline or systemClock.now() + 500, or Infinity for none";

export const PRIORITY = `must be one of ${priorities.map((each) => `'${each}'`).join(', ')}`;
/** What a cost has to be. */
export const COST =
  'must be a number of permits (0 to 2^53 - 1), numbers by the names of rate limiters, or a callCost';

/** The schema of the option `cost`. */
export const costSchema = (): z.Schema<CallCost, CallCost> => z.custom<CallCost>(isCost, COST);

type CallCost = Cost | CorrectableCost;

const callSchema = /* @__PURE__ */ once(() =>
  z.strictObject({
    signal: z.optional(z.custom<AbortSignal>()),
    timeout: z.optional(durationSchema()),
    deadline: z.optional(z.custom<number>(isDeadline, DEADLINE)),
    priority: z.optional(z.custom<Priority>(isPriority, PRIORITY)),
    cost: z.optional(costSchema()),
  }),
);

function isDeadline(value: unknown): boolean {
  return typeof value === 'number' && !Number.isNaN(value);
}

export function isPriority(value: unknown): boolean {
  return priorities.includes(value as Priority);
}

/** Whether this can be the cost of a call. */
export function isCost(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return isAmount(value);
  if (isCorrectable(value)) return true;
  return isPlainObject(value) && Object.values(value).every(isAmount);
}

/** Whether it is corrected when it is known. */
export function isCorrectable(cost: unknown): cost is CorrectableCost {
  return typeof (cost as CorrectableCost | undefined)?.correct === 'function';
}

/** Whether this is a number of permits. */
export function isAmount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
}

/** Whether a call brings no more than a signal, as almost every call does. */
export function isPlain(options: CallOptions | null | undefined): boolean {
  if (options === undefined || options === null) return true;
  if (typeof options !== 'object') return false;
  // Quicker than any list of the keys.
  for (const key in options) if (key !== 'signal') return false;
  // An instance's getters are not among its keys.
  const { timeout, deadline, priority, cost } = options;
  return (timeout ?? deadline ?? priority ?? cost) === undefined;
}

/** Options as a call reads them. */
export interface ResolvedCall {
  readonly signal: AbortSignal | undefined;
  /** What it sets for the gates that stand outside of all others: when it has to be over, and how long it may take. */
  readonly times: LayerSettings | undefined;
  /** What it says of itself. */
  readonly traits: CallTraits | undefined;
}

/**
 * Reads the options of a call that brings more than a signal.
 *
 * @param method What was called, for errors.
 * @throws ConfigError when an option is unknown or wrong; a TypeError when the signal itself is given in place of options.
 */
export function resolveCall(options: unknown, method: string, time: TimeSource): ResolvedCall {
  if (isBareSignal(options)) throw bareSignal(method, options);
  const { signal, timeout, deadline, priority, cost } =
    readPlainly(options as CallOptions) ?? parseOptions(callSchema, options, method);
  const traits = priority === undefined && cost === undefined ? undefined : { priority, cost };
  return { signal, times: timesOf(timeout, deadline, method, time), traits };
}

const KEYS: readonly string[] = ['signal', 'timeout', 'deadline', 'priority', 'cost'];

/** What the schema would say of right options, in a tenth of the time; `undefined` for all others. */
function readPlainly(options: CallOptions): z.output<ReturnType<typeof callSchema>> | undefined {
  if (typeof options !== 'object') return undefined;
  for (const key in options) if (!KEYS.includes(key)) return undefined;
  const { signal, timeout, deadline, priority, cost } = options;
  if (deadline !== undefined && !isDeadline(deadline)) return undefined;
  if (priority !== undefined && !isPriority(priority)) return undefined;
  if (cost !== undefined && !isCost(cost)) return undefined;
  const timeoutMs = timeout === undefined ? undefined : durationIn(timeout);
  if (timeoutMs === undefined && timeout !== undefined) return undefined;
  return { signal, deadline, timeout: timeoutMs, priority, cost };
}

function timesOf(
  timeout: number | undefined,
  deadline: number | undefined,
  method: string,
  time: TimeSource,
): LayerSettings | undefined {
  if (deadline === undefined || deadline === Infinity) {
    return timeout === undefined ? undefined : [undefined, timeout];
  }
  const now = time.now();
  if (isWallClock(deadline, now)) throw wallClock(method, deadline);
  // In whole milliseconds, because calls with the same timeout share a timer.
  const left = Math.ceil(Math.max(0, deadline - now));
  return [deadline, Math.min(timeout ?? Infinity, left)];
}

/** Whether this is a wall-clock time of this century, while the clock counts from another start: that deadline would never come. */
export function isWallClock(deadline: number, now: number): boolean {
  return now < 1e11 && deadline > 9e11 && deadline < 5e12;
}

function wallClock(method: string, value: number): ConfigError {
  const remedy = 'of the wall clock, set timeout to what is left';
  return misuse(`${method}.deadline`, `${DEADLINE}; ${remedy} (got ${value})`, value);
}
