/**
 * Whether a value is a backoff of cockatiel's, or a function that can stand for one: not a class of backoffs, which was meant to
 * be made an instance of.
 */
export function isBackoffOrFunction(value: unknown): boolean {
  return typeof value === 'function' ? !hasNext(value.prototype) : hasNext(value);
}

function hasNext(value: unknown): boolean {
  return typeof (value as { readonly next?: unknown } | null | undefined)?.next === 'function';
}
