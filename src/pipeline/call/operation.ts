import { adopted, isNative, isThenable } from '../outcome/promises.js';
import type { RunningContext } from './attempt.js';
import type { CallView } from './call-view.js';

/** Who wants to know how the operation ends. */
export interface Operator {
  /** It returned. */
  fulfilled(value: unknown): void;
  /** It threw or rejected. */
  rejected(error: unknown): void;
}

/** Calls the operation and says how it ends: at once, if it returns no promise. */
export function operate(view: CallView, context: RunningContext, operator: Operator): void {
  let result: unknown;
  try {
    result = view.record.operate(context, view.around);
    if (isThenable(result)) {
      const settling = isNative(result) ? result : adopted(result);
      settling.then(
        (value) => operator.fulfilled(value),
        (error: unknown) => operator.rejected(error),
      );
      return;
    }
  } catch (error) {
    operator.rejected(error);
    return;
  }
  operator.fulfilled(result);
}
