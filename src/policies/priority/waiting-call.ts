import type { CallTraits } from '../../pipeline/contract/call-traits.js';
import type { Admission, Call } from '../../pipeline/contract/policy.js';
import type { Deadline, DeadlineListener } from '../../time/deadline-queue.js';
import type { OwnRequest } from '../in-own-request.js';
import { inOwnRequest } from '../in-own-request.js';
import type { Waiter } from '../wait-queue.js';
import type { RankedQueue } from './ranked-queue.js';

/** A call that waits in the queue of a policy, or did. */
export interface WaitingCall {
  /** Lets it go on, or ends its wait with an error. */
  admit: (admission: Admission) => void;
  /** Where another request may have let it in. */
  own: OwnRequest<Admission> | undefined;
  readonly label: string;
  readonly captureStack: boolean;
  readonly rank: number;
  readonly traits: CallTraits | undefined;
  /** Ends its wait when it has waited too long. */
  deadline: Deadline | undefined;
}

/** What is known of a call that is about to wait. */
export function waitingCall({ label, captureStack, rank, traits }: Call): WaitingCall {
  return {
    admit: () => {},
    own: undefined,
    label,
    captureStack,
    rank,
    traits,
    deadline: undefined,
  };
}

/**
 * Lets a call wait. Its state is its place in the queue from then on.
 *
 * @param maxWaitMs How long it may wait; `undefined` for as long as it takes.
 * @param onLate Is told then.
 * @param serve Lets the calls in whose turn has come.
 */
export function waitIn<P extends WaitingCall>(
  queue: RankedQueue<P>,
  place: P,
  call: Call,
  maxWaitMs: number | undefined,
  onLate: DeadlineListener<Waiter<P>>,
  serve: () => void,
): Promise<Admission> {
  return new Promise((admit) => {
    const { time, traits } = call;
    place.admit = admit;
    const waiter = queue.join(place);
    call.state = waiter;
    if (time.bound) {
      place.own = inOwnRequest(time.clock, waiter, admit, serve);
      place.admit = place.own.tell;
    }
    if (maxWaitMs !== undefined) place.deadline = time.deadlines(maxWaitMs).add(onLate, waiter, 0);
    if (!call.listening) return;
    call.emit({ type: 'queued', queued: queue.length, priority: traits?.priority });
  });
}

/** For a call that has just left the queue. */
export function stopClock(place: WaitingCall): void {
  place.deadline?.queue.remove(place.deadline);
  place.deadline = undefined;
}
