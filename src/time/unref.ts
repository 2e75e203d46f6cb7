/** From now on a clock's timer does not keep the process alive, if it is a timer that would. */
export function unref(timer: unknown): void {
  const { unref: own } = (timer ?? {}) as { readonly unref?: unknown };
  if (typeof own === 'function') own.call(timer);
}
