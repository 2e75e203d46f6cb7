/** A timer that can stay armed when nothing waits for it. Those of Node and Bun can. */
export interface KeptTimer {
  /** From now on it keeps the process alive. */
  ref(): unknown;
  /** From now on it does not keep the process alive. */
  unref(): unknown;
}

/** The timer, if it can stay armed. `undefined` if it cannot, as in browsers and Deno. */
export function keptTimer(timer: unknown): KeptTimer | undefined {
  const { ref, unref } = (timer ?? {}) as Partial<KeptTimer>;
  return typeof ref === 'function' && typeof unref === 'function'
    ? (timer as KeptTimer)
    : undefined;
}
