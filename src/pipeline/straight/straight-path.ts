import type { Host } from '../call/host.js';
import { isLimit, refusalsOf } from '../contract/refusals.js';
import type {
  Steps,
  StepsOut,
  StraightHalf,
  StraightPath,
  StraightPlace,
} from '../contract/straight-half.js';
import { Door, UNSURE } from '../contract/straight-half.js';
import type { SureSuccess } from '../outcome/failure-rule.js';
import type { Layer, Plan } from '../plan.js';
import { anySteps } from './steps.js';
import { usualSteps } from './usual-steps.js';

type HalfOf = (layer: Layer, place: StraightPlace) => StraightHalf | undefined;

/** Makes the straight path through these layers. `undefined` if one of the policies has none. */
export function straightPathOf(
  layers: readonly Layer[],
  { time, hub, tally, sureSuccess }: Host,
  halfOf: HalfOf = ({ policy }, place) => policy.straight?.(place),
): StraightPath | undefined {
  const taken = new Set<string>();
  const take = (place: string): boolean => !taken.has(place) && taken.add(place).has(place);
  const halves: StraightHalf[] = [];
  for (const [layer, each] of layers.entries()) {
    const half = halfOf(each, { layer, time, take, outside: halves, sureSuccess });
    if (half === undefined) return undefined;
    if (each.inspects && (sureSuccess === undefined || half.trusts !== sureSuccess))
      return undefined;
    halves.push(half);
  }
  const limits = layers.map(({ gate }) => isLimit(refusalsOf(gate)));
  const doorAt = doorIn(halves);
  const door = halves[doorAt]?.door ?? ALWAYS_OPEN;
  const { enter, exit } = usualSteps(halves) ?? anySteps(halves);
  return {
    enter,
    exit: sureSuccess === undefined ? exit : ofSuccesses(exit, sureSuccess),
    judges: sureSuccess !== undefined,
    hub,
    tally,
    door,
    doorAt,
    halves,
    limits,
  };
}

/** Lets a call out only if its result is certainly a success. */
function ofSuccesses(exit: Steps, sureSuccess: SureSuccess): StepsOut {
  return (call, result) => (sureSuccess(result) ? exit(call) : UNSURE);
}

/** Whether somebody listens to what happens in a call. */
export function isHeard({ inner }: Plan, hub: StraightPath['hub']): boolean {
  return hub.active || hub.routine || (inner.length > 0 && inner.some((each) => each.hub.active));
}

const ALWAYS_OPEN = new Door();

/** Returns the layer of the outermost door, if all policies outside it let a refused call go at once. Otherwise -1. */
function doorIn(halves: readonly StraightHalf[]): number {
  const at = halves.findIndex(({ door }) => door !== undefined);
  return halves.slice(0, at).every(({ turnBack }) => turnBack !== undefined) ? at : -1;
}

/** How often a copy of a keyed pipeline is called before it gets a path of its own. There may be a million copies, each called once. */
const CALLS_BEFORE = 8;

/** Counts a call of a plan without a path. Makes the path when the plan has been called often enough. */
export function straightPathAt(plan: Plan, host: Host): StraightPath | undefined {
  if (!plan.mayBeStraight || ++plan.calls !== CALLS_BEFORE) return undefined;
  plan.path = straightPathOf(plan.layers, host);
  return plan.path;
}
