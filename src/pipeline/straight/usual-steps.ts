/**
 * Joins policies that come in the usual order: retry, circuit breaker, timeout, bulkhead, any of them missing. Each has a place of its own in the
 * functions here. So V8 sees the code of one kind of policy there, and inlines it, however many other pipelines the process has. Where
 * `steps.ts` joins policies, V8 inlines them only while there are few pipelines.
 */
import type { Seat, Steps, StraightEntrant, StraightHalf } from '../contract/straight-half.js';
import { THROUGH } from '../contract/straight-half.js';
import type { Ways } from './steps.js';

type Run = (call: StraightEntrant) => boolean;

/** Outermost first. */
const ORDER: readonly Seat[] = ['budget', 'breaker', 'deadline', 'slot'];

/** One policy by itself gains nothing. */
const FEWEST = 2;

/** The ways in and out. `undefined` if there is a policy without a seat that has something to do, or if they come in another order. */
export function usualSteps(halves: readonly StraightHalf[]): Ways | undefined {
  const seated: (StraightHalf | undefined)[] = [];
  const layers: number[] = [];
  let free = 0;
  let count = 0;
  for (const [layer, half] of halves.entries()) {
    if (half.enter === undefined && half.exit === undefined) continue;
    const at = half.seat === undefined ? -1 : ORDER.indexOf(half.seat, free);
    if (at === -1) return undefined;
    seated[at] = half;
    layers[at] = layer;
    free = at + 1;
    count++;
  }
  if (count < FEWEST) return undefined;
  const [budget, breaker, deadline, slot] = seated;
  return {
    enter: wayIn([budget?.enter, breaker?.enter, deadline?.enter, slot?.enter], layers),
    exit: wayOut([breaker?.exit, deadline?.exit, slot?.exit], layers),
  };
}

type Maybe = Run | undefined;

function wayIn(
  [budget, breaker, deadline, slot]: [Maybe, Maybe, Maybe, Maybe],
  layers: number[],
): Steps {
  const [budgetAt, breakerAt, deadlineAt, slotAt] = layers as [number, number, number, number];
  if (
    budget !== undefined &&
    breaker !== undefined &&
    deadline !== undefined &&
    slot !== undefined
  ) {
    return (call) => {
      if (!budget(call)) return budgetAt;
      if (!breaker(call)) return breakerAt;
      if (!deadline(call)) return deadlineAt;
      return slot(call) ? THROUGH : slotAt;
    };
  }
  return (call) => {
    if (budget !== undefined && !budget(call)) return budgetAt;
    if (breaker !== undefined && !breaker(call)) return breakerAt;
    if (deadline !== undefined && !deadline(call)) return deadlineAt;
    return slot === undefined || slot(call) ? THROUGH : slotAt;
  };
}

/** A budget keeps what was paid in. */
function wayOut([breaker, deadline, slot]: [Maybe, Maybe, Maybe], layers: number[]): Steps {
  const [, breakerAt, deadlineAt, slotAt] = layers as [number, number, number, number];
  if (breaker !== undefined && deadline !== undefined && slot !== undefined) {
    return (call) => {
      if (!slot(call)) return slotAt;
      if (!deadline(call)) return deadlineAt;
      return breaker(call) ? THROUGH : breakerAt;
    };
  }
  return (call) => {
    if (slot !== undefined && !slot(call)) return slotAt;
    if (deadline !== undefined && !deadline(call)) return deadlineAt;
    return breaker === undefined || breaker(call) ? THROUGH : breakerAt;
  };
}
