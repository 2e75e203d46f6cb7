import { TimeoutError } from '../errors.js';
import type { Context } from '../pipeline/context.js';
import { controllerOf } from '../pipeline/context.js';
import type { Outcome } from '../pipeline/outcome.js';
import { failure, success } from '../pipeline/outcome.js';
import type { Clock } from '../time/clock.js';
import { formatDuration } from '../time/duration.js';
import type { WatchableSignal } from './abort-watch.js';
import { withAttemptHeaders, withIdempotencyKey } from './attempt-headers.js';
import { bodyForAttempt, bodyKind, keepBody, needsDuplex } from './body.js';
import type { BodyBounds } from './body-guard.js';
import { readHeader } from './headers.js';
import type { InitFields } from './init.js';
import { copyInit } from './init.js';
import { mayRepeat, normaliseMethod } from './methods.js';
import type { ResolvedClient, ResolvedOverrides } from './options.js';
import type { Bounds } from './policies.js';
import { RepeatGuard } from './repeat-guard.js';
import type { OutgoingRequest } from './request.js';
import { absoluteUrl } from './request.js';
import { assertUsable, hasBody, releaseRequest, requestForAttempt } from './request-body.js';
import type { HeadersSource, RequestLike } from './types.js';
import { isRequestLike } from './types.js';
import { markFailed, markRetryAfter } from './verdict.js';

/** How requests are sent, and what is done with the responses. */
export interface Transport {
  send(input: unknown, init: InitFields): PromiseLike<unknown>;
  /** Keeps the bounds of a call in force while a response's body is read. */
  guard(response: unknown, controller: AbortController, bounds: BodyBounds): void;
  /** Gets rid of a response that nobody will read. */
  discard(response: unknown, clock: Clock, timeoutMs: number): unknown;
}

/** What all calls of a client have in common. */
export interface Setup {
  readonly options: ResolvedClient;
  readonly clock: Clock;
  /** What relative URLs are relative to. */
  readonly base: string | undefined;
  readonly transport: Transport;
}

/** A response, and what aborts the reading of its body. */
interface Answer {
  readonly response: unknown;
  readonly controller: AbortController;
}

const NO_OVERRIDES: ResolvedOverrides = Object.freeze({});

/** One call: what fetch would read from its arguments at once, kept for all attempts. */
export class HttpCall implements OutgoingRequest {
  readonly url: string;
  readonly method: string;
  readonly signal: AbortSignal | undefined;
  readonly overrides: ResolvedOverrides;
  readonly #setup: Setup;
  readonly #request: RequestLike | undefined;
  readonly #init: InitFields;
  readonly #body: unknown;
  #headers: HeadersSource | null | undefined;
  /** Of a request that may not be repeated. */
  readonly #guard: RepeatGuard | undefined;
  readonly #answers: Answer[] = [];

