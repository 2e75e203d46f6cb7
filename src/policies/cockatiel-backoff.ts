/**
 * Whether a value is a cockatiel backoff, or a function that can replace one. A class of backoffs is none: the user forgot to
 * make an instance.
 */
export function isBackoffOrFunction(value: unknown): boolean {
  return typeof value === 'function' ? !hasNext(value.prototype) : hasNext(value);
}

function hasNext(value: unknown): boolean {
  return typeof (value as { readonly next?: unknown } | null | undefined)?.next === 'function';
}
