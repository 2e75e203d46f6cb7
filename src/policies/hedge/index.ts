export type { HedgePolicy, HedgeSnapshot } from './hedge.js';
export { hedge } from './hedge.js';
export type { HedgeOptions } from './options.js';
