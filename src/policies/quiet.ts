/**
 * Whether a policy with these options calls no user code. If so, a call need not remember the async context in which it was made. User code
 * is a function among the options, or a method of an object that is not plain, such as a cockatiel filter or breaker.
 */
export function isQuiet(options: object): boolean {
  return !Object.values(options).some(mayBeCalled);
}

function mayBeCalled(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value === 'function';
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype !== Object.prototype && prototype !== null && !Array.isArray(value);
}
