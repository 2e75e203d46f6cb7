import type { Clock } from '../time/clock.js';
import { systemClock } from '../time/clock.js';

/** A call that a server serves: that of a handler of `@grpc/grpc-js`, or the context of one of Connect. */
export type ServedCall = { getDeadline(): Date | number } | { timeoutMs(): number | undefined };

/**
 * When a served call has to be over, for the calls that are made for it: they give up together with it. `Infinity` if the client has set no
 * deadline.
 *
 * @param call The call of a handler of `@grpc/grpc-js`, or the context of one of Connect.
 * @param clock The clock of the pipeline. Default: the system's clock.
 * @example
 * const getStock = (call, callback) =>
 *   inventory.execute(({ signal }) => readStock(call.request, { signal }), { deadline: deadlineOf(call) });
 */
export function deadlineOf(call: ServedCall, clock: Clock = systemClock): number {
  const left = 'timeoutMs' in call ? call.timeoutMs() : leftUntil(call.getDeadline());
  return left === undefined ? Infinity : clock.now() + left;
}

function leftUntil(deadline: Date | number): number {
  return Number(deadline) - systemClock.wallNow();
}
