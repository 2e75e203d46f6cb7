import type {
  Event,
  IDefaultPolicyContext,
  IFailureEvent,
  IPolicy,
  ISuccessEvent,
} from 'cockatiel';
import { EventEmitter } from 'cockatiel';
import { ConfigError } from '../errors.js';
import type { EventOf } from '../pipeline/contract/events.js';
import { refuseMisfit } from '../pipeline/options/incompatible-copy.js';
import { isOperation, noOperation } from '../pipeline/options/wrong-arguments.js';
import { Pipeline } from '../pipeline/pipeline.js';

/** What a pipeline tells an operation inside cockatiel's `wrap()`. */
export interface PipelineContext extends IDefaultPolicyContext {
  /**
   * Number of this attempt within the pipeline's call: 1 for the first. In `wrap()`, inside a cockatiel retry, it is the retry's number, 0
   * for the first, unless the pipeline makes its own attempts.
   */
  readonly attempt: number;
}

/**
 * Makes a cockatiel policy of a pipeline, for cockatiel's `wrap()` and everything else that takes a policy.
 *
 * `onSuccess` and `onFailure` fire once for each call. The pipeline has a listener only while they have.
 *
 * @throws ConfigError when it is given something that is no pipeline.
 */
export function toCockatiel<Adds>(pipeline: Pipeline<Adds>): IPolicy<PipelineContext, Adds> {
  refuseMisfit(pipeline, 'toCockatiel');
  if (!Pipeline.is(pipeline)) {
    throw new ConfigError('toCockatiel: must be given a pipeline, as made by pipeline()', {
      path: 'toCockatiel',
      value: pipeline,
      policy: 'toCockatiel',
    });
  }
  const counts = makesAttempts(pipeline);
  return {
    _altReturn: undefined as Adds,
    onSuccess: eventOf<ISuccessEvent>(pipeline, (call) =>
      isAnswer(call) ? { duration: call.durationMs } : undefined,
    ),
    onFailure: eventOf<IFailureEvent>(pipeline, (call) =>
      isAnswer(call)
        ? undefined
        : {
            duration: call.durationMs,
            handled: !UNHANDLED.includes(call.outcome),
            reason: { error: call.error as Error },
          },
    ),
    execute<T>(
      operation: (context: PipelineContext) => PromiseLike<T> | T,
      signal?: AbortSignal,
    ): Promise<T | Adds> {
      // Wrap it, so that the pipeline does not see the function.
      if (!isOperation(operation)) return Promise.reject(noOperation('execute', operation));
      return pipeline.execute<T>(
        ({ signal: inner, attempt }) =>
          operation(counts ? { signal: inner, attempt } : new OnlyAttempt(inner)),
        { signal },
      ) as Promise<T | Adds>;
    },
  };
}

/** Whether the pipeline may call the operation again, so that an attempt's number means something. */
function makesAttempts(pipeline: Pipeline<unknown>): boolean {
  return pipeline.plan.layers.some(
    ({ driver }) => driver !== undefined && driver.type !== 'fallback',
  );
}

/**
 * The context of an operation that is called once. cockatiel's `wrap()` copies the own properties of contexts, inner over outer. This
 * number is inherited, so that the number of a retry further out stays.
 */
class OnlyAttempt implements PipelineContext {
  readonly signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.signal = signal;
  }

  get attempt(): number {
    return 1;
  }
}

type CallEvent = EventOf<'call'>;

/** The same as for an error that a cockatiel filter does not name. */
const UNHANDLED: readonly CallEvent['outcome'][] = ['cancelled', 'success', 'ignored'];

/** Whether the operation returned. An error is no return, even if the pipeline counts it as a success. */
function isAnswer({ outcome, error }: CallEvent): boolean {
  if (outcome === 'fallback') return true;
  return (outcome === 'success' || outcome === 'ignored') && error === undefined;
}

/** A cockatiel event. The pipeline's events feed it while anybody listens. */
function eventOf<E>(
  pipeline: Pipeline<unknown>,
  translate: (call: CallEvent) => E | undefined,
): Event<E> {
  const emitter = new EventEmitter<E>();
  let stop: (() => void) | undefined;
  return (listener) => {
    const subscription = emitter.addListener(listener);
    stop ??= pipeline.on('call', (call) => {
      const event = translate(call);
      if (event !== undefined) emitter.emit(event);
    });
    return {
      dispose() {
        subscription.dispose();
        if (emitter.size > 0) return;
        stop?.();
        stop = undefined;
      },
    };
  };
}
