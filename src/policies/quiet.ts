/**
 * Whether a policy with these options calls no code of the user's: then a call need not remember for it in which async context it was made. A
 * function among the options may be called, and so may the methods of what is no plain object, such as a filter or a breaker of cockatiel's.
 */
export function isQuiet(options: object): boolean {
  return !Object.values(options).some(mayBeCalled);
}

function mayBeCalled(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value === 'function';
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype !== Object.prototype && prototype !== null && !Array.isArray(value);
}
