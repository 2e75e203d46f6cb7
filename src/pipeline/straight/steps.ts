import type { Steps, StraightEntrant, StraightHalf } from '../contract/straight-half.js';
import { THROUGH } from '../contract/straight-half.js';

/** What a policy does to a call that comes in or goes out. Returns whether it has done its part. */
export type Run = (call: StraightEntrant) => boolean;

/** The ways of a call through its policies. */
export interface Ways {
  readonly enter: Steps;
  readonly exit: Steps;
}

/** Joins policies, whatever they are. */
export function anySteps(halves: readonly StraightHalf[]): Ways {
  const parts = (way: 'enter' | 'exit'): Part[] =>
    halves.flatMap(({ [way]: run }, layer) => (run === undefined ? [] : [{ run, layer }]));
  return { enter: stepsOf(parts('enter')), exit: stepsOf(parts('exit').reverse()) };
}

interface Part {
  readonly run: Run;
  readonly layer: number;
}

/**
 * Joins functions into one. It is written out for small numbers, because V8 inlines a call whose target it knows. In a loop over functions
 * the target could be any of them.
 */
function stepsOf(parts: readonly Part[]): Steps {
  const [a, b, c] = parts.map(({ run }) => run) as [Run, Run, Run];
  const [la, lb, lc] = parts.map(({ layer }) => layer) as [number, number, number];
  switch (parts.length) {
    case 0:
      return () => THROUGH;
    case 1:
      return (call) => (a(call) ? THROUGH : la);
    case 2:
      return (call) => (a(call) ? (b(call) ? THROUGH : lb) : la);
    case 3:
      return (call) => (a(call) ? (b(call) ? (c(call) ? THROUGH : lc) : lb) : la);
    default: {
      const first = stepsOf(parts.slice(0, 3));
      const others = stepsOf(parts.slice(3));
      return (call) => {
        const ended = first(call);
        return ended === THROUGH ? others(call) : ended;
      };
    }
  }
}
