import type { Dispatcher } from 'undici';
import { HeldResponse } from './held-response.js';

type Controller = Dispatcher.DispatchController;
type Handler = Dispatcher.DispatchHandler;

/** One attempt of an intercepted request. It settles with the response as soon as the headers are there. */
export class Attempt implements Handler {
  readonly response: Promise<HeldResponse>;
  /** undici tells before it writes a request to a connection. Until then nothing was sent, whatever went wrong. */
  begun = false;
  readonly #handler: Handler;
  readonly #outer: Controller;
  #resolve!: (response: HeldResponse) => void;
  #reject!: (error: unknown) => void;
  #controller: Controller | undefined;
  #held: HeldResponse | undefined;
  #context: object | undefined;
  #abortedBy: { readonly reason: unknown } | undefined;

  /** `handler` and `outer` belong to the whole call. */
  constructor(handler: Handler, outer: Controller) {
    this.#handler = handler;
    this.#outer = outer;
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Once the dispatch has thrown, nobody waits for the attempt. It may still be aborted.
    this.response.catch(() => {});
  }

  /** Gives the attempt up. undici cannot take back a request that waits for a connection: it ends when it gets one. */
  abort(reason: unknown): void {
    this.#abortedBy ??= { reason };
    this.#controller?.abort(reason as Error);
    this.#reject(reason);
  }

  onRequestStart(controller: Controller, context?: object): void {
    this.#controller = controller;
    this.begun = true;
    this.#context = context;
    if (this.#abortedBy !== undefined) controller.abort(this.#abortedBy.reason as Error);
  }

  onResponseStart(
    controller: Controller,
    statusCode: number,
    headers: HeldResponse['headers'],
    statusMessage?: string,
  ): void {
    if (statusCode < 200) {
      this.#handler.onResponseStart?.(this.#outer, statusCode, headers, statusMessage);
      return;
    }
    this.#held = new HeldResponse(controller, statusCode, headers, statusMessage, this.#context);
    this.#resolve(this.#held);
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    this.#held?.data(chunk);
  }

  onResponseEnd(_controller: Controller, trailers: HeldResponse['headers']): void {
    this.#held?.end(trailers);
  }

  onResponseError(_controller: Controller, error: Error): void {
    if (this.#held === undefined) this.#reject(error);
    else this.#held.error(error);
  }
}
