/**
 * Whether a value is a cockatiel backoff, or a function in place of one. A class of backoffs is neither: the user forgot to make an
 * instance.
 */
export function isBackoffOrFunction(value: unknown): boolean {
  return typeof value === 'function' ? !hasNext(value.prototype) : hasNext(value);
}

function hasNext(value: unknown): boolean {
  return typeof (value as { readonly next?: unknown } | null | undefined)?.next === 'function';
}
