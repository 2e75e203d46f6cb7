export type { DeadlineFromOptions, RefusedHeader } from './deadline-from.js';
export { deadlineFrom, priorityFrom } from './deadline-from.js';
export type { Within } from './run-within.js';
export { detached, runWithin, timeLeft } from './run-within.js';
export type { RefusedWhy } from './time-left.js';
