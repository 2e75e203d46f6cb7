import type { Dispatcher } from 'undici';
import { ContractError } from '../errors.js';
import { CallBody } from '../fetch/call/call-body.js';
import type { Prepared } from '../fetch/call/http-call.js';
import { HttpCall } from '../fetch/call/http-call.js';
import type { ResolvedClient } from '../fetch/options.js';
import type { ResolvedOverrides } from '../fetch/overrides.js';
import { bodyKind } from '../fetch/request/body.js';
import { originOf } from '../fetch/request/request.js';
import { isUpload } from '../fetch/request/upload.js';
import { markFailed } from '../fetch/verdict/result-notes.js';
import type { Context } from '../pipeline/contract/context.js';
import { sendingOf } from '../pipeline/contract/injection.js';
import { inheritedMs } from '../pipeline/inherited.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import type { Clock } from '../time/clock.js';
import { Attempt } from './attempt.js';
import { CallController } from './call-controller.js';
import { headerRecord } from './headers.js';
import { HeldResponse } from './held-response.js';
import { PassedBody } from './passed-body.js';

type Options = Dispatcher.DispatchOptions;
type Handler = Dispatcher.DispatchHandler;

/** What all calls through one interceptor have in common. */
export interface InterceptorSetup {
  readonly dispatch: Dispatcher.Dispatch;
  readonly options: ResolvedClient;
  readonly clock: Clock;
}

/** The key of requests to a Client or Pool. These have one origin and need not name it. */
const OWN_ORIGIN = 'origin';

/** One request that goes through the interceptor. It is several attempts on the inside, and one request on the outside. */
export class InterceptedCall extends HttpCall {
  readonly controller = new CallController();
  readonly #setup: InterceptorSetup;
  readonly #sent: Options;
  readonly #handler: Handler;
  /** Where it goes. A Client or Pool knows that itself. */
  readonly #origin: string | undefined;
  #ended = false;

  constructor(
    sent: Options,
    handler: Handler,
    overrides: ResolvedOverrides,
    setup: InterceptorSetup,
  ) {
    const origin = sent.origin === undefined ? undefined : String(sent.origin);
    super(
      {
        url: `${origin ?? ''}${sent.path}`,
        method: sent.method,
        headers: headerRecord(sent.headers),
        body: sent.body,
        // The redirect interceptor may be inside. Without an origin there is nothing to compare.
        followsRedirects: origin !== undefined,
        // This option is about queueing requests. It can only affirm that one is safe to repeat.
        idempotent: sent.idempotent === true ? true : undefined,
      },
      overrides,
      setup.options,
    );
    this.#setup = setup;
    this.#sent = sent;
    this.#handler = handler;
    this.#origin = origin;
  }

  protected override ownKey(): string {
    return this.#origin === undefined ? OWN_ORIGIN : originOf(this.#origin);
  }

  /** Tells the handler that the request has begun. The caller may give it up then. */
  start(): void {
    this.#handler.onRequestStart?.(this.controller, undefined);
  }

  async attempt(context: Context): Promise<HeldResponse> {
    const { signal } = context;
    this.enterAttempt(context);
    const prepared = this.prepares ? await this.prepare(context, signal) : undefined;
    this.begin(context);
    let response: HeldResponse;
    let attempt: Attempt | undefined;
    try {
      const sent = await this.#forAttempt(context, prepared);
      const send = (): unknown => {
        const current = new Attempt(this.#handler, this.controller);
        attempt = current;
        signal.addEventListener('abort', () => current.abort(signal.reason));
        if (signal.aborted) {
          current.abort(signal.reason);
          return current.response;
        }
        const dispatch = () => this.#dispatch(sent, current);
        return isUpload(sent.body) ? this.sendUpload(context, dispatch) : dispatch();
      };
      const sending = sendingOf(context);
      response = (await (sending === undefined ? send() : sending(send))) as HeldResponse;
    } catch (error) {
      // Once the call was given up, nobody is asked any more.
      throw signal.aborted ? error : this.failed(error, attempt?.begun !== false);
    }
    this.arrived(response);
    if (signal.aborted) return response;
    try {
      this.answered(response);
    } catch (error) {
      response.discard(this.#setup.clock, 0);
      throw error;
    }
    return response;
  }

  /** The policies are done with this response. Passes it on, under the bounds of its body. */
  passOn(response: unknown, pipeline: Pipeline<unknown>): void {
    if (!(response instanceof HeldResponse)) {
      throw new ContractError(
        'resilience: a policy returned something that is no response; put a fallback around the request, not into an interceptor',
      );
    }
    const { controller } = this;
    if (controller.aborted) {
      response.discard(this.#setup.clock, 0);
      throw controller.reason;
    }
    const { options } = this.#setup;
    const bounds = new CallBody(response, pipeline, options, this, undefined, inheritedMs());
    const body = new PassedBody(response.controller, bounds);
    const ended = (): void => {
      this.#ended = true;
      this.vacate();
    };
    controller.attach(response.controller, body);
    try {
      response.passOn({ controller, handler: this.#handler, body, ended });
    } catch (error) {
      // If the handler threw before the response was its own, `fail` tells it. Otherwise undici does.
      body.ended();
      response.controller.abort(error as Error);
      throw error;
    }
  }

  /** The call failed. */
  fail(error: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.vacate();
    this.#handler.onResponseError?.(this.controller, error as Error);
  }

  #dispatch(sent: Options, attempt: Attempt): Promise<HeldResponse> {
    try {
      this.#setup.dispatch(sent, attempt);
      return attempt.response;
    } catch (error) {
      // An interceptor inside, or undici's checks, threw: nothing was sent.
      markFailed(error, false);
      throw error;
    }
  }

  async #forAttempt(context: Context, prepared: Prepared | undefined): Promise<Options> {
    const headers = this.headersFor(context, prepared);
    const body = await this.#bodyForAttempt();
    this.sends(body);
    return { ...this.#sent, headers, body } as Options;
  }

  #bodyForAttempt(): unknown {
    const { body } = this;
    if (body === undefined || body === null) return null;
    // By the rules above a stream is sent once. Whether a client on top sent it elsewhere is not checked here.
    return bodyKind(body) === 'once' ? body : this.makeBody();
  }
}
