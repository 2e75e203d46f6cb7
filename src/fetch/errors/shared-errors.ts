/** The number of the call that each error came to first. */
const firstCalls = new WeakMap<object, number>();
const originals = new WeakMap<object, object>();

/** Uses the error itself as receiver, since a DOMException's fields cannot be read through anything else. */
const AS_ITSELF: ProxyHandler<object> = { get: (error, field) => Reflect.get(error, field) };

/**
 * An error on which this call may note a verdict. undici fails all requests that wait for one connection, or share one, with
 * the same error. It means one thing for a POST and another for a GET. The first call gets the error itself. Others get
 * a stand-in that looks the same. {@link originalOf} returns the original before the caller sees it.
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
