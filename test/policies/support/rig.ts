import type { Context, Pipeline, PipelineEvent, PipelineLayer } from 'holdfast';
import { pipeline } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe } from 'vitest';

/** How an operation fails: by throwing before it returned anything, or by rejecting the promise it returned. */
export interface Way {
  readonly how: string;
  readonly fail: (error: unknown) => never | Promise<never>;
  readonly succeed: <T>(value: T) => T | Promise<T>;
}

export const ways: readonly Way[] = [
  {
    how: 'synchronously',
    fail: (error) => {
      throw error;
    },
    succeed: (value) => value,
  },
  {
    how: 'asynchronously',
    fail: (error) => Promise.reject(error),
    succeed: (value) => Promise.resolve(value),
  },
];

/** The same promises for operations that throw or return at once, and for those that answer a promise. */
export function bothWays(name: string, body: (way: Way) => void): void {
  describe.each(ways)(`${name}, operations settling $how`, body);
}

/** A pipeline on a virtual clock, with a record of all that happens in it. */
export interface Rig {
  readonly clock: VirtualClock;
  readonly pipeline: Pipeline<unknown>;
  readonly events: PipelineEvent[];
  readonly discarded: unknown[];
  /** The events of these types, in order. */
  of(...types: PipelineEvent['type'][]): PipelineEvent[];
}

/** Layers may be made with the clock, for operations that need it. */
export function rig(...policies: PipelineLayer[]): Rig {
  const clock = new VirtualClock();
  const events: PipelineEvent[] = [];
  const discarded: unknown[] = [];
  const made = pipeline(
    { name: 'rig', clock, discard: (value) => discarded.push(value) },
    ...policies,
  );
  made.on((event) => events.push(event));
  return {
    clock,
    pipeline: made,
    events,
    discarded,
    of: (...types) => events.filter(({ type }) => types.includes(type)),
  };
}

/** One call of an operation: what it was told, and the means to end it. */
export interface Started<T = unknown> {
  readonly context: Context;
  readonly at: number;
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** An operation that does nothing by itself: the test ends each of its calls by hand. */
export function byHand<T = unknown>(
  clock: VirtualClock,
): ((context: Context) => Promise<T>) & { readonly started: Started<T>[] } {
  const started: Started<T>[] = [];
  const operation = (context: Context): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      started.push({ context, at: clock.now(), resolve, reject });
    });
  return Object.assign(operation, { started });
}

/** How a promise ended, or that it has not. */
export type Ending =
  | { readonly is: 'pending' }
  | { readonly is: 'fulfilled'; readonly value: unknown }
  | { readonly is: 'rejected'; readonly error: unknown };

/** Follows a promise, so that a test can ask at any moment whether it has settled. */
export function follow(promise: Promise<unknown>): { now: Ending } {
  const followed: { now: Ending } = { now: { is: 'pending' } };
  promise.then(
    (value) => {
      followed.now = { is: 'fulfilled', value };
    },
    (error: unknown) => {
      followed.now = { is: 'rejected', error };
    },
  );
  return followed;
}

/** What a promise rejects with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it did not reject');
}
