import type {
  Event,
  IDefaultPolicyContext,
  IFailureEvent,
  IPolicy,
  ISuccessEvent,
} from 'cockatiel';
import { EventEmitter } from 'cockatiel';
import { ConfigError } from '../errors.js';
import type { EventOf } from '../pipeline/events.js';
import { Pipeline } from '../pipeline/pipeline.js';

/** What an operation inside cockatiel's `wrap()` is told by a pipeline. */
export interface PipelineContext extends IDefaultPolicyContext {
  /** Number of this attempt within the pipeline's call: 1 for the first. */
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
  if (!Pipeline.is(pipeline)) {
    throw new ConfigError('toCockatiel: must be given a pipeline, as made by pipeline()', {
      path: 'toCockatiel',
      value: pipeline,
      policy: 'toCockatiel',
    });
  }
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
      return pipeline.execute<T>(
        // cockatiel's wrap() copies the context's own properties, so it gets a plain object.
        ({ signal: inner, attempt }) => operation({ signal: inner, attempt }),
        { signal },
      ) as Promise<T | Adds>;
    },
  };
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
