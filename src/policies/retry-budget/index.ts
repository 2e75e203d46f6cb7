export type { RetryBudgetOptions } from './options.js';
export { retryBudgetSchema } from './options.js';
export { isRetryBudget, RetryBudget, retryBudget } from './retry-budget.js';
