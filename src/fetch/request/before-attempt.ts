import { ContractError, TimeoutError } from '../../errors.js';
import type { Outcome } from '../../pipeline/outcome/outcome.js';
import { failure } from '../../pipeline/outcome/outcome.js';
import { isA } from '../../pipeline/outcome/safe-instanceof.js';
import { raceAbort } from '../signal/race-abort.js';
import type { HeadersSource, ResponseLike } from '../types.js';
import { keepHeaders, withHeader, withoutHeader } from './headers.js';
import type { OutgoingRequest } from './request.js';

/** One attempt that is about to be sent, as `beforeAttempt` sees it. */
export interface UpcomingAttempt<R = ResponseLike> {
  /** Its number within the call: 1 for the first. */
  readonly attempt: number;
  /**
   * How the attempt before it ended; `undefined` for the first. If that is a Response, its status and headers can be
   * read. Its body is discarded.
   */
  readonly previous: Outcome<R> | undefined;
  /** The request. All attempts of a call have the same object. */
  readonly request: OutgoingRequest;
  /** The headers of this attempt alone, a new object for each attempt. Changes to it are sent. */
  readonly headers: Headers;
  /** Aborts when the attempt is given up. */
  readonly signal: AbortSignal;
}

/** What `beforeAttempt` may return: nothing, or headers to set on those of the attempt. */
// biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing has to fit.
export type BeforeAttemptAnswer = HeadersSource | undefined | void;

/** Called before each attempt. It may change the attempt's headers, and may be async. */
export type BeforeAttempt<R = ResponseLike> = (
  attempt: UpcomingAttempt<R>,
) => BeforeAttemptAnswer | PromiseLike<BeforeAttemptAnswer>;

type Source = HeadersSource | null | undefined;

/** Calls the functions that prepare the attempts of one call. */
export class Preparation {
  readonly #functions: readonly BeforeAttempt[];
  readonly #request: OutgoingRequest;
  /** The outcome of the last attempt that ended by itself. */
  #last: Outcome | undefined;
  /** The signal of the last attempt that was prepared. */
  #signal: AbortSignal | undefined;

  private constructor(functions: readonly BeforeAttempt[], request: OutgoingRequest) {
    this.#functions = functions;
    this.#request = request;
  }

  /** The client's function comes first. `undefined` if there is none. */
  static of(
    client: BeforeAttempt | undefined,
    call: BeforeAttempt | undefined,
    request: OutgoingRequest,
  ): Preparation | undefined {
    if (client === undefined && call === undefined) return undefined;
    const functions = [client, call].filter((each) => each !== undefined);
    return new Preparation(functions, request);
  }

  /** An attempt has ended. */
  ended(outcome: Outcome): void {
    this.#last = outcome;
  }

  /**
   * The headers of one attempt: `base` itself if the functions change nothing, else a copy with their changes.
   *
   * @throws what a function throws; a ContractError when a function returns something that is no headers; the signal's reason when it aborts.
   */
  async headers(attempt: number, base: Source, signal: AbortSignal): Promise<Source> {
    const previous = this.#previous() as Outcome<ResponseLike> | undefined;
    this.#signal = signal;
    const headers = headersOf(base);
    const before = new Map(headers);
    const upcoming = { attempt, previous, request: this.#request, headers, signal };
    for (const prepare of this.#functions) {
      const answer = await raceAbort(prepare(upcoming), signal);
      setAll(headers, answer);
    }
    return withChanges(base, before, headers);
  }

  /** An attempt whose time was over has no outcome of its own: the engine does not wait for it. */
  #previous(): Outcome | undefined {
    const reason: unknown = this.#signal?.aborted === true ? this.#signal.reason : undefined;
    return isA(reason, TimeoutError) ? failure(reason, 'timeout') : this.#last;
  }
}

/** @throws TypeError, as fetch does, when a name or a value cannot be sent. */
function headersOf(source: Source): Headers {
  const headers = new Headers();
  if (source === null || source === undefined) return headers;
  const kept = keepHeaders(source);
  for (const [name, value] of Array.isArray(kept) ? kept : Object.entries(kept)) {
    if (value === undefined) continue;
    for (const each of Array.isArray(value) ? value : [value]) headers.append(name, String(each));
  }
  return headers;
}

function setAll(headers: Headers, answer: unknown): void {
  if (answer === undefined || answer === null || answer === headers) return;
  if (typeof answer !== 'object') {
    throw new ContractError(
      `beforeAttempt: must change the headers it is given, or answer headers to set (got ${typeof answer})`,
    );
  }
  for (const [name, value] of headersOf(answer as HeadersSource)) headers.set(name, value);
}

function withChanges(base: Source, before: ReadonlyMap<string, string>, after: Headers): Source {
  let result = base;
  for (const [name, value] of after) {
    if (before.get(name) !== value) result = withHeader(result, name, value) as HeadersSource;
  }
  for (const name of before.keys()) {
    if (!after.has(name)) result = withoutHeader(result as HeadersSource, name) as HeadersSource;
  }
  return result;
}
