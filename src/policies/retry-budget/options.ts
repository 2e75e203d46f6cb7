import { once } from '../../config/once.js';
import { atLeast, atMost, number } from '../../config/schemas.js';
import { parseOptions } from '../../config/validate.js';
import * as z from '../../config/zod.js';

/** Options of {@link retryBudget}. */
export interface RetryBudgetOptions {
  /** How many retries each first attempt earns: a number from 0 to 10, such as 0.2 for one in five calls. Default 1. */
  readonly ratio?: number | undefined;
  /**
   * Retries that are allowed on top, for services with little traffic: a number a second, >= 0. They are saved up for a second,
   * or until there is one. Each process has its own, so a fleet is allowed as many times more. Default 3.
   */
  readonly minPerSecond?: number | undefined;
}

/** The defaults of {@link RetryBudgetOptions}. */
export const retryBudgetDefaults = { ratio: 1, minPerSecond: 3 } as const;

const RATIO = 'must be a number from 0 to 10: 0.2 allows one retry for every five calls';
const PER_SECOND = 'must be a finite number of retries a second, >= 0';

/** The schema of {@link RetryBudgetOptions}. */
export const retryBudgetSchema = /* @__PURE__ */ once(() =>
  z.options(
    {
      // A ratio above 10 is a percentage by mistake. It would bound nothing.
      ratio: number(RATIO, atLeast(0), atMost(10)),
      minPerSecond: number(PER_SECOND, atLeast(0)),
    },
    retryBudgetDefaults,
  ),
);

/** Options with everything filled in. */
export type ResolvedRetryBudget = z.output<ReturnType<typeof retryBudgetSchema>>;

/** @throws ConfigError */
export function resolveRetryBudget(options: RetryBudgetOptions | undefined): ResolvedRetryBudget {
  if (options === undefined) return { ...retryBudgetDefaults };
  return parseOptions(retryBudgetSchema, options, 'retryBudget');
}
