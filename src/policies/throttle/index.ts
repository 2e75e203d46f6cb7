export type { ThrottleOptions } from './options.js';
export type { ThrottlePolicy, ThrottleSnapshot } from './throttle.js';
export { throttle } from './throttle.js';
