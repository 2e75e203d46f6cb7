import { TimeoutError } from '../../errors.js';
import type { Call, Gate } from '../../pipeline/contract/policy.js';
import { DormantTimeout } from './dormant.js';

const CALL_TIMEOUT = 'call_timeout';

/** Shows a call's own deadline to the layers inside, and refuses a call that comes after it. The layer that bounds the time has the timer. */
class CallDeadline implements Gate {
  readonly role = 'gate';
  readonly type = 'timeout';
  readonly name = CALL_TIMEOUT;
  readonly quiet = true;

  enter(call: Call): undefined {
    const deadline = call.setting(call.layer);
    call.state = deadline;
    if (deadline === undefined || deadline > call.time.now()) return;
    if (call.listening) call.emit({ type: 'timeout', timeoutMs: 0 });
    const { label, captureStack, pipeline, policy, publicKey: key } = call;
    const message = `${label}: its deadline had passed before it began`;
    throw new TimeoutError(message, { timeoutMs: 0, captureStack, pipeline, policy, key });
  }

  exit(): void {}

  deadlineOf(state: unknown): number {
    return state === undefined ? Infinity : (state as number);
  }
}

/** The gates that bound calls with a time of their own, in the order of the settings: the call's deadline, and how long it may take. */
export const callTime: readonly Gate[] = [new CallDeadline(), new DormantTimeout(CALL_TIMEOUT)];
