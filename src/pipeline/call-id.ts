interface Counter {
  last: number;
}

/** One for all copies of this package in a process. */
const SHARED = Symbol.for('holdfast.call_ids');

let counter: Counter | undefined;

/** A number that no other call of this process has: small, and in order of asking. */
export function nextCallId(): number {
  counter ??= findCounter();
  return ++counter.last;
}

function findCounter(): Counter {
  const shared = globalThis as { [SHARED]?: Counter };
  try {
    shared[SHARED] ??= { last: 0 };
    return shared[SHARED];
  } catch {
    // Globals that are frozen: this copy counts by itself.
    return { last: 0 };
  }
}
