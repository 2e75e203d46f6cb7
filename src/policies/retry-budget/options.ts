import * as z from 'zod';
import { parseOptions } from '../../config/validate.js';

/** Options of {@link retryBudget}. */
export interface RetryBudgetOptions {
  /** How many retries each first attempt earns: a number >= 0, such as 0.2 for one in five. Default 0.2. */
  readonly ratio?: number | undefined;
  /** Retries allowed besides, for services with little traffic: a number a second, >= 0. Default 10. */
  readonly minPerSecond?: number | undefined;
}

/** The defaults of {@link RetryBudgetOptions}. */
export const retryBudgetDefaults = { ratio: 0.2, minPerSecond: 10 } as const;

const amount = (error: string) => z.number({ error }).min(0, { error });

/** The schema of {@link RetryBudgetOptions}. */
export const retryBudgetSchema = z.strictObject({
  ratio: amount('must be a finite number >= 0').default(retryBudgetDefaults.ratio),
  minPerSecond: amount('must be a finite number of retries a second, >= 0').default(
    retryBudgetDefaults.minPerSecond,
  ),
});

/** Options with everything filled in. */
export type ResolvedRetryBudget = z.output<typeof retryBudgetSchema>;

/** @throws ConfigError */
export function resolveRetryBudget(options: RetryBudgetOptions | undefined): ResolvedRetryBudget {
  return parseOptions(retryBudgetSchema, options, 'retryBudget');
}
