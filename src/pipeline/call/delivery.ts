import type { Outcome, OutcomeKind } from '../outcome/outcome.js';

/** What the promise of a run gives: `execute` the value or the error, `settle` a settled result, a driver the outcome itself. */
export const Delivery = { execute: 0, settle: 1, outcome: 2 } as const;
export type Delivery = (typeof Delivery)[keyof typeof Delivery];

/** What was called for each of them, for errors. */
export const METHODS = ['execute', 'settle', 'run'] as const;

/** What `settle` returns. */
export function settledResult(
  kind: OutcomeKind,
  value: unknown,
  reason: unknown,
): PromiseSettledResult<unknown> {
  return kind === 'success' ? { status: 'fulfilled', value } : { status: 'rejected', reason };
}

/** Settles the promise that somebody waits for: at any moment, also while the operation still runs. */
export interface Settler {
  resolve(value: unknown): void;
  reject(reason: unknown): void;
}

/** What has an outcome, and can make a copy of it that may be kept. */
interface Ended {
  readonly kind: OutcomeKind;
  readonly value: unknown;
  readonly error: unknown;
  outcome(): Outcome;
}

/** Settles the promise as whoever waits for it expects. */
export function deliver(ended: Ended, delivery: Delivery, to: Settler): void {
  const { kind, value, error } = ended;
  if (delivery === Delivery.outcome) to.resolve(ended.outcome());
  else if (delivery === Delivery.settle) to.resolve(settledResult(kind, value, error));
  else if (kind === 'success') to.resolve(value);
  else to.reject(error);
}
