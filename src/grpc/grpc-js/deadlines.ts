import { describe } from '../../config/describe.js';
import { ContractError } from '../../errors.js';
import type { GrpcCallOptions } from './types.js';

/** The flags of `propagate_flags`. Without any, everything is passed on. */
const DEADLINE = 1;
const CANCELLATION = 8;
const DEFAULTS = 0xffff;

/** Timers may fire this much before their time, in milliseconds. */
export const GRAIN_MS = 1;

/** From here on a deadline is none: `grpc-timeout` has eight digits, of hours at most. `@grpc/grpc-js` itself throws then, where nobody can catch it. */
const NEVER = 3e14;

/** A deadline in milliseconds since the epoch, as `@grpc/grpc-js` reads it; `Infinity` for none. */
export function wallDeadline(deadline: Date | number | undefined | null): number {
  const ms = deadline instanceof Date ? deadline.getTime() : deadline;
  return typeof ms === 'number' && ms < NEVER ? ms : Infinity;
}

/** @throws ContractError for a deadline that is no time: the call would have none, and nobody would notice. */
export function refuseNoTime({ deadline }: GrpcCallOptions): void {
  if (deadline === undefined || deadline === null) return;
  const ms: unknown = deadline instanceof Date ? deadline.getTime() : deadline;
  if (typeof ms === 'number' && !Number.isNaN(ms)) return;
  throw new ContractError(
    `the deadline of a call must be a Date, milliseconds since the epoch, or Infinity for none (got ${describe(deadline)})`,
  );
}

/** When a call has to be over: by its own deadline, and by that of the served call that it is made for. */
export function deadlineOfCall({ deadline, parent, propagate_flags }: GrpcCallOptions): number {
  const own = wallDeadline(deadline);
  const isPassedOn = ((propagate_flags ?? DEFAULTS) & DEADLINE) !== 0;
  return parent == null || !isPassedOn ? own : Math.min(own, wallDeadline(parent.getDeadline()));
}

/** Whether a call ends when the served call that it is made for is cancelled. */
export function endsWithParent({ parent, propagate_flags }: GrpcCallOptions): boolean {
  return parent != null && ((propagate_flags ?? DEFAULTS) & CANCELLATION) !== 0;
}
