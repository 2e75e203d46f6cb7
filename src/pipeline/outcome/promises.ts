const nativeThen = Promise.prototype.then;

/**
 * A plain promise: its reactions run exactly once and it can be chained without being wrapped first. What only
 * pretends to be one makes its `then` throw.
 */
export function isNative(value: unknown): value is Promise<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const promise = value as Promise<unknown>;
  return promise.constructor === Promise && promise.then === nativeThen;
}

/** Whether an `await` would wait for this value. A throwing `then` getter counts: awaiting it rejects. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  try {
    return typeof (value as { then?: unknown }).then === 'function';
  } catch {
    return true;
  }
}

/** A plain promise of what a thenable answers, however often and whenever that calls back. */
export function adopted(thenable: PromiseLike<unknown>): Promise<unknown> {
  return new Promise((resolve) => resolve(thenable));
}

/** Runs a promise reaction now, and returns the promise it would have been part of. */
export function atOnce(reaction: (value: unknown) => unknown, value: unknown): Promise<unknown> {
  try {
    return Promise.resolve(reaction(value));
  } catch (error) {
    return Promise.reject(error);
  }
}
