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

/** What an operation inside cockatiel's `wrap()` is told by a pipeline. */
export interface PipelineContext extends IDefaultPolicyContext {
  /**
   * Number of this attempt within the pipeline's call: 1 for the first. In `wrap()`, inside a retry of cockatiel's, it is the retry's number, 0
   * for the first, unless the pipeline makes attempts of its own.
   */
  readonly attempt: number;
}

/**
 * Makes a cockatiel policy of a pipeline, for cockatiel's `wrap()` and whatever else takes one.
 *
 * `onSuccess` and `onFailure` fire once a call; the pipeline is listened to only while they are.
 *
 * @throws ConfigError when it is given something else than a pipeline.
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
      // Another function hides it from the pipeline.
      if (!isOperation(operation)) return Promise.reject(noOperation('execute', operation));
      return pipeline.execute<T>(
        ({ signal: inner, attempt }) =>
          operation(counts ? { signal: inner, attempt } : new OnlyAttempt(inner)),
        { signal },
      ) as Promise<T | Adds>;
    },
  };
}

/** Whether the pipeline may call the operation again, so that the number of an attempt says something. */
function makesAttempts(pipeline: Pipeline<unknown>): boolean {
  return pipeline.plan.layers.some(
    ({ driver }) => driver !== undefined && driver.type !== 'fallback',
  );
}

/**
 * The context of an operation that is called once. cockatiel's `wrap()` copies the own properties of contexts, the inner ones over the outer:
 * the number of a retry further out stays, as this one is inherited.
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

/** As of an error that a filter of cockatiel's does not name. */
const UNHANDLED: readonly CallEvent['outcome'][] = ['cancelled', 'success', 'ignored'];

/** Something was returned. An error is none, even one that the pipeline takes for a success. */
function isAnswer({ outcome, error }: CallEvent): boolean {
  if (outcome === 'fallback') return true;
  return (outcome === 'success' || outcome === 'ignored') && error === undefined;
}

/** A cockatiel event that is fed by the pipeline's while anybody listens to it. */
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
