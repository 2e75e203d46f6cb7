/**
 * Joins policies that come in the usual order: retry, circuit breaker, timeout, bulkhead, any of them missing. Each has a place of its own in the
 * functions here. So V8 sees the code of one kind of policy there, and inlines it, however many other pipelines the process has. Where
 * `steps.ts` joins policies, V8 inlines them only while there are few pipelines.
 */
import type { Seat, Steps, StraightHalf } from '../contract/straight-half.js';
import { THROUGH } from '../contract/straight-half.js';
import type { Run, Ways } from './steps.js';

/** Outermost first. */
const ORDER: readonly (Seat | undefined)[] = ['budget', 'breaker', 'deadline', 'slot'];

type Seated<T> = [T, T, T, T];

/**
 * The ways in and out. `undefined` if a policy that has something to do has no seat, if they come in another order, or if there is only one,
 * which would gain nothing.
 */
export function usualSteps(halves: readonly StraightHalf[]): Ways | undefined {
  const enter = [] as unknown as Seated<Run>;
  const exit = [] as unknown as Seated<Run>;
  const layers = [] as unknown as Seated<number>;
  let free = 0;
  let count = 0;
  for (const [layer, half] of halves.entries()) {
    if (half.enter === undefined && half.exit === undefined) continue;
    const at = ORDER.indexOf(half.seat, free);
    if (at < 0) return undefined;
    enter[at] = half.enter as Run;
    exit[at] = half.exit as Run;
    layers[at] = layer;
    free = at + 1;
    count++;
  }
  return count < 2 ? undefined : { enter: wayIn(enter, layers), exit: wayOut(exit, layers) };
}

function wayIn([a, b, c, d]: Seated<Run | undefined>, [la, lb, lc, ld]: Seated<number>): Steps {
  if (a && b && c && d) {
    return (call) => (a(call) ? (b(call) ? (c(call) ? (d(call) ? THROUGH : ld) : lc) : lb) : la);
  }
  return (call) => {
    if (a && !a(call)) return la;
    if (b && !b(call)) return lb;
    if (c && !c(call)) return lc;
    return !d || d(call) ? THROUGH : ld;
  };
}

/** A budget keeps what was paid in. */
function wayOut([, b, c, d]: Seated<Run | undefined>, [, lb, lc, ld]: Seated<number>): Steps {
  if (b && c && d) {
    return (call) => (d(call) ? (c(call) ? (b(call) ? THROUGH : lb) : lc) : ld);
  }
  return (call) => {
    if (d && !d(call)) return ld;
    if (c && !c(call)) return lc;
    return !b || b(call) ? THROUGH : lb;
  };
}
