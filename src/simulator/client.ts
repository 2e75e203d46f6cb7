import { describe } from '../config/describe.js';
import { ConfigError, RejectedError } from '../errors.js';
import type { Priority } from '../pipeline/contract/call-traits.js';
import type { Clock } from '../time/clock.js';
import type { Caller, CallerOptions, CockatielCaller, RunContext } from './arm.js';
import type { Tally } from './tally.js';
import type { Request, Upstream } from './upstream.js';
import { MissingError } from './upstream.js';
import type { VirtualTime } from './virtual-time.js';

/** What is so of a call, whoever makes it. */
export interface CallPlan {
  /** It asks for something that does not exist. */
  readonly missing: boolean;
  readonly priority?: Priority | undefined;
  readonly cost?: number | undefined;
}

/** A client of the upstream. It makes calls through its arm, and counts how they end. */
export class Client {
  readonly #caller: Caller | CockatielCaller;
  readonly #index: number;
  readonly #world: VirtualTime;
  readonly #time: Clock;
  readonly #upstream: Upstream;
  readonly #tally: Tally;

  constructor(
    caller: Caller | CockatielCaller,
    index: number,
    time: VirtualTime,
    upstream: Upstream,
    tally: Tally,
  ) {
    this.#caller = caller;
    this.#index = index;
    this.#world = time;
    this.#time = time.process;
    this.#upstream = upstream;
    this.#tally = tally;
  }

  get snapshot(): unknown {
    return isCockatiel(this.#caller) ? undefined : this.#caller.snapshot?.();
  }

  /** Makes one call. Its caller waits until the deadline, and not longer. */
  call(plan: CallPlan): void {
    const startMs = this.#time.now();
    const { priority, cost } = plan;
    const slices = this.#tally.slicesOf(startMs, priority);
    for (const slice of slices) slice.calls++;
    const controller = new AbortController();
    const { signal } = controller;
    const operation = (context?: RunContext): Promise<unknown> =>
      this.#send(plan, context ?? {}, context?.signal ?? signal);
    let open = true;
    const end = (good: boolean, error: unknown): void => {
      if (!open) return;
      open = false;
      this.#time.clearTimer(timer);
      for (const slice of slices) {
        if (isRefusal(error)) slice.refused++;
        if (good) slice.good++;
      }
      if (good) this.#tally.answered(startMs, this.#time.now() - startMs);
    };
    const settled = this.#execute(operation, {
      signal,
      ...(priority === undefined ? {} : { priority }),
      ...(cost === undefined ? {} : { cost }),
    });
    const timer = this.#time.setTimer(() => {
      end(false, undefined);
      controller.abort(new DOMException('The caller waits no longer', 'TimeoutError'));
    }, this.#upstream.scenario.deadline);
    settled.then(
      () => end(true, undefined),
      (error: unknown) => end(error instanceof MissingError, error),
    );
  }

  /** Runs the call. A throw at once is a failed call, as a rejection is. */
  #execute(
    operation: (context?: RunContext) => Promise<unknown>,
    options: CallerOptions,
  ): Promise<unknown> {
    const caller = this.#caller;
    try {
      return Promise.resolve(
        isCockatiel(caller)
          ? caller.execute(operation, options.signal)
          : caller.execute(operation, options),
      );
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** What an arm says wrongly ends the simulation: as the failure of a call it would be one among many. */
  #check(name: string, value: unknown, { says, allows }: Rule): void {
    if (value === undefined || allows(value)) return;
    const path = `operation.${name}`;
    const error = new ConfigError(`${path}: ${says} (got ${describe(value)})`, { path, value });
    this.#world.setTimer(() => {
      throw error;
    }, 0);
    throw error;
  }

  #send(
    { missing, priority, cost }: CallPlan,
    { server, deadlineMs }: RunContext,
    signal: AbortSignal,
  ): Promise<unknown> {
    this.#check('server', server, isServerOf(this.#upstream.scenario.servers));
    this.#check('deadlineMs', deadlineMs, isNumber);
    return new Promise((resolve, reject) => {
      const request: Request = {
        missing,
        cost,
        client: this.#index,
        server,
        deadlineMs,
        gone: false,
        answer: (error, quota) => {
          signal.removeEventListener('abort', abort);
          if (error !== undefined) reject(error);
          else resolve(quota === undefined ? 'answer' : { cost: cost ?? 1, quota });
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
      for (const slice of this.#tally.slicesOf(this.#time.now(), priority)) slice.requests++;
      signal.addEventListener('abort', abort, { once: true });
      this.#upstream.send(request);
    });
  }
}

interface Rule {
  readonly says: string;
  readonly allows: (value: unknown) => boolean;
}

const isNumber: Rule = {
  says: 'must be a number of milliseconds',
  allows: (value) => typeof value === 'number' && !Number.isNaN(value),
};

function isServerOf(servers: number): Rule {
  return {
    says: `must be a whole number from 0 to ${servers - 1}`,
    allows: (value) =>
      Number.isInteger(value) && (value as number) >= 0 && (value as number) < servers,
  };
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
