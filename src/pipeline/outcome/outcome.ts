import { isRejectedError, isTimeoutError } from '../../error-kinds.js';
import { Judged } from './verdict.js';

/**
 * How one run of the inner layers ended. Inside a pipeline errors are values; they are thrown once, at the edge,
 * by `execute`.
 *
 * - `success`: the operation returned (or a fallback did)
 * - `failure`: the operation threw or rejected
 * - `timeout`: a timeout inside this layer expired; or, for a gate, one outside of it while the operation ran
 * - `rejected`: a policy inside this layer refused the call
 * - `cancelled`: the caller aborted, an outer policy gave the run up while nothing ran, or another run took its place; never the
 *   upstream's fault
 */
export type OutcomeKind = 'success' | 'failure' | 'timeout' | 'rejected' | 'cancelled';

/** An outcome that carries a value. */
export interface Success<T = unknown> {
  readonly kind: 'success';
  /** What was returned. */
  readonly value: T;
}

/** An outcome that carries an error: the thrown value itself, never a wrapper. */
export interface Failure {
  readonly kind: Exclude<OutcomeKind, 'success'>;
  /** What was thrown. */
  readonly error: unknown;
}

/** How a run ended: see {@link OutcomeKind}. */
export type Outcome<T = unknown> = Success<T> | Failure;

/** An outcome of one hidden class, so that code which reads outcomes stays monomorphic. */
class Ended extends Judged {
  readonly kind: OutcomeKind;
  readonly value: unknown;
  readonly error: unknown;

  constructor(kind: OutcomeKind, value: unknown, error: unknown) {
    super();
    this.kind = kind;
    this.value = value;
    this.error = error;
  }
}

/** Makes an outcome that may be kept. */
export function outcomeOf(kind: OutcomeKind, value: unknown, error: unknown): Outcome {
  return new Ended(kind, value, error) as Outcome;
}

/** Makes a successful outcome, for what a {@link Driver} returns. */
export function success<T>(value: T): Outcome<T> {
  return new Ended('success', value, undefined) as Outcome<T>;
}

/**
 * Makes an outcome with this error, for what a {@link Driver} returns.
 *
 * @param kind Default: `rejected` for a RejectedError, `timeout` for a TimeoutError, `failure` for all others.
 */
export function failure(
  error: unknown,
  kind: Failure['kind'] = kindOfError(error),
): Outcome<never> {
  return new Ended(kind, undefined, error) as Outcome<never>;
}

const KINDS: ReadonlySet<unknown> = new Set<OutcomeKind>([
  'success',
  'failure',
  'timeout',
  'rejected',
  'cancelled',
]);

/** Whether this is an outcome, for return values of code outside this library. */
export function isOutcome(value: unknown): value is Outcome {
  return typeof value === 'object' && value !== null && KINDS.has((value as Outcome).kind);
}

/**
 * What kind of failure an error is. A rejection or timeout of another pipeline, used inside the operation, counts as
 * one of this pipeline's own.
 */
export function kindOfError(error: unknown): Failure['kind'] {
  if (isRejectedError(error)) return 'rejected';
  return isTimeoutError(error) ? 'timeout' : 'failure';
}