  /** @throws TypeError as fetch does, when the request cannot be sent. */
  constructor(
    input: unknown,
    init: object | null | undefined,
    overrides: ResolvedOverrides | undefined,
    setup: Setup,
  ) {
    this.#setup = setup;
    this.overrides = overrides ?? NO_OVERRIDES;
    const request = isRequestLike(input) ? input : undefined;
    this.#request = request;
    this.url = request === undefined ? absoluteUrl(input, setup.base) : request.url;
    const own = copyInit(init);
    delete own['holdfast'];
    this.#init = own;
    this.method = normaliseMethod((own['method'] as string | undefined) ?? request?.method);
    this.#headers = (own['headers'] as HeadersSource | null | undefined) ?? request?.headers;
    this.#addIdempotencyKey();
    this.#body = keepBody(own['body']);
    this.#guard = this.#makeGuard();
    if (this.#sendsRequestBody()) assertUsable(request as RequestLike);
    const signal = own['signal'] === undefined ? requestSignal(request) : own['signal'];
    this.signal = (signal as AbortSignal | null | undefined) ?? undefined;
  }

  header(name: string): string | undefined {
    return readHeader(this.#headers, name.toLowerCase());
  }

  /** Sends it. */
  async attempt(context: Context): Promise<unknown> {
    const controller = controllerOf(context);
    const { signal } = controller;
    this.#guard?.begin(signal);
    let response: unknown;
    try {
      response = await this.#send(context, signal);
    } catch (error) {
      // Once it was given up nobody is asked any more.
      if (!signal.aborted) this.#failed(error);
      throw error;
    }
    if (!signal.aborted) this.#answered(response, controller);
    return response;
  }

  /** The call was answered with this: keeps its deadline and signal in force while the body is read. */
  guard(response: unknown, startedAt: number, { call }: Bounds): void {
    const answer = this.#answers.find((each) => each.response === response);
    if (answer === undefined) return;
    const { clock, options, transport } = this.#setup;
    transport.guard(response, answer.controller, {
      clock,
      deadline: call === undefined ? Infinity : startedAt + call.timeoutMs,
      timeoutError: () => timeoutError(call?.timeoutMs ?? 0, call?.policy, options),
      signal: this.signal as WatchableSignal | undefined,
    });
  }

  /** The call is over. */
  release(): void {
    if (this.#sendsRequestBody()) releaseRequest(this.#request as RequestLike);
  }

  #addIdempotencyKey(): void {
    const { idempotencyKey: own } = this.overrides;
    const make = own ?? this.#setup.options.headers?.idempotencyKey;
    if (make === undefined || make === false) return;
    if (own === undefined && mayRepeat({ method: this.method })) return;
    let makeKey: (() => string) | undefined;
    if (make !== true) makeKey = typeof make === 'string' ? () => make : make;
    this.#headers = withIdempotencyKey(this.#headers, makeKey);
    this.#init['headers'] = this.#headers;
  }

  #makeGuard(): RepeatGuard | undefined {
    const once = this.overrides.retry === false || bodyKind(this.#body) === 'once';
    if (!once && this.#mayRepeat()) return undefined;
    const { method, url } = this;
    return new RepeatGuard({ method, url, once, followsRedirects: this.#followsRedirects() });
  }

  #mayRepeat(): boolean {
    const { idempotent: general } = this.#setup.options;
    const idempotent =
      this.overrides.idempotent ?? (typeof general === 'function' ? general(this) : general);
    return mayRepeat({ method: this.method, headers: this.#headers, idempotent });
  }

  #followsRedirects(): boolean {
    const ofRequest = (this.#request as { readonly redirect?: unknown } | undefined)?.redirect;
    const { redirect = ofRequest } = this.#init;
    return redirect === undefined || redirect === 'follow';
  }

  #sendsRequestBody(): boolean {
    return this.#request !== undefined && this.#body === undefined && hasBody(this.#request);
  }

  #failed(error: unknown): void {
    this.#guard?.failed(error);
    if (this.#classifies) this.#classify(failure(error), error);
  }

  #answered(response: unknown, controller: AbortController): void {
    this.#guard?.answered(response);
    this.#answers.push({ response, controller });
    const { options, clock, transport } = this.#setup;
    const read = this.overrides.retryAfter ?? options.retryAfter ?? true;
    if (read === true && !this.#classifies) return;
    try {
      if (this.#classifies) this.#classify(success(response), response);
      if (read === false) markRetryAfter(response, undefined);
      else if (read !== true) markRetryAfter(response, read(response as never));
    } catch (error) {
      transport.discard(response, clock, 0);
      throw error;
    }
  }

  get #classifies(): boolean {
    return (this.overrides.classify ?? this.#setup.options.classify) !== undefined;
  }

  #classify(outcome: Outcome, result: unknown): void {
    const { classify } = this.#setup.options;
    const said =
      this.overrides.classify?.(outcome as never, this) ?? classify?.(outcome as never, this);
    if (said !== undefined) markFailed(result, said);
  }

  async #send(context: Context, signal: AbortSignal): Promise<unknown> {
    const { options, transport } = this.#setup;
    const init: InitFields = { ...this.#init, signal };
    const { headers: names } = options;
    if (names?.deadline !== undefined || names?.attempt !== undefined) {
      const { attempt, timeLeft } = context;
      init['headers'] = withAttemptHeaders(this.#headers, names, attempt, timeLeft);
    }
    if (this.#body !== undefined) {
      const made = bodyForAttempt(this.#body);
      const body = made instanceof Promise ? await made : made;
      init['body'] = body;
      if (init['duplex'] === undefined && needsDuplex(body)) init['duplex'] = 'half';
    }
    const request = this.#request;
    if (request === undefined) return transport.send(this.url, init);
    if (!this.#sendsRequestBody()) return transport.send(request, init);
    return transport.send(requestForAttempt(request, this.overrides.retry === false), init);
  }
}

function requestSignal(request: RequestLike | undefined): unknown {
  return (request as { readonly signal?: unknown } | undefined)?.signal;
}

/** The error of a call whose time ran out while its body was read. */
export function timeoutError(
  timeoutMs: number,
  policy: string | undefined,
  { name, captureStack }: ResolvedClient,
): TimeoutError {
  const message = `Timed out after ${formatDuration(timeoutMs)}`;
  return new TimeoutError(message, { timeoutMs, pipeline: name, policy, captureStack });
}
