import type { Bound, Inheriting } from '../pipeline/inherited.js';
import { inheritedHere, seam } from '../pipeline/inherited.js';
import type { Clock } from '../time/clock.js';
import { isSystemClock } from '../time/clock.js';
import type { TimeSource } from '../time/time-source.js';
import { deadlineGates } from './gates.js';

const NOTHING: Bound = { times: undefined, traits: undefined };

/** What a call goes by: of its own time and the inherited one, the nearer; of the priorities, its own. */
function boundOf(time: TimeSource, own: Bound['times'], ownTraits: Bound['traits']): Bound {
  const inherited = inheritedHere();
  if (inherited === undefined) {
    return own === undefined && ownTraits === undefined
      ? NOTHING
      : { times: own, traits: ownTraits };
  }
  const { priority } = inherited;
  const traits =
    priority === undefined || ownTraits?.priority !== undefined
      ? ownTraits
      : { cost: ownTraits?.cost, priority };
  const left = inherited.deadline - inherited.clock.now();
  const ownMs = own?.[1] ?? Infinity;
  if (left === Infinity || left > ownMs) return { times: own, traits };
  const deadline = isSameClock(inherited.clock, time.clock)
    ? inherited.deadline
    : time.now() + left;
  // In whole milliseconds, because calls with the same timeout share a timer.
  return { times: [deadline, undefined, Math.ceil(Math.max(0, left))], traits };
}

function isSameClock(one: Clock, other: Clock): boolean {
  return one === other || (isSystemClock(one) && isSystemClock(other));
}

const inheriting: Inheriting = { boundOf, gates: deadlineGates };

/** From now on, calls go by the deadlines of requests. */
export function boundCalls(): void {
  seam.by ??= inheriting;
}
