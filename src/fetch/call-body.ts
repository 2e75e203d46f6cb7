import type { TimeoutError } from '../errors.js';
import type { CallSite } from '../pipeline/call-site.js';
import { failLate } from '../pipeline/late-failure.js';
import { success } from '../pipeline/outcome.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import { formatDuration } from '../time/duration.js';
import type { TimeSource } from '../time/time-source.js';
import type { WatchableSignal } from './abort-watch.js';
import type { BodyBounds, BodyTimeout } from './body-guard.js';
import type { ResolvedClient, ResolvedOverrides } from './options.js';
import type { Asked } from './timeout-error.js';
import { timeoutErrorOf } from './timeout-error.js';
import { isFetchFailure } from './verdict.js';

/** The call that a body is the answer to, as far as the body outlives it. */
export interface AnsweredCall extends Asked {
  readonly overrides: ResolvedOverrides;
}

/** What bounds the body of one call's answer, and what becomes of its failure. It does not lead to the call, which leads to the response. */
export class CallBody implements BodyBounds, Asked {
  readonly time: TimeSource;
  readonly idleMs: number;
  readonly bodyMs: number;
  readonly signal: WatchableSignal | undefined;
  readonly key: string | undefined;
  readonly method: string;
  readonly url: string;
  readonly site: CallSite | undefined;
  readonly #pipeline: Pipeline<unknown>;
  readonly #options: ResolvedClient;
  readonly #succeededAt: number;
  readonly #wasSuccess: boolean;
  readonly #vacate: (() => void) | undefined;

  /** @param vacate Counts the call off in its pipeline, where that is for the body to do. */
  constructor(
    response: unknown,
    pipeline: Pipeline<unknown>,
    options: ResolvedClient,
    call: AnsweredCall,
    signal: WatchableSignal | undefined,
    vacate?: (() => void) | undefined,
  ) {
    const { overrides } = call;
    this.time = pipeline.time;
    this.idleMs = overrides.idleTimeout ?? options.idleTimeout;
    this.bodyMs = overrides.bodyTimeout ?? options.bodyTimeout;
    this.signal = signal;
    this.key = call.key;
    this.method = call.method;
    this.url = call.url;
    this.site = call.site;
    this.#pipeline = pipeline;
    this.#options = options;
    this.#succeededAt = pipeline.time.recent();
    this.#wasSuccess = !isFetchFailure(success(response));
    this.#vacate = vacate;
  }

  timeoutError(policy: BodyTimeout, timeoutMs: number): TimeoutError {
    const what = policy === 'idle_timeout' ? 'nothing came for' : 'the body took longer than';
    const text = `timed out: ${what} ${formatDuration(timeoutMs)}`;
    return timeoutErrorOf(text, timeoutMs, policy, this.#options, this);
  }

  onEnd(error: unknown): void {
    this.#vacate?.();
    if (error === undefined) return;
    this.site?.addTo(error);
    failLate(this.#pipeline, {
      error,
      succeededAt: this.#succeededAt,
      wasSuccess: this.#wasSuccess,
    });
  }
}
