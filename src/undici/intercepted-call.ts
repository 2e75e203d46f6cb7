import type { Dispatcher } from 'undici';
import { ContractError } from '../errors.js';
import { CallBody } from '../fetch/call/call-body.js';
import type { Prepared } from '../fetch/call/http-call.js';
import { HttpCall } from '../fetch/call/http-call.js';
import type { ResolvedClient, ResolvedOverrides } from '../fetch/options.js';
import { bodyKind } from '../fetch/request/body.js';
import { originOf } from '../fetch/request/request.js';
import { isUpload } from '../fetch/request/upload.js';
import { markFailed } from '../fetch/verdict/result-notes.js';
import type { Context } from '../pipeline/contract/context.js';
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

/** The key of requests to a Client or Pool, which has one origin and need not name it. */
const OWN_ORIGIN = 'origin';

/** One request that goes through the interceptor: several attempts to those inside, one request to those outside. */
export class InterceptedCall extends HttpCall {
  readonly controller = new CallController();
  readonly #setup: InterceptorSetup;
  readonly #sent: Options;
  readonly #handler: Handler;
  /** Where it goes; a Client or Pool need not be told. */
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
        // The redirect interceptor may be inside. Without an origin nothing can be compared.
        followsRedirects: origin !== undefined,
        // This option says how requests are lined up: that one is safe to repeat it can only affirm.
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

  /** Tells the handler that the request has begun. Whoever has given it up by now says so. */
  start(): void {
    this.#handler.onRequestStart?.(this.controller, undefined);
  }

  async attempt(context: Context): Promise<HeldResponse> {
    const { signal } = context;
    const prepared = this.prepares ? await this.prepare(context, signal) : undefined;
    this.begin(context);
    let response: HeldResponse;
    let attempt: Attempt | undefined;
    try {
      const sent = await this.#forAttempt(context, prepared);
      const current = new Attempt(this.#handler, this.controller);
      attempt = current;
      signal.addEventListener('abort', () => current.abort(signal.reason));
      if (signal.aborted) current.abort(signal.reason);
      else if (!isUpload(sent.body)) this.#dispatch(sent, current);
      else this.sendUpload(context, () => this.#dispatch(sent, current));
      response = await current.response;
    } catch (error) {
      // Once it was given up nobody is asked any more.
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

  /** Its policies are done with this response: passes it on, under the bounds of its body. */
  passOn(response: unknown, pipeline: Pipeline<unknown>): void {
    if (!(response instanceof HeldResponse)) {
      throw new ContractError(
        'resilience: a policy answered something that is no response; a fallback belongs around the request, not into an interceptor',
      );
    }
    const { controller } = this;
    if (controller.aborted) {
      response.discard(this.#setup.clock, 0);
      throw controller.reason;
    }
    const { options } = this.#setup;
    const bounds = new CallBody(response, pipeline, options, this, undefined);
    const body = new PassedBody(response.controller, bounds);
    const ended = (): void => {
      this.#ended = true;
      this.vacate();
    };
    controller.attach(response.controller, body);
    try {
      response.passOn({ controller, handler: this.#handler, body, ended });
    } catch (error) {
      // The handler may have thrown before the response was its own: then it hears of it from `fail`, and otherwise from undici.
      body.ended();
      response.controller.abort(error as Error);
      throw error;
    }
  }

  /** The call came to nothing. */
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
      // Of an interceptor inside, or of undici's checks: nothing was sent.
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
    // A stream is sent once by the rules above; whether it was sent elsewhere, by a client on top, is not for us to judge.
    return bodyKind(body) === 'once' ? body : this.makeBody();
  }
}
