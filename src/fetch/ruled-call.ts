import type { Context } from '../pipeline/context.js';
import type { Outcome } from '../pipeline/outcome.js';
import { failure, success } from '../pipeline/outcome.js';
import { markOwnFault } from '../policies/own-fault.js';
import type { Clock } from '../time/clock.js';
import { answerOf } from './answers.js';
import { withAttemptHeaders, withIdempotencyKey } from './attempt-headers.js';
import { Preparation } from './before-attempt.js';
import { bodyKind, isClientGone, keepBody } from './body.js';
import type { CallBound } from './call-bound.js';
import { readHeader } from './headers.js';
import { mayRepeat } from './methods.js';
import type { ResolvedClient, ResolvedOverrides } from './options.js';
import type { Bounds } from './policies.js';
import { RepeatGuard } from './repeat-guard.js';
import type { OutgoingRequest } from './request.js';
import { originOf } from './request.js';
import { ownErrorOf } from './shared-errors.js';
import type { HeadersSource } from './types.js';
import { isFetchFailure, markAgain, markFailed, markFinal, markRetryAfter } from './verdict.js';

/** What a call is about, as it came. */
export interface CallFacts {
  readonly url: string;
  readonly method: string;
  readonly headers: HeadersSource | null | undefined;
  readonly body: unknown;
  /** Whether redirects are followed. */
  readonly followsRedirects: boolean;
  /** What the client's own way of asking says: whether the request may be sent twice. */
  readonly idempotent?: boolean | undefined;
}

/** The headers of one attempt, as `beforeAttempt` left them. */
export interface Prepared {
  readonly headers: HeadersSource | null | undefined;
}

let calls = 0;

/** What HTTP's rules say of one call, however it is sent: what it sends, whether again, and what its answers mean. */
export class RuledCall implements OutgoingRequest {
  readonly url: string;
  readonly method: string;
  readonly overrides: ResolvedOverrides;
  /** The headers for every attempt, with the call's idempotency key. */
  readonly headers: HeadersSource | null | undefined;
  /** The body for every attempt, kept as it was. */
  readonly body: unknown;
  readonly #options: ResolvedClient;
  readonly #number = ++calls;
  /** Of a request that may not be repeated. */
  readonly #guard: RepeatGuard | undefined;
  /** Where there is a `beforeAttempt`. */
  readonly #preparation: Preparation | undefined;
  /** It was sent again after an answer that was no failure: once is enough, as nothing is waited for. */
  #wasRepeatedAtOnce = false;
  #lastBody: unknown;
  #bounds: Bounds | undefined;
  #clock: Clock | undefined;
  #startedAt: number | undefined;

  constructor(facts: CallFacts, overrides: ResolvedOverrides, options: ResolvedClient) {
    const { url, method, followsRedirects } = facts;
    this.#options = options;
    this.overrides = overrides;
    this.url = url;
    this.method = method;
    this.headers = facts.headers;
    this.headers = this.#withIdempotencyKey();
    this.body = keepBody(facts.body);
    const once = overrides.retry === false || bodyKind(this.body) === 'once';
    this.#guard =
      !once && this.#mayRepeat(facts.idempotent)
        ? undefined
        : new RepeatGuard({ method, url, once, followsRedirects });
    this.#preparation = Preparation.of(options.beforeAttempt, overrides.beforeAttempt, this);
  }

