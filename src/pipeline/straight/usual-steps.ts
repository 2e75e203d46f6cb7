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

/** One policy by itself gains nothing. */
const FEWEST = 2;

/** The ways in and out. `undefined` if there is a policy without a seat that has something to do, or if they come in another order. */
export function usualSteps(halves: readonly StraightHalf[]): Ways | undefined {
  const enter: (Run | undefined)[] = [];
  const exit: (Run | undefined)[] = [];
  const layers: number[] = [];
  let free = 0;
  let count = 0;
  for (const [layer, half] of halves.entries()) {
    if (half.enter === undefined && half.exit === undefined) continue;
    const at = ORDER.indexOf(half.seat, free);
    if (at < 0) return undefined;
    enter[at] = half.enter;
    exit[at] = half.exit;
    layers[at] = layer;
    free = at + 1;
    count++;
  }
  return count < FEWEST ? undefined : { enter: wayIn(enter, layers), exit: wayOut(exit, layers) };
}

function wayIn([budget, breaker, deadline, slot]: (Run | undefined)[], layers: number[]): Steps {
  const [budgetAt, breakerAt, deadlineAt, slotAt] = layers as [number, number, number, number];
  if (budget && breaker && deadline && slot) {
    return (call) =>
      budget(call)
        ? breaker(call)
          ? deadline(call)
            ? slot(call)
              ? THROUGH
              : slotAt
            : deadlineAt
          : breakerAt
        : budgetAt;
  }
  return (call) => {
    if (budget && !budget(call)) return budgetAt;
    if (breaker && !breaker(call)) return breakerAt;
    if (deadline && !deadline(call)) return deadlineAt;
    return !slot || slot(call) ? THROUGH : slotAt;
  };
}

/** A budget keeps what was paid in. */
function wayOut([, breaker, deadline, slot]: (Run | undefined)[], layers: number[]): Steps {
  const [, breakerAt, deadlineAt, slotAt] = layers as [number, number, number, number];
  if (breaker && deadline && slot) {
    return (call) =>
      slot(call) ? (deadline(call) ? (breaker(call) ? THROUGH : breakerAt) : deadlineAt) : slotAt;
  }
  return (call) => {
    if (slot && !slot(call)) return slotAt;
    if (deadline && !deadline(call)) return deadlineAt;
    return !breaker || breaker(call) ? THROUGH : breakerAt;
  };
}
