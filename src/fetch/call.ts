import { ContractError, TimeoutError } from '../errors.js';
import type { Context } from '../pipeline/context.js';
import { controllerOf } from '../pipeline/context.js';
import type { Outcome } from '../pipeline/outcome.js';
import { failure, success } from '../pipeline/outcome.js';
import type { Clock } from '../time/clock.js';
import { formatDuration } from '../time/duration.js';
import type { WatchableSignal } from './abort-watch.js';
import { withAttemptHeaders, withIdempotencyKey } from './attempt-headers.js';
import { bodyForAttempt, bodyKind, keepBody, needsDuplex } from './body.js';
import { guardBody } from './body-guard.js';
import { discardResponse } from './discard.js';
import { readHeader } from './headers.js';
import type { InitFields } from './init.js';
import { copyInit } from './init.js';
import { mayRepeat, normaliseMethod } from './methods.js';
import { neverSent } from './never-sent.js';
import type { Classify, ResolvedFetch, ResolvedOverrides } from './options.js';
import type { Bounds } from './policies.js';
import type { OutgoingRequest } from './request.js';
import { absoluteUrl } from './request.js';
import { assertUsable, hasBody, releaseRequest, requestForAttempt } from './request-body.js';
import type { HeadersSource, RequestLike, ResponseLike } from './types.js';
import { isRequestLike } from './types.js';
import { markFailed, markFinal, markRetryAfter } from './verdict.js';

/** A fetch as it is called here. */
export type Send = (input: unknown, init: InitFields) => PromiseLike<ResponseLike>;

/** A Response, and what aborts the reading of its body. */
interface Answer {
  readonly response: ResponseLike;
  readonly controller: AbortController;
}

const NO_OVERRIDES: ResolvedOverrides = Object.freeze({});

/** What all calls of a resilient fetch have in common. */
export interface FetchSetup {
  readonly options: ResolvedFetch;
  readonly clock: Clock;
  /** What relative URLs are relative to. */
  readonly base: string | undefined;
}

/** One call of a resilient fetch: what fetch would read from its arguments at once, kept for all attempts. */
export class FetchCall implements OutgoingRequest {
  readonly url: string;
  readonly method: string;
  readonly signal: AbortSignal | undefined;
  readonly overrides: ResolvedOverrides;
  readonly #options: ResolvedFetch;
  readonly #clock: Clock;
  readonly #request: RequestLike | undefined;
  readonly #init: InitFields;
  readonly #body: unknown;
  #headers: HeadersSource | null | undefined;
  /** The request, or its body, must not be sent twice whatever comes of it. */
  readonly #once: boolean;
  /** Sending the request twice does no harm. */
  readonly #repeatable: boolean;
  /** An attempt may have reached the server. */
  #mayHaveLeft = false;
  readonly #answers: Answer[] = [];

