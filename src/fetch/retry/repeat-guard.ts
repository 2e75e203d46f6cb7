import { ContractError, TimeoutError } from '../../errors.js';
import { publicUrl } from '../errors/signed-error.js';
import { markFinal } from '../verdict/result-notes.js';
import { neverSent } from './never-sent.js';

/** The facts about a request that may not be repeated. */
export interface Unrepeatable {
  readonly method: string;
  readonly url: string;
  /** It must not be sent twice even if it never left, because its body can be read only once, or the caller said so. */
  readonly once: boolean;
  /** Whether redirects are followed. Then an error may come from another server than that of the URL. */
  readonly followsRedirects: boolean;
}

/**
 * Keeps a request that is not safe to repeat from reaching the server twice. It notes on each attempt's outcome whether
 * another attempt is allowed.
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
   * @throws ContractError when an earlier attempt may have reached the server. holdfast's own policies do not ask for another one then.
   */
  begin(signal: AbortSignal): void {
    if (this.#mayHaveLeft) {
      const { method, url } = this.#request;
      throw new ContractError(
        `a policy asks for a second ${method} of ${publicUrl(url)}, but the first may have reached the server; set idempotent: true if it may be sent twice`,
      );
    }
    this.#mayHaveLeft = true;
    signal.addEventListener('abort', markTimeout);
  }

  /** The attempt was answered. */
  answered(response: unknown): void {
    markFinal(response);
  }

  /** The attempt was answered, or failed, but the request was certainly not processed. */
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

/** The engine aborts an attempt before it asks anybody about the outcome. */
function markTimeout(event: Event): void {
  const { reason } = event.target as AbortSignal;
  if (reason instanceof TimeoutError) markFinal(reason);
}