  /** The key whose policies it runs under. */
  stateKey(): string {
    const said = this.overrides.key;
    return said ?? answerOf('key', 'string', this.#options.key?.(this)) ?? this.ownKey();
  }

  header(name: string): string | undefined {
    return readHeader(this.headers, name.toLowerCase());
  }

  /** The key where nobody says another. */
  protected ownKey(): string {
    return originOf(this.url);
  }

  /** The call goes into its policies. */
  enter(bounds: Bounds, clock: Clock): void {
    this.#bounds = bounds;
    this.#clock = clock;
    if (bounds.call?.outermost === true) this.#startedAt = clock.now();
  }

  /** What bounds the call, its body included. */
  protected get bound(): CallBound | undefined {
    return this.#bounds?.call;
  }

  /** How long a response that nobody reads may take to come to its end. */
  protected get discardMs(): number {
    return this.#bounds?.discardMs ?? 0;
  }

  /**
   * When the call's time is over, in the clock's milliseconds; `Infinity` when it never is. Where the timeout is inside policies
   * that may have made the call wait, its time is taken to have begun with the first attempt.
   */
  protected get deadline(): number {
    const { bound } = this;
    return bound === undefined ? Infinity : (this.#startedAt ?? 0) + bound.timeoutMs;
  }

  /** Whether there is something to be done before an attempt is sent. */
  protected get prepares(): boolean {
    return this.#preparation !== undefined;
  }

  /**
   * Prepares an attempt. The request has not begun to leave meanwhile, whatever becomes of it.
   *
   * @throws what `beforeAttempt` throws, as the client's own fault; the signal's reason when the attempt is given up.
   */
  protected async prepare({ attempt }: Context, signal: AbortSignal): Promise<Prepared> {
    this.#start();
    const name = this.#options.headers?.attempt;
    const base =
      name === undefined
        ? this.headers
        : withAttemptHeaders(this.headers, { attempt: name }, attempt, Infinity);
    try {
      const headers = await this.#preparation?.headers(attempt, base, signal);
      if (signal.aborted) throw signal.reason;
      return { headers };
    } catch (error) {
      throw signal.aborted ? error : this.ownFault(error);
    }
  }

  /** The headers of an attempt: those of the call themselves where nothing is added to them. */
  protected headersFor(
    context: Context,
    prepared: Prepared | undefined,
  ): HeadersSource | null | undefined {
    const names = this.#options.headers;
    const headers = prepared === undefined ? this.headers : prepared.headers;
    if (names?.deadline === undefined && names?.attempt === undefined) return headers;
    // The number was there before `beforeAttempt`, which may have changed it. The time left is what is left now.
    const { deadline } = names;
    const added = prepared === undefined ? names : { deadline };
    return withAttemptHeaders(headers, added, context.attempt, context.timeLeft);
  }

  /** @throws ContractError when it must not be sent again. */
  protected begin(signal: AbortSignal): void {
    this.#start();
    this.#guard?.begin(signal);
  }

  #start(): void {
    if (this.bound !== undefined) this.#startedAt ??= this.#clock?.now();
  }

  /** A response is there, be it wanted still or not. */
  protected arrived(response: unknown): void {
    this.#bounds?.arrived?.(response);
  }

  /** An attempt sends this body. */
  protected sends(body: unknown): void {
    this.#lastBody = body;
  }

  /** An attempt failed, and nobody had given it up. Answers what the policies are to see. */
  protected failed(error: unknown): unknown {
    const own = ownErrorOf(error, this.#number);
    this.#preparation?.ended(failure(error));
    if (isClientGone(error, this.#lastBody)) markFailed(own, false);
    const again = this.#classifies && this.#classify(failure(own), own);
    if (!again) this.#guard?.failed(own);
    return own;
  }

  /** A function of the user's failed, and not the request: nobody counts that. Answers what the policies are to see. */
  protected ownFault(error: unknown): unknown {
    const own = ownErrorOf(error, this.#number);
    this.#preparation?.ended(failure(error));
    markFailed(own, false);
    markOwnFault(own);
    return own;
  }

  /** An attempt was answered, and its body failed while it was read. Answers what the policies are to see. */
  protected broke(error: unknown): unknown {
    const own = ownErrorOf(error, this.#number);
    this.#preparation?.ended(failure(error));
    markFailed(own, true);
    this.markAnswered(own);
    if (this.#classifies) this.#classify(failure(own), own);
    return own;
  }

  /** This came after an answer: a request that may not be repeated has been served by then. */
  protected markAnswered(error: unknown): void {
    if (this.#guard !== undefined) markFinal(error);
  }

  /** An attempt was answered. What the user's functions throw becomes the outcome. */
  protected answered(response: unknown): void {
    this.#preparation?.ended(success(response));
    const again = this.#classifies && this.#classify(success(response), response);
    if (!again) this.#guard?.answered(response);
    const read = this.overrides.retryAfter ?? this.#options.retryAfter ?? true;
    if (read === false) markRetryAfter(response, undefined);
    else if (read !== true) {
      markRetryAfter(response, answerOf('retryAfter', 'number', read(response as never)));
    }
  }

  #withIdempotencyKey(): HeadersSource | null | undefined {
    const { headers, method } = this;
    const own = this.overrides.idempotencyKey;
    const make = own ?? this.#options.headers?.idempotencyKey;
    if (make === undefined || make === false) return headers;
    if (own === undefined && mayRepeat({ method })) return headers;
    if (typeof make === 'string') return withIdempotencyKey(headers, () => make);
    return withIdempotencyKey(headers, make === true ? undefined : make);
  }

  #mayRepeat(byClient: boolean | undefined): boolean {
    const { method, headers } = this;
    const { idempotent: general } = this.#options;
    const said =
      this.overrides.idempotent ??
      (typeof general === 'function' ? answerOf('idempotent', 'boolean', general(this)) : general);
    return mayRepeat({ method, headers, idempotent: said ?? byClient });
  }

  get #classifies(): boolean {
    return (this.overrides.classify ?? this.#options.classify) !== undefined;
  }

  /** Answers whether the request was not processed and is to be sent again. */
  #classify(outcome: Outcome, result: unknown): boolean {
    const said =
      answerOf('classify', 'verdict', this.overrides.classify?.(outcome as never, this)) ??
      answerOf('classify', 'verdict', this.#options.classify?.(outcome as never, this));
    if (said === 'retry') return this.#sendAgain(outcome, result);
    if (said !== undefined) markFailed(result, said);
    return false;
  }

  #sendAgain(outcome: Outcome, result: unknown): boolean {
    const again = isFetchFailure(outcome) || !this.#wasRepeatedAtOnce;
    if (!isFetchFailure(outcome)) this.#wasRepeatedAtOnce = true;
    markAgain(result, again);
    if (again) this.#guard?.unprocessed(result);
    return again;
  }
}
