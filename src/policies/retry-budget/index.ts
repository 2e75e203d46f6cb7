export type { RetryBudgetOptions } from './options.js';
export { retryBudgetSchema } from './options.js';
export { RetryBudget, retryBudget } from './retry-budget.js';
