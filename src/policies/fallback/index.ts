export type { FallbackFunction, FallbackPolicy } from './fallback.js';
export { fallback } from './fallback.js';
export type { FallbackOptions } from './options.js';
