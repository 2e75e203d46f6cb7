import type { Dispatcher } from 'undici';
import { readHeader } from '../fetch/request/headers.js';
import { DRAIN_LIMIT_BYTES } from '../fetch/response/discard.js';
import { parseAmount } from '../fetch/retry/rate-limit-headers.js';
import type { Clock } from '../time/clock.js';
import type { InterceptedResponse } from './options.js';
import type { PassedBody } from './passed-body.js';

type Controller = Dispatcher.DispatchController;
type Handler = Dispatcher.DispatchHandler;
type Headers = InterceptedResponse['headers'];

/** The destination of a response: the controller and the handler of the whole call. */
export interface Receiver {
  readonly controller: Controller;
  readonly handler: Handler;
  readonly body: PassedBody;
  /** Called when the response has ended, in any way. */
  ended(): void;
}

/**
 * The response to one attempt, held back until the policies have judged it by its status and headers. Then it is passed on to
 * the caller, or discarded. Nothing is read from its connection meanwhile.
 */
export class HeldResponse implements InterceptedResponse {
  readonly statusCode: number;
  readonly headers: Headers;
  readonly controller: Controller;
  /** undici's context of the request. With the redirect interceptor inside, it tells where redirects led. */
  readonly context: object | undefined;
  readonly #statusMessage: string | undefined;
  /** What came although the connection was paused: the whole of a response without a body, and what HTTP/2 had read. */
  #waiting: ((to: Receiver) => void)[] = [];
  #receiver: Receiver | undefined;
  #discarded: { bytes: number; stop(): void } | undefined;
  /** Whether the whole response is here. */
  #complete = false;

  constructor(
    controller: Controller,
    statusCode: number,
    headers: Headers,
    statusMessage: string | undefined,
    context?: object,
  ) {
    this.controller = controller;
    this.context = context;
    this.statusCode = statusCode;
    this.headers = headers;
    this.#statusMessage = statusMessage;
    controller.pause();
  }

  data(chunk: Buffer): void {
    if (this.#discarded !== undefined) {
      this.#discarded.bytes += chunk.length;
      if (this.#discarded.bytes > DRAIN_LIMIT_BYTES) this.controller.abort(new Discarded());
      return;
    }
    this.#pass(({ handler, controller, body }) => {
      body.came();
      handler.onResponseData?.(controller, chunk);
    });
  }

  end(trailers: Headers): void {
    this.#complete = true;
    this.#discarded?.stop();
    this.#pass(({ handler, controller, body, ended }) => {
      ended();
      body.ended();
      handler.onResponseEnd?.(controller, trailers);
    });
  }

  error(error: Error): void {
    this.#complete = true;
    this.#discarded?.stop();
    this.#pass(({ handler, controller, body, ended }) => {
      ended();
      // The caller has given it up.
      if (controller.aborted) body.ended();
      handler.onResponseError?.(controller, body.failed(error) as Error);
    });
  }

  /** Passes the response on. */
  passOn(to: Receiver): void {
    const { handler, controller } = to;
    handler.onResponseStart?.(controller, this.statusCode, this.headers, this.#statusMessage);
    this.#receiver = to;
    if (!controller.paused) to.body.resumed();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const pass of waiting) pass(to);
    if (!controller.paused) this.controller.resume();
  }

  /**
   * Keeps the response while a retry waits. It is the answer if the retry is refused. A small body is read into memory, so that other requests can use
   * the connection meanwhile. Any other body holds its connection.
   */
  keep(): void {
    if (!this.controller.aborted && this.#isSmall) this.controller.resume();
  }

  /** Reads a small body to its end, so that the connection can be used again, and breaks off any other. */
  discard(clock: Clock, timeoutMs: number): void {
    this.#waiting = [];
    if (this.controller.aborted || this.#complete) return;
    if (!this.#isSmall || timeoutMs <= 0) {
      this.#discarded = { bytes: 0, stop: () => {} };
      this.controller.abort(new Discarded());
      return;
    }
    const timer = clock.setTimer(() => this.controller.abort(new Discarded()), timeoutMs);
    this.#discarded = { bytes: 0, stop: () => clock.clearTimer(timer) };
    this.controller.resume();
  }

  /** Whether the body has a small declared size. Without a declaration it may never end. */
  get #isSmall(): boolean {
    const declared = parseAmount(readHeader(this.headers, 'content-length'));
    return declared !== undefined && declared <= DRAIN_LIMIT_BYTES;
  }

  #pass(step: (to: Receiver) => void): void {
    if (this.#discarded !== undefined) return;
    if (this.#receiver === undefined) this.#waiting.push(step);
    else step(this.#receiver);
  }
}

/** The reason for closing the connection of a response that nobody will read. */
class Discarded extends Error {
  override readonly name = 'AbortError';
  constructor() {
    super('The response is not needed any more');
  }
}
