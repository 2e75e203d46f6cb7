export type { RetryBudgetOptions } from './options.js';
export { retryBudgetDefaults, retryBudgetSchema } from './options.js';
export { isRetryBudget, RetryBudget, retryBudget } from './retry-budget.js';
