import { RejectedError } from '../errors.js';
import type { Clock } from '../time/clock.js';
import type { Caller, CockatielCaller, RunContext } from './arm.js';
import type { Tally } from './tally.js';
import type { Request, Upstream } from './upstream.js';
import { MissingError } from './upstream.js';

/** A client of the upstream. It makes calls through its arm, and counts how they end. */
export class Client {
  readonly #caller: Caller | CockatielCaller;
  readonly #time: Clock;
  readonly #upstream: Upstream;
  readonly #tally: Tally;
  readonly #deadlineMs: number;

  constructor(
    caller: Caller | CockatielCaller,
    time: Clock,
    upstream: Upstream,
    tally: Tally,
    deadlineMs: number,
  ) {
    this.#caller = caller;
    this.#time = time;
    this.#upstream = upstream;
    this.#tally = tally;
    this.#deadlineMs = deadlineMs;
  }

  get snapshot(): unknown {
    return isCockatiel(this.#caller) ? undefined : this.#caller.snapshot?.();
  }

  /** Makes one call. Its caller waits until the deadline, and not longer. */
  call(missing: boolean): void {
    const startMs = this.#time.now();
    const slice = this.#tally.slice(startMs);
    slice.calls++;
    const controller = new AbortController();
    const { signal } = controller;
    const operation = (context?: RunContext): Promise<unknown> =>
      this.#send(missing, context?.signal ?? signal);
    let open = true;
    const end = (good: boolean, error: unknown): void => {
      if (!open) return;
      open = false;
      this.#time.clearTimer(timer);
      if (isRefusal(error)) slice.refused++;
      if (!good) return;
      slice.good++;
      this.#tally.latencies.push(this.#time.now() - startMs);
    };
    const settled = this.#execute(operation, signal);
    const timer = this.#time.setTimer(() => {
      end(false, undefined);
      controller.abort(new DOMException('The caller waits no longer', 'TimeoutError'));
    }, this.#deadlineMs);
    settled.then(
      () => end(true, undefined),
      (error: unknown) => end(error instanceof MissingError, error),
    );
  }

  /** Runs the call. A throw at once is a failed call, as a rejection is. */
  #execute(
    operation: (context?: RunContext) => Promise<unknown>,
    signal: AbortSignal,
  ): Promise<unknown> {
    const caller = this.#caller;
    try {
      return Promise.resolve(
        isCockatiel(caller)
          ? caller.execute(operation, signal)
          : caller.execute(operation, { signal }),
      );
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #send(missing: boolean, signal: AbortSignal): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const request: Request = {
        missing,
        gone: false,
        answer: (error) => {
          signal.removeEventListener('abort', abort);
          if (error === undefined) resolve('answer');
          else reject(error);
        },
      };
      const abort = (): void => {
        request.gone = true;
        reject(signal.reason as Error);
      };
      if (signal.aborted) {
        abort();
        return;
      }
      this.#tally.slice(this.#time.now()).requests++;
      signal.addEventListener('abort', abort, { once: true });
      this.#upstream.send(request);
    });
  }
}

function isCockatiel(caller: Caller | CockatielCaller): caller is CockatielCaller {
  return typeof caller.onSuccess === 'function';
}

/** The codes and class names by which the refusals of other libraries are known. */
const REFUSALS: ReadonlySet<unknown> = new Set([
  'EOPENBREAKER',
  'ESEMLOCKED',
  'BrokenCircuitError',
  'BulkheadRejectedError',
  'IsolatedCircuitError',
]);

function isRefusal(error: unknown): boolean {
  if (error instanceof RejectedError) return true;
  if (!(error instanceof Error)) return false;
  const { code } = error as { readonly code?: unknown };
  return REFUSALS.has(code) || REFUSALS.has(error.constructor.name);
}
