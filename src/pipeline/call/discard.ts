import type { Discard } from '../options/hooks.js';
import { reportFault } from '../reporting/faults.js';

/** Gives a value to the discard hook. Errors of the hook, now or later, do not reach the call. */
export function discardWith(hook: Discard | undefined, value: unknown): void {
  if (hook === undefined) return;
  try {
    const done: unknown = hook(value);
    if (done instanceof Promise) done.catch(reportDiscard);
  } catch (error) {
    reportDiscard(error);
  }
}

function reportDiscard(error: unknown): void {
  reportFault('the discard hook', error);
}
