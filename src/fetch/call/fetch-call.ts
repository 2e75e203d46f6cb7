import type { Context } from '../../pipeline/contract/context.js';
import { controllerOf } from '../../pipeline/contract/context.js';
import { sendingOf } from '../../pipeline/contract/injection.js';
import { inheritedMs } from '../../pipeline/inherited.js';
import type { Pipeline } from '../../pipeline/pipeline.js';
import type { Clock } from '../../time/clock.js';
import type { ResolvedClient } from '../options.js';
import type { ResolvedOverrides } from '../overrides.js';
import { holdBody, needsDuplex } from '../request/body.js';
import type { InitFields } from '../request/init.js';
import { copyInit } from '../request/init.js';
import { normaliseMethod } from '../request/method.js';
import { absoluteUrl } from '../request/request.js';
import {
  assertUsable,
  hasBody,
  releaseRequest,
  requestForAttempt,
} from '../request/request-object.js';
import { isUpload } from '../request/upload.js';
import type { BodyBounds } from '../response/body-guard.js';
import type { WatchableSignal } from '../signal/abort-watch.js';
import type { HeadersSource, RequestLike } from '../types.js';
import { isRequestLike } from '../types.js';
import { CallBody } from './call-body.js';
import { HIDES_REDIRECTS, sendFirstHop, sendUnseen } from './first-hop.js';
import type { Prepared } from './http-call.js';
import { HttpCall } from './http-call.js';

/** How requests are sent, and what happens to the responses. */
export interface Transport {
  send(input: unknown, init: InitFields): PromiseLike<unknown>;
  /** Keeps the bounds of a call in force while a response's body is read. */
  guard(response: unknown, controller: AbortController, bounds: BodyBounds): void;
  /** Gets rid of a response that nobody will read. */
  discard(response: unknown, clock: Clock, timeoutMs: number): unknown;
  /** Frees the connection of a response that is kept, unread, while a retry waits, if that is possible. */
  keep?(response: unknown): void;
}

/** What all calls of a client have in common. */
export interface Setup {
  readonly options: ResolvedClient;
  readonly clock: Clock;
  /** The base of relative URLs. */
  readonly base: string | undefined;
  readonly transport: Transport;
}

/** A response, and what aborts the reading of its body. */
export interface Answer {
  readonly response: unknown;
  readonly controller: AbortController;
}

const NO_OVERRIDES: ResolvedOverrides = Object.freeze({});

/** One call of a function like fetch. It keeps for all attempts what fetch would read from its arguments at once. */
export class FetchCall extends HttpCall {
  /** The caller's signal. */
  readonly signal: AbortSignal | undefined;
  readonly #setup: Setup;
  readonly #request: RequestLike | undefined;
  readonly #init: InitFields;
  readonly #answers: Answer[] = [];
  #cloned = false;

