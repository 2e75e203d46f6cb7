/** The call that each error came to first, by its number. */
const firstCalls = new WeakMap<object, number>();
const originals = new WeakMap<object, object>();

/** With the error itself as receiver: a DOMException's fields can be read of nothing else. */
const AS_ITSELF: ProxyHandler<object> = { get: (error, field) => Reflect.get(error, field) };

/**
 * An error that this call may note a verdict on: undici fails all requests that wait for one connection, or share one, with
 * the same error, and what it means for a POST is not what it means for a GET. The first call gets the error itself, others
 * a stand-in that looks the same; {@link originalOf} takes it back before the caller sees it.
 *
 * @param call the number of the call.
 */
export function ownErrorOf(error: unknown, call: number): unknown {
  if (typeof error !== 'object' || error === null) return error;
  const first = firstCalls.get(error);
  if (first === call) return error;
  if (first === undefined) {
    firstCalls.set(error, call);
    return error;
  }
  const own = new Proxy(error, AS_ITSELF);
  firstCalls.set(own, call);
  originals.set(own, error);
  return own;
}

/** The error as it came. */
export function originalOf(error: unknown): unknown {
  if (typeof error !== 'object' || error === null) return error;
  return originals.get(error) ?? error;
}
