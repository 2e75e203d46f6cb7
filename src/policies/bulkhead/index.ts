export type { BulkheadPolicy, BulkheadSnapshot } from './bulkhead.js';
export { bulkhead } from './bulkhead.js';
export type { BulkheadOptions } from './options.js';
