import { TimeoutError } from '../errors.js';
import { failLate } from '../pipeline/late-failure.js';
import { success } from '../pipeline/outcome.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import { formatDuration } from '../time/duration.js';
import type { TimeSource } from '../time/time-source.js';
import type { WatchableSignal } from './abort-watch.js';
import type { BodyBounds, BodyTimeout } from './body-guard.js';
import type { ResolvedClient, ResolvedOverrides } from './options.js';
import { isFetchFailure } from './verdict.js';

/** What bounds the body of one call's answer, and what becomes of its failure. */
export class CallBody implements BodyBounds {
  readonly time: TimeSource;
  readonly idleMs: number;
  readonly bodyMs: number;
  readonly signal: WatchableSignal | undefined;
  readonly #pipeline: Pipeline<unknown>;
  readonly #options: ResolvedClient;
  readonly #succeededAt: number;
  readonly #wasSuccess: boolean;

  constructor(
    response: unknown,
    pipeline: Pipeline<unknown>,
    options: ResolvedClient,
    overrides: ResolvedOverrides,
    signal: WatchableSignal | undefined,
  ) {
    this.time = pipeline.time;
    this.idleMs = overrides.idleTimeout ?? options.idleTimeout;
    this.bodyMs = overrides.bodyTimeout ?? options.bodyTimeout;
    this.signal = signal;
    this.#pipeline = pipeline;
    this.#options = options;
    this.#succeededAt = pipeline.time.recent();
    this.#wasSuccess = !isFetchFailure(success(response));
  }

  timeoutError(policy: BodyTimeout, timeoutMs: number): TimeoutError {
    const { name, captureStack } = this.#options;
    const what = policy === 'idle_timeout' ? 'nothing came for' : 'the body took longer than';
    const message = `${name}: timed out: ${what} ${formatDuration(timeoutMs)}`;
    return new TimeoutError(message, { timeoutMs, pipeline: name, policy, captureStack });
  }

  onEnd(error: unknown): void {
    if (error === undefined) return;
    failLate(this.#pipeline, {
      error,
      succeededAt: this.#succeededAt,
      wasSuccess: this.#wasSuccess,
    });
  }
}
