/** Has a timer of a clock not keep the process alive, where it is one that would. */
export function unref(timer: unknown): void {
  const { unref: own } = (timer ?? {}) as { readonly unref?: unknown };
  if (typeof own === 'function') own.call(timer);
}
