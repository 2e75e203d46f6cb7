import type { CallTraits } from '../pipeline/contract/call-traits.js';
import type { LayerSettings } from '../pipeline/contract/context.js';
import type { Bound, Bounding, Inherited } from '../pipeline/inherited.js';
import { inheritedHere, seam } from '../pipeline/inherited.js';
import type { Plan } from '../pipeline/plan.js';
import { planBetween } from '../pipeline/plan.js';
import { isSystemClock } from '../time/clock.js';
import type { TimeSource } from '../time/time-source.js';
import { deadlineGates } from './gates.js';

/** By the plan of a pipeline: the same with the gates for deadlines. */
const plans = /* @__PURE__ */ new WeakMap<Plan, Plan>();

/** What a call goes by: of its own time and the inherited one, the nearer; of the priorities, its own. */
function bind(
  { plan, time, failureRule }: Bounding,
  own: LayerSettings | undefined,
  settings: LayerSettings | undefined,
  ownTraits: CallTraits | undefined,
): Bound | undefined {
  const inherited = inheritedHere();
  const times = nearest(own, inherited, time);
  const traits = traitsOf(ownTraits, inherited);
  if (times === undefined) return traits === ownTraits ? undefined : { plan, settings, traits };
  let bound = plans.get(plan);
  if (bound === undefined) {
    const { outside, inside } = deadlineGates();
    bound = planBetween(outside, plan, inside, failureRule);
    plans.set(plan, bound);
  }
  return { plan: bound, settings: settings ? [...times, ...settings] : times, traits };
}

/** What a call sets for the gates outside. */
function nearest(
  own: LayerSettings | undefined,
  inherited: Inherited | undefined,
  time: TimeSource,
): LayerSettings | undefined {
  if (inherited === undefined || inherited.deadline === Infinity) return own;
  const { deadline, clock } = inherited;
  const left = deadline - clock.now();
  if (left > (own?.[1] ?? Infinity)) return own;
  const isSame = clock === time.clock || (isSystemClock(clock) && isSystemClock(time.clock));
  // In whole milliseconds, because calls with the same timeout share a timer.
  return [isSame ? deadline : time.now() + left, undefined, Math.ceil(Math.max(0, left))];
}

function traitsOf(
  own: CallTraits | undefined,
  inherited: Inherited | undefined,
): CallTraits | undefined {
  const priority = inherited?.priority;
  if (priority === undefined || own?.priority !== undefined) return own;
  return { cost: own?.cost, priority };
}

/** From now on, calls go by the deadlines of requests. */
export function boundCalls(): void {
  if (seam.bind !== undefined) return;
  seam.bind = bind;
  seam.forget = (plan) => plans.delete(plan);
}
