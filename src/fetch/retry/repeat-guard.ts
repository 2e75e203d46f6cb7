import { ContractError, TimeoutError } from '../../errors.js';
import { publicUrl } from '../errors/signed-error.js';
import { markFinal } from '../verdict/result-notes.js';
import { neverSent } from './never-sent.js';

/** What is asked of a request that may not be repeated. */
export interface Unrepeatable {
  readonly method: string;
  readonly url: string;
  /** It must not be sent twice even if it never left: its body can be read only once, or the caller said so. */
  readonly once: boolean;
  /** Whether redirects are followed: then an error may come from another server than the one of the URL. */
  readonly followsRedirects: boolean;
}

/**
 * Keeps a request that is not safe to repeat from reaching the server twice: notes on what comes of each attempt whether
 * there may be another one.
 */
export class RepeatGuard {
  readonly #request: Unrepeatable;
  /** An attempt may have reached the server. */
  #mayHaveLeft = false;

  constructor(request: Unrepeatable) {
    this.#request = request;
  }

  get followsRedirects(): boolean {
    return this.#request.followsRedirects;
  }

  /**
   * An attempt begins.
   *
   * @throws ContractError when an earlier one may have reached the server. holdfast's own policies do not ask for that.
   */
  begin(signal: AbortSignal): void {
    if (this.#mayHaveLeft) {
      const { method, url } = this.#request;
      throw new ContractError(
        `a policy asks for a second ${method} of ${publicUrl(url)}, which may have reached the server; if it may be sent twice, say so with idempotent: true`,
      );
    }
    this.#mayHaveLeft = true;
    signal.addEventListener('abort', markTimeout);
  }

  /** The attempt was answered. */
  answered(response: unknown): void {
    markFinal(response);
  }

  /** The attempt was answered, or failed, without having been processed: somebody who knows says so. */
  unprocessed(result: unknown): void {
    if (this.#request.once) markFinal(result);
    else this.#mayHaveLeft = false;
  }

  /**
   * The attempt failed.
   *
   * @param begun whether sending had begun, as far as that is known.
   */
  failed(error: unknown, begun: boolean): void {
    if (!this.#request.once && (!begun || this.#isUnsent(error))) this.#mayHaveLeft = false;
    else markFinal(error);
  }

  #isUnsent(error: unknown): boolean {
    const { url, method, followsRedirects } = this.#request;
    return followsRedirects ? neverSent(error, url, method) : neverSent(error);
  }
}

/** The engine aborts an attempt before anybody is asked what to make of it. */
function markTimeout(event: Event): void {
  const { reason } = event.target as AbortSignal;
  if (reason instanceof TimeoutError) markFinal(reason);
}
