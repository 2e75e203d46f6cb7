import { TimeoutError } from '../../errors.js';
import { placesOf } from '../../fetch/policies/call-settings.js';
import type { CallTraits } from '../../pipeline/contract/call-traits.js';
import type { Context, LayerSettings } from '../../pipeline/contract/context.js';
import { occupy } from '../../pipeline/lifecycle/occupants.js';
import type { Pipeline } from '../../pipeline/pipeline.js';
import type { AnyStandardSnapshots } from '../../policies/standard.js';
import type { InterceptorState } from '../interceptor-state.js';
import { withState } from '../interceptor-state.js';
import type { GrpcOptions } from '../options.js';
import { keyOf, priorityIn, resolveGrpc, traitsOf } from '../options.js';
import { grpcPipelines } from '../pipelines.js';
import { timeoutIn } from './attempt-headers.js';
import { callerError } from './call-error.js';
import { CallerSignal } from './caller-signal.js';
import { ConnectCall } from './connect-call.js';
import { ConnectMethods } from './connect-method.js';
import type { ConnectNext, ConnectRequest, ConnectResponse } from './types.js';

/**
 * Made by {@link connectInterceptor}: an interceptor for the clients of connect-es, and access to the pipelines behind it, one for each key. `Policies` is the
 * type of their policies' snapshots, by name.
 */
export interface ConnectInterceptor<Policies = unknown> extends InterceptorState<Policies> {
  /** What connect-es calls. */
  <Q extends ConnectRequest, A extends ConnectResponse>(
    next: (request: Q) => Promise<A>,
  ): (request: Q) => Promise<A>;
}

/**
 * Makes an interceptor for clients of connect-es 2 (`@connectrpc/connect`), for all its transports and protocols: Connect, gRPC and gRPC-Web. It runs each
 * call in the standard policies, with gRPC's rules. Interceptors that stand before it in the list act once a call, those after it on each
 * attempt.
 *
 * A refused call, a timeout and a cancellation reach the caller as a ConnectError, whose `cause` is what happened. Other errors are the transport's
 * own.
 *
 * @throws ConfigError when an option is wrong.
 * @example
 * const transport = createConnectTransport({ baseUrl, httpVersion: '2', interceptors: [connectInterceptor()] });
 */
export function connectInterceptor(
  options?: GrpcOptions,
): ConnectInterceptor<AnyStandardSnapshots> {
  const resolved = resolveGrpc(options, 'connectInterceptor', 'connect');
  const byKey = grpcPipelines(resolved);
  const methods = new ConnectMethods();
  const interceptor =
    <Q extends ConnectRequest, A extends ConnectResponse>(next: ConnectNext<Q, A>) =>
    async (request: Q): Promise<A> => {
      const method = methods.of(request);
      const pipeline = byKey.get(keyOf(resolved, method));
      const call = new ConnectCall(request, next, resolved, pipeline, method);
      return send(call, request, pipeline, traitsOf(resolved, method));
    };
  // Without a function for it, the key is the authority.
  const addressOf = (key: string) => (methods.allKnown ? key : undefined);
  return withState(
    interceptor,
    byKey,
    resolved,
    resolved.key === undefined ? addressOf : undefined,
  ) as never;
}

async function send<Q extends ConnectRequest, A extends ConnectResponse>(
  call: ConnectCall<Q, A>,
  request: Q,
  pipeline: Pipeline<unknown>,
  traits: CallTraits | undefined,
): Promise<A> {
  const occupants = occupy(pipeline.lifetime);
  let handedOver = false;
  let caller: CallerSignal | undefined;
  const { signal } = request;
  const run = (context: Context): Promise<A> => call.attempt(context);
  const execute = (): Promise<unknown> => {
    const timeout = timeoutIn(request.header);
    const { clock } = pipeline.time;
    if (sendsStream(request)) {
      caller =
        timeout === undefined
          ? undefined
          : new CallerSignal(signal, clock, () => overdue(pipeline, timeout));
      return pipeline.executeWith(run, caller?.signal ?? signal, withoutTotal(pipeline), traits);
    }
    if (timeout === undefined) return pipeline.execute(run, { signal, ...priorityIn(traits) });
    caller = new CallerSignal(signal, clock);
    return pipeline.execute(run, { signal: caller.signal, timeout, ...priorityIn(traits) });
  };
  try {
    const response = (await execute()) as A;
    if (!response.stream) return response;
    handedOver = true;
    return call.answer(response, occupants);
  } catch (error) {
    throw callerError(error, signal);
  } finally {
    caller?.end();
    if (!handedOver) occupants.leave();
  }
}

function sendsStream({ method: { methodKind } }: ConnectRequest): boolean {
  return methodKind === 'client_streaming' || methodKind === 'bidi_streaming';
}

/** A caller may send for hours. */
function withoutTotal({ plan: { layers } }: Pipeline<unknown>): LayerSettings | undefined {
  const { total } = placesOf(layers);
  if (total === undefined) return undefined;
  return layers.map((_, i) => (i === total ? Infinity : undefined));
}

function overdue({ name, publicKey: key, label }: Pipeline<unknown>, timeoutMs: number) {
  const message = `${label}: timed out: the deadline of the call is over`;
  return new TimeoutError(message, { timeoutMs, pipeline: name, key });
}
