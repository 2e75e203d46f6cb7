import type { StraightHalf, StraightPlace } from '../../pipeline/contract/straight-half.js';
import type { Outcome } from '../../pipeline/outcome/outcome.js';
import { stampOf } from './admitted.js';
import type { CallEnds } from './call-ends.js';
import type { CallStarts } from './call-starts.js';
import type { Circuit } from './circuit.js';
import type { Judge, OpenReason } from './judge.js';
import type { ResolvedCircuitBreaker } from './options.js';

/** A counted call that makes the breaker open. It is the state of the call that the gate gets. */
export class DueOpening {
  readonly reason: OpenReason;

  constructor(reason: OpenReason) {
    this.reason = reason;
  }
}

/** The part of a breaker that asks no user code: it stamps calls, counts their ends, and refuses them at a shut door. */
export function straightBreaker(
  options: ResolvedCircuitBreaker,
  circuit: Circuit,
  judge: Judge,
  starts: CallStarts,
  ends: CallEnds,
  { time, sureSuccess }: StraightPlace,
): StraightHalf {
  const { dryRun } = options;
  const { refusals } = starts;
  const byDefault = options.handle === undefined;
  const isTimed = judge.timed;
  const isUsers = options.breaker !== undefined;
  // Only results that are successes by its own rules leave by the path.
  const trusts = sureSuccess !== undefined && options.sureSuccess === sureSuccess;
  // Whether a failure may have user code asked.
  const mayAsk = !byDefault || options.delayFrom !== undefined || isUsers;
  // It is set and taken within one call of `exit`.
  let due: DueOpening | undefined;
  return {
    seat: 'breaker',
    enter: (call) => {
      const { calm } = circuit;
      if (!calm && !starts.letsAllIn()) return false;
      call.breakerStamp = calm ? circuit.stamp : stampOf(call.attempt, circuit);
      return true;
    },
    exit: (call) => {
      // A user's breaker may throw.
      if ((ends.inspects && !trusts) || isUsers) return false;
      if (call.breakerStamp < circuit.generation) return true;
      const reason = judge.succeeded(isTimed ? time.recent() : 0);
      if (reason === undefined) return true;
      due = new DueOpening(reason);
      return false;
    },
    fail: (call, end) => {
      // By default, a refusal inside says nothing about the upstream.
      if (byDefault && end.kind === 'rejected') return true;
      if (mayAsk || ends.inspects) return false;
      if (call.breakerStamp < circuit.generation) return true;
      const reason = ends.failedPlainly(end as Outcome, call.breakerStamp, time);
      if (reason === undefined) return true;
      due = new DueOpening(reason);
      return false;
    },
    door: dryRun ? undefined : circuit.door,
    refuse: (about) => {
      if (dryRun) return undefined;
      const now = circuit.state === 'isolated' ? 0 : time.now();
      const refused = circuit.state === 'isolated' || circuit.staysOpen(now);
      return refused ? refusals.of(circuit, about, now) : undefined;
    },
    stateOf: ({ breakerStamp }) => {
      const state = due ?? breakerStamp;
      due = undefined;
      return state;
    },
  };
}
