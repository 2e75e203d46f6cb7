const faults = new WeakSet<object>();

/** Notes that a reader's error is a fault of the answer that it read, and so of the upstream. */
export function markAnswerFault(error: object): void {
  faults.add(error);
}

/** Whether that was noted. It holds once, as the error may go on through the readers of other calls. */
export function takeAnswerFault(error: unknown): boolean {
  return faults.delete(error as object);
}
