export type { TimeoutOptions } from './options.js';
export type { TimeoutPolicy } from './timeout.js';
export { timeout } from './timeout.js';
