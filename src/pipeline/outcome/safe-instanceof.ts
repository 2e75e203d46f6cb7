/** `instanceof` for what anybody may throw: a Proxy can refuse even that question, and a call has to end all the same. */
export function isA<T>(value: unknown, type: abstract new (...args: never[]) => T): value is T {
  try {
    return value instanceof type;
  } catch {
    return false;
  }
}
