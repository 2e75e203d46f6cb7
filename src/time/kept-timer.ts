/** A timer that can stay armed when nothing waits for it, as those of Node and Bun. */
export interface KeptTimer {
  /** Has it keep the process alive. */
  ref(): unknown;
  /** Has it not keep the process alive. */
  unref(): unknown;
}

/** The timer as one that can be kept; `undefined` where it is none, as in browsers and Deno. */
export function keptTimer(timer: unknown): KeptTimer | undefined {
  const { ref, unref } = (timer ?? {}) as Partial<KeptTimer>;
  return typeof ref === 'function' && typeof unref === 'function'
    ? (timer as KeptTimer)
    : undefined;
}
