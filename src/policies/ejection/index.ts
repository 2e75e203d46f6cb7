export type { EjectionPolicy, EjectionSnapshot } from './ejection.js';
export { ejection } from './ejection.js';
export type { EjectionOptions } from './options.js';
