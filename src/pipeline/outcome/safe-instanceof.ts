/** `instanceof` that never throws, as a Proxy can make it do. For errors, which can be anything. */
export function isA<T>(value: unknown, type: abstract new (...args: never[]) => T): value is T {
  try {
    return value instanceof type;
  } catch {
    return false;
  }
}
