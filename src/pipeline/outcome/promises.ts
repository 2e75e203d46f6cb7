const nativeThen = Promise.prototype.then;

/**
 * Whether this is a plain promise: its reactions run exactly once, and it can be chained without being wrapped first. For an object that
 * only looks like one, calling `then` throws.
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

/** A plain promise for a thenable, which may call back more than once, or at once. */
export function adopted(thenable: PromiseLike<unknown>): Promise<unknown> {
  return new Promise((resolve) => resolve(thenable));
}

const DONE = Promise.resolve();

/**
 * Calls a function one microtask later: for rejecting a promise that is about to be returned. When it is rejected before anybody can have
 * taken hold of it, Node first reports it as unhandled and then takes that back, which costs more than all the rest of a refusal.
 */
export function soon(run: () => void): void {
  DONE.then(run);
}

/** A promise that is rejected one microtask later. */
export function rejectedSoon(error: unknown): Promise<never> {
  return new Promise((_, reject) => soon(() => reject(error)));
}
