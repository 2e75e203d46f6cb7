/**
 * Where a pass is.
 *
 * ```
 * idle -> entering -> running -> leaving -> done
 *            |  ^                 |   ^
 *          waiting              driving
 * ```
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
