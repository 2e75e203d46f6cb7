import type { Steps, StraightEntrant, StraightHalf } from '../contract/straight-half.js';
import { THROUGH } from '../contract/straight-half.js';

/** The ways of a call through its policies. */
export interface Ways {
  readonly enter: Steps;
  readonly exit: Steps;
}

/** Joins policies, whatever they are. */
export function anySteps(halves: readonly StraightHalf[]): Ways {
  const enter: Part[] = [];
  const exit: Part[] = [];
  for (const [layer, half] of halves.entries()) {
    if (half.enter !== undefined) enter.push({ run: half.enter, layer });
    if (half.exit !== undefined) exit.unshift({ run: half.exit, layer });
  }
  return { enter: stepsOf(enter), exit: stepsOf(exit) };
}

interface Part {
  readonly run: (call: StraightEntrant) => boolean;
  readonly layer: number;
}

/**
 * Joins functions into one. It is written out for each length, because V8 inlines a call whose target it knows. In a loop over functions
 * the target could be any of them.
 */
function stepsOf(parts: readonly Part[]): Steps {
  const [one, two, three, four, five] = parts as [Part, Part, Part, Part, Part];
  switch (parts.length) {
    case 0:
      return () => THROUGH;
    case 1: {
      const { run: a, layer: la } = one;
      return (call) => (a(call) ? THROUGH : la);
    }
    case 2: {
      const { run: a, layer: la } = one;
      const { run: b, layer: lb } = two;
      return (call) => (a(call) ? (b(call) ? THROUGH : lb) : la);
    }
    case 3: {
      const { run: a, layer: la } = one;
      const { run: b, layer: lb } = two;
      const { run: c, layer: lc } = three;
      return (call) => (a(call) ? (b(call) ? (c(call) ? THROUGH : lc) : lb) : la);
    }
    case 4: {
      const { run: a, layer: la } = one;
      const { run: b, layer: lb } = two;
      const { run: c, layer: lc } = three;
      const { run: d, layer: ld } = four;
      return (call) => (a(call) ? (b(call) ? (c(call) ? (d(call) ? THROUGH : ld) : lc) : lb) : la);
    }
    case 5: {
      const { run: a, layer: la } = one;
      const { run: b, layer: lb } = two;
      const { run: c, layer: lc } = three;
      const { run: d, layer: ld } = four;
      const { run: e, layer: le } = five;
      return (call) =>
        a(call) ? (b(call) ? (c(call) ? (d(call) ? (e(call) ? THROUGH : le) : ld) : lc) : lb) : la;
    }
    default: {
      const first = stepsOf(parts.slice(0, 4));
      const others = stepsOf(parts.slice(4));
      return (call) => {
        const ended = first(call);
        return ended === THROUGH ? others(call) : ended;
      };
    }
  }
}
