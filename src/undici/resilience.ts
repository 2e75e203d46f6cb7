import type { Dispatcher } from 'undici';
import type { ClientState } from '../fetch/client/client.js';
import { stateOf } from '../fetch/client/client.js';
import type { OwnPolicies } from '../fetch/options.js';
import type { ResolvedOverrides } from '../fetch/overrides.js';
import { resolveOverrides } from '../fetch/overrides.js';
import type { Pipelines } from '../fetch/policies/pipelines.js';
import { pipelinesOf } from '../fetch/policies/pipelines.js';
import type { Context } from '../pipeline/contract/context.js';
import type { PoliciesOf } from '../pipeline/contract/snapshot.js';
import { startsOver } from '../pipeline/lifecycle/start-over.js';
import type { Pipeline, PipelineLayer } from '../pipeline/pipeline.js';
import { refuseResults } from '../policies/refuse-results.js';
import type { AnyStandardSnapshots } from '../policies/standard.js';
import { systemClock } from '../time/clock.js';
import { HeldResponse } from './held-response.js';
import type { InterceptorSetup } from './intercepted-call.js';
import { InterceptedCall } from './intercepted-call.js';
import type { InterceptedOverrides, ResilienceOptions } from './options.js';
import { resolveResilience } from './options.js';

/** Made by {@link resilience}: an interceptor for `compose`, and access to the pipelines behind it. */
export interface ResilienceInterceptor<Policies = unknown> extends ClientState<Policies> {
  (dispatch: Dispatcher.Dispatch): Dispatcher.Dispatch;
}

/**
 * Makes an interceptor with the standard policies for everything that goes through a dispatcher: `request`, `stream`, `pipeline`, and
 * fetch. Every request passes the gates. It is retried if it is safe to send twice and its body can be sent again. fetch
 * hands its bodies down as streams, so `resilientFetch` can retry more there.
 *
 * A request may bring its own settings as `holdfast` among its options: see {@link InterceptedOverrides}.
 *
 * @throws ConfigError when an option is wrong.
 * @example
 * const agent = new Agent().compose(resilience());
 */
export function resilience<Layer extends PipelineLayer>(
  options: ResilienceOptions & OwnPolicies<Layer>,
): ResilienceInterceptor<PoliciesOf<Layer>>;
/** The same with the standard policies, so that the type of `snapshot()` knows them. */
export function resilience(
  options?: ResilienceOptions,
): ResilienceInterceptor<AnyStandardSnapshots>;
export function resilience(options?: ResilienceOptions): ResilienceInterceptor {
  const resolved = resolveResilience(options);
  const clock = resolved.clock ?? systemClock;
  const discard = (response: unknown, timeoutMs: number): void => {
    if (response instanceof HeldResponse) response.discard(clock, timeoutMs);
  };
  const keep = (response: unknown): void => {
    if (response instanceof HeldResponse) response.keep();
  };
  const check = (pipeline: Pipeline<unknown>): void =>
    refuseResults(
      pipeline,
      resolved.path,
      'what it passes on are the parts of a response as they come',
    );
  const pipelines = pipelinesOf(resolved, clock, discard, keep, check);

  const interceptor = (dispatch: Dispatcher.Dispatch): Dispatcher.Dispatch => {
    const setup: InterceptorSetup = { dispatch, options: resolved, clock };
    return (given, handler) => {
      const { holdfast, ...sent } = given as Dispatcher.DispatchOptions & InterceptedOverrides;
      // Policies cannot judge a tunnel or another protocol.
      if (sent.method === 'CONNECT' || sent.upgrade) return dispatch(sent, handler);
      const overrides: ResolvedOverrides = holdfast === undefined ? {} : resolveOverrides(holdfast);
      const call = new InterceptedCall(sent, handler, overrides, setup);
      call.start();
      void run(call, pipelines);
      return true;
    };
  };
  startsOver(interceptor, () => pipelines.byKey.startOver());
  const made = Object.assign(interceptor, stateOf(pipelines, resolved));
  pipelines.join(made);
  return made;
}

async function run(call: InterceptedCall, { byKey, boundsOf }: Pipelines): Promise<void> {
  try {
    const pipeline = byKey.get(call.stateKey());
    const settings = call.enter(boundsOf(pipeline), pipeline.plan);
    call.occupy(pipeline);
    const attempt = (context: Context): Promise<HeldResponse> => call.attempt(context);
    const signal = call.controller as unknown as AbortSignal;
    const response = await pipeline.executeWith(attempt, signal, settings, call.traits);
    call.passOn(response, pipeline);
  } catch (error) {
    call.fail(call.endedBadly(error, call.controller));
  }
}