  /** @throws TypeError as fetch does, when the request cannot be sent. */
  constructor(
    input: unknown,
    init: object | null | undefined,
    overrides: ResolvedOverrides | undefined,
    { options, clock, base }: FetchSetup,
  ) {
    this.#options = options;
    this.#clock = clock;
    this.overrides = overrides ?? NO_OVERRIDES;
    const request = isRequestLike(input) ? input : undefined;
    this.#request = request;
    this.url = request === undefined ? absoluteUrl(input, base) : request.url;
    const own = copyInit(init);
    delete own['holdfast'];
    this.#init = own;
    this.method = normaliseMethod((own['method'] as string | undefined) ?? request?.method);
    this.#headers = (own['headers'] as HeadersSource | null | undefined) ?? request?.headers;
    this.#addIdempotencyKey();
    this.#body = keepBody(own['body']);
    this.#once = this.overrides.retry === false || bodyKind(this.#body) === 'once';
    this.#repeatable = !this.#once && this.#mayRepeat();
    if (request !== undefined && this.#body === undefined) assertUsable(request);
    const signal = own['signal'] === undefined ? requestSignal(request) : own['signal'];
    this.signal = (signal as AbortSignal | null | undefined) ?? undefined;
  }

  header(name: string): string | undefined {
    return readHeader(this.#headers, name.toLowerCase());
  }

  /** Sends it. */
  async attempt(context: Context, send: Send): Promise<ResponseLike> {
    const controller = controllerOf(context);
    if (!this.#repeatable) this.#begin(controller.signal);
    let response: ResponseLike;
    try {
      response = await this.#send(context, controller.signal, send);
    } catch (error) {
      if (!controller.signal.aborted) this.#failed(error);
      throw error;
    }
    // Nobody waits for it any more: it goes to the pipeline's discard hook.
    if (!controller.signal.aborted) this.#answered(response, controller);
    return response;
  }

  /** The call was answered with this: keeps its deadline and signal in force while the body is read. */
  guard(response: unknown, startedAt: number, { call }: Bounds): void {
    const answer = this.#answers.find((each) => each.response === response);
    if (answer === undefined) return;
    const { signal } = this;
    if (call === undefined && signal === undefined) return;
    guardBody(answer.response, answer.controller, {
      clock: this.#clock,
      deadline: call === undefined ? Infinity : startedAt + call.timeoutMs,
      timeoutError: () => timeoutError(call?.timeoutMs as number, this.#options, call?.policy),
      signal: signal as WatchableSignal | undefined,
    });
  }

  /** The call is over. */
  release(): void {
    if (this.#request !== undefined && this.#sendsRequestBody()) releaseRequest(this.#request);
  }

  #addIdempotencyKey(): void {
    const { idempotencyKey: own } = this.overrides;
    const { idempotencyKey: general } = this.#options.headers ?? {};
    const make = own ?? general;
    if (make === undefined || make === false) return;
    if (own === undefined && mayRepeat({ method: this.method })) return;
    const makeKey = typeof make === 'string' ? () => make : make === true ? undefined : make;
    this.#headers = withIdempotencyKey(this.#headers, makeKey);
    this.#init['headers'] = this.#headers;
  }

  #mayRepeat(): boolean {
    const { idempotent: general } = this.#options;
    const idempotent =
      this.overrides.idempotent ?? (typeof general === 'function' ? general(this) : general);
    return mayRepeat({ method: this.method, headers: this.#headers, idempotent });
  }

  #sendsRequestBody(): boolean {
    return this.#body === undefined && this.#request !== undefined && hasBody(this.#request);
  }

  /** An attempt of a request that must not reach the server twice. */
  #begin(signal: AbortSignal): void {
    // Policies know better by themselves; this is for those that are not holdfast's own.
    if (this.#mayHaveLeft) {
      throw new ContractError(
        `resilientFetch: a policy asks for a second ${this.method} of ${this.url}, which may have reached the server; if it may be sent twice, say so with idempotent: true`,
      );
    }
    this.#mayHaveLeft = true;
    signal.addEventListener('abort', markTimeout);
  }

  #failed(error: unknown): void {
    this.#judgeRepeat(error);
    if (this.#classifies) this.#classify(failure(error), error);
  }

  #judgeRepeat(error: unknown): void {
    if (this.#repeatable) return;
    if (!this.#once && neverSent(error, this.#followsRedirects() ? this.url : undefined)) {
      this.#mayHaveLeft = false;
    } else {
      markFinal(error);
    }
  }

  #followsRedirects(): boolean {
    const { redirect = (this.#request as { redirect?: unknown } | undefined)?.redirect } =
      this.#init;
    return redirect === undefined || redirect === 'follow';
  }

  #answered(response: ResponseLike, controller: AbortController): void {
    if (!this.#repeatable) markFinal(response);
    this.#answers.push({ response, controller });
    const read = this.overrides.retryAfter ?? this.#options.retryAfter ?? true;
    try {
      if (this.#classifies) this.#classify(success(response), response);
      if (read !== true) markRetryAfter(response, read === false ? undefined : read(response));
    } catch (error) {
      discardResponse(response, this.#clock, 0);
      throw error;
    }
  }

  get #classifies(): boolean {
    return (this.overrides.classify ?? this.#options.classify) !== undefined;
  }

  #classify(outcome: Outcome, result: unknown): void {
    const said =
      judged(this.overrides.classify, outcome, this) ??
      judged(this.#options.classify, outcome, this);
    if (said !== undefined) markFailed(result, said);
  }

  async #send(context: Context, signal: AbortSignal, send: Send): Promise<ResponseLike> {
    const init: InitFields = { ...this.#init, signal };
    const { headers: names } = this.#options;
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
    if (request === undefined) return send(this.url, init);
    return send(
      this.#sendsRequestBody()
        ? requestForAttempt(request, this.overrides.retry === false)
        : request,
      init,
    );
  }
}

function requestSignal(request: RequestLike | undefined): unknown {
  return (request as { readonly signal?: unknown } | undefined)?.signal;
}

/** The engine aborts an attempt before anybody is asked what to make of it. */
function markTimeout(event: Event): void {
  const { reason } = event.target as AbortSignal;
  if (reason instanceof TimeoutError) markFinal(reason);
}

function judged(
  classify: Classify | undefined,
  outcome: Outcome,
  request: OutgoingRequest,
): boolean | undefined {
  return classify?.(outcome as Outcome<ResponseLike>, request);
}

function timeoutError(
  timeoutMs: number,
  { name, captureStack }: ResolvedFetch,
  policy: string | undefined,
): TimeoutError {
  const message = `Timed out after ${formatDuration(timeoutMs)}`;
  return new TimeoutError(message, { timeoutMs, pipeline: name, policy, captureStack });
}
