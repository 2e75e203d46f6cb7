import { boundToRequests, builtinModule } from '../../host.js';

/**
 * The async context in which a call was made: the stores of each AsyncLocalStorage, such as the current request, and OpenTelemetry's
 * context. Promise reactions run in it by themselves. A timer that many calls share, and a signal's listeners, run in the context of
 * whoever set them off.
 */
export interface Home {
  /** Calls a function in this context. */
  runInAsyncScope<This, A extends unknown[], R>(
    run: (this: This, ...args: A) => R,
    receiver: This,
    ...args: A
  ): R;
}

interface AsyncHooks {
  readonly AsyncResource?: new (type: string, triggerAsyncId: number | undefined) => Home;
}

/** What is told async_hooks as the cause of a call: the start of the process. To look the true one up is a third of what an AsyncResource costs.
 * Workerd takes no number. */
const CAUSE = boundToRequests ? undefined : 1;

/** An AsyncResource costs 20 ns; `AsyncLocalStorage.snapshot()`, which does the same, several microseconds on Node 20 to 24. */
const AsyncResource = /* @__PURE__ */ find();

// Where there is no such module, in browsers and workers, there are no such contexts either.
function find(): AsyncHooks['AsyncResource'] {
  return (builtinModule('node:async_hooks') as AsyncHooks | undefined)?.AsyncResource;
}

/** The context of the caller; `undefined` if the runtime has none. */
export function homeHere(): Home | undefined {
  return AsyncResource === undefined ? undefined : new AsyncResource('HoldfastCall', CAUSE);
}
