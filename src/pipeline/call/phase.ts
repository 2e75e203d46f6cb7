/**
 * Where a pass is.
 *
 * ```
 * idle -> entering -> running -> leaving -> done
 *            |  ^                 |   ^
 *          waiting              driving
 * ```
 *
 * Numbers, because a pass is an old object and changes its phase five times a call: a string stored there would have to
 * get past the garbage collector's write barrier each time.
 */
export const Phase = {
  idle: 0,
  entering: 1,
  waiting: 2,
  running: 3,
  leaving: 4,
  driving: 5,
  done: 6,
} as const;
export type Phase = (typeof Phase)[keyof typeof Phase];

/** How the end of a pass is delivered: `execute` throws, `settle` wraps, a driver gets the outcome itself. */
export const Delivery = { execute: 0, settle: 1, outcome: 2 } as const;
export type Delivery = (typeof Delivery)[keyof typeof Delivery];