  /** @throws TypeError as fetch does, when the request cannot be sent. */
  constructor(
    input: unknown,
    init: object | null | undefined,
    overrides: ResolvedOverrides | undefined,
    setup: Setup,
  ) {
    const request = isRequestLike(input) ? input : undefined;
    const own = copyInit(init);
    if ('holdfast' in own) delete own['holdfast'];
    // No body in `init`: a Request's own body is sent.
    if (own['body'] === null) delete own['body'];
    const { redirect = fieldOf(request, 'redirect') } = own;
    super(
      {
        url:
          request === undefined ? absoluteUrl(input, setup.base, setup.options.path) : request.url,
        method: normaliseMethod(textOf(own['method']) ?? request?.method),
        headers: (own['headers'] as HeadersSource | null | undefined) ?? request?.headers,
        body: own['body'],
        followsRedirects: redirect === undefined || redirect === 'follow',
      },
      overrides ?? NO_OVERRIDES,
      setup.options,
    );
    this.#setup = setup;
    this.#request = request;
    this.#init = own;
    if (this.#sendsRequestBody()) assertUsable(request as RequestLike);
    const { signal = fieldOf(request, 'signal') } = own;
    this.signal = (signal as AbortSignal | null | undefined) ?? undefined;
  }

  /** Sends it. */
  async attempt(context: Context): Promise<unknown> {
    const controller = controllerOf(context);
    const { signal } = controller;
    this.enterAttempt(context);
    const prepared = this.prepares ? await this.prepare(context, signal) : undefined;
    this.begin(context);
    let response: unknown;
    try {
      const send = (): unknown => this.#send(context, signal, prepared);
      const sending = sendingOf(context);
      response = await (sending === undefined ? send() : sending(send));
    } catch (error) {
      // Once the attempt was given up, nobody is asked any more.
      throw signal.aborted ? error : this.failed(error);
    }
    this.arrived(response);
    if (signal.aborted) return response;
    try {
      this.answered(response);
    } catch (error) {
      this.#setup.transport.discard(response, this.#setup.clock, 0);
      throw error;
    }
    this.#answers.push({ response, controller });
    return response;
  }

  /** The policies answered the call with this response. Keeps the call's bounds in force while its body is read. */
  guard(response: unknown, pipeline: Pipeline<unknown>): void {
    const answer = this.answerWith(response);
    // A test double of fetch may return anything.
    if (answer === undefined || typeof response !== 'object' || response === null) return;
    const { options, transport } = this.#setup;
    const signal = this.signal as WatchableSignal | undefined;
    const left = inheritedMs();
    const bounds = new CallBody(response, pipeline, options, this, signal, left, this.handOver());
    transport.guard(response, answer.controller, bounds);
  }

  /** The call is over. A Request that no attempt used is unchanged, so it can be sent elsewhere. */
  release(): void {
    if (this.#cloned) releaseRequest(this.#request as RequestLike);
    this.vacate();
  }

  /** The attempt that this response answered; `undefined` for a response from elsewhere. */
  protected answerWith(response: unknown): Answer | undefined {
    // A test double may return the same response twice: take the later attempt.
    for (let i = this.#answers.length - 1; i >= 0; i--) {
      const answer = this.#answers[i];
      if (answer?.response === response) return answer;
    }
    return undefined;
  }

  protected get setup(): Setup {
    return this.#setup;
  }

  protected get sendsBody(): boolean {
    return this.body !== undefined || this.#sendsRequestBody();
  }

  #sendsRequestBody(): boolean {
    return this.#request !== undefined && this.body === undefined && hasBody(this.#request);
  }

  #send(context: Context, signal: AbortSignal, prepared: Prepared | undefined): unknown {
    const init: InitFields = { ...this.#init, signal };
    const headers = this.headersFor(context, prepared);
    // A Request keeps its own headers unless something was added to them.
    if (headers !== this.#request?.headers) init['headers'] = headers;
    if (this.body === undefined) return this.#sendWith(init, context);
    const body = this.makeBody();
    return body instanceof Promise
      ? body.then((made) => this.#sendBody(init, made, context))
      : this.#sendBody(init, body, context);
  }

  #sendBody(init: InitFields, body: unknown, context: Context): unknown {
    this.sends(body);
    init['body'] = body;
    if (init['duplex'] === undefined && needsDuplex(body)) init['duplex'] = 'half';
    if (!isUpload(body)) return this.#sendWith(init, context);
    const isReadable = holdBody(body);
    return this.sendUpload(context, () => {
      if (isReadable()) return this.#sendWith(init, context);
      const { errored: cause } = body as { readonly errored?: unknown };
      throw this.ownFault(new TypeError('the body failed before it was sent', { cause }));
    });
  }

  #sendWith(init: InitFields, context: Context): unknown {
    if (!HIDES_REDIRECTS || !this.mustKnowTarget) return this.#sendAsIs(init, context);
    return this.#request === undefined
      ? this.#sendByHop(init)
      : sendUnseen(this.#sendAsIs(init, context));
  }

  #sendAsIs(init: InitFields, context: Context): unknown {
    const { transport } = this.#setup;
    const request = this.#request;
    if (request === undefined) return transport.send(this.url, init);
    if (!this.#sendsRequestBody()) return transport.send(request, init);
    this.sends(request.body);
    const last = this.overrides.retry === false;
    this.#cloned = !last;
    const sent = requestForAttempt(request, last);
    return this.sendUpload(context, () => transport.send(sent, init));
  }

  #sendByHop(init: InitFields): PromiseLike<unknown> {
    const { clock, transport } = this.#setup;
    return sendFirstHop(this.url, this.method, init, {
      send: (url, each) => transport.send(url, each),
      discard: (response) => transport.discard(response, clock, 0),
    });
  }
}

/** The method as fetch reads it. fetch itself refuses a method that does not exist. */
function textOf(method: unknown): string | undefined {
  return method === undefined ? undefined : String(method);
}

function fieldOf(request: object | undefined, name: string): unknown {
  return (request as Readonly<Record<string, unknown>> | undefined)?.[name];
}
