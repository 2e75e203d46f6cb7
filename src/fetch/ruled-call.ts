import { CallSite } from '../pipeline/call-site.js';
import type { Context, LayerSettings } from '../pipeline/context.js';
import { clockOf } from '../pipeline/context.js';
import type { Outcome } from '../pipeline/outcome.js';
import { failure, success } from '../pipeline/outcome.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import type { Plan } from '../pipeline/plan.js';
import type { Clock } from '../time/clock.js';
import { answerOf } from './answers.js';
import { noteFault } from './attempt-fault.js';
import { withIdempotencyKey } from './attempt-headers.js';
import { noteAttempts } from './attempts.js';
import { bodyKind, keepBody } from './body.js';
import { settingsOf } from './call-settings.js';
import { readHeader } from './headers.js';
import { mayRepeat } from './methods.js';
import { markElsewhere, markFailed, markRetryAfter } from './notes.js';
import type { ResolvedClient, ResolvedOverrides } from './options.js';
import type { Bounds, CallBound } from './policies.js';
import { boundsOf } from './policies.js';
import { redirectedTo } from './redirects.js';
import { RepeatGuard } from './repeat-guard.js';
import type { OutgoingRequest } from './request.js';
import { originOf } from './request.js';
import { sending } from './sending.js';
import { originalOf, ownErrorOf } from './shared-errors.js';
import { signRequest } from './signed-error.js';
import type { HeadersSource } from './types.js';
import { isFailedAnswer } from './verdict.js';

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
  /** Where stacks are captured: where the call was made. */
  readonly site: CallSite | undefined;
  readonly #options: ResolvedClient;
  readonly #number = ++calls;
  readonly #followsRedirects: boolean;
  /** Of a request that may not be repeated. */
  readonly #guard: RepeatGuard | undefined;
  /** How often it was sent. */
  #sent = 0;
  #key: string | undefined;
  #lastBody: unknown;
  #bounds: Bounds | undefined;
  #clock: Clock | undefined;
  #startedAt: number | undefined;
  #pipeline: Pipeline<unknown> | undefined;

  constructor(facts: CallFacts, overrides: ResolvedOverrides, options: ResolvedClient) {
    const { url, method, followsRedirects } = facts;
    this.#options = options;
    this.#followsRedirects = followsRedirects;
    this.overrides = overrides;
    this.url = url;
    this.method = method;
    this.headers = facts.headers;
    try {
      this.headers = this.#withIdempotencyKey();
      this.body = keepBody(facts.body);
      const once = overrides.retry === false || bodyKind(this.body) === 'once';
      this.#guard =
        !once && this.#mayRepeat(facts.idempotent)
          ? undefined
          : new RepeatGuard({ method, url, once, followsRedirects });
    } catch (error) {
      throw this.endedBadly(error);
    }
    if (options.captureStack) this.site = new CallSite(new.target);
  }

  /** The key whose policies it runs under. */
  stateKey(): string {
    const said = this.overrides.key;
    this.#key = said ?? answerOf('key', 'string', this.#options.key?.(this)) ?? this.ownKey();
    return this.#key;
  }

  /** The key that it was found to run under; `undefined` before that. */
  get key(): string | undefined {
    return this.#key;
  }

  header(name: string): string | undefined {
    return readHeader(this.headers, name.toLowerCase());
  }

  /** The key where nobody says another. */
  protected ownKey(): string {
    return originOf(this.url);
  }

  /**
   * The call goes into its policies. Answers what it sets in place of their own options.
   *
   * @throws ConfigError when they have no such option.
   */
  enter(bounds: Bounds, clock: Clock, { layers }: Plan): LayerSettings | undefined {
    const settings = settingsOf(layers, bounds.places, this.overrides);
    const own = settings === undefined ? bounds : { ...bounds, ...boundsOf(layers, settings) };
    this.#bounds = own;
    this.#clock = clock;
    if (own.call?.outermost === true) this.#startedAt = clock.now();
    return settings;
  }

  /** Sends a body that may take a while: the time of the attempt starts when it has been sent. */
  protected sendUpload<T>(context: Context, send: () => T): T {
    const layer = this.#bounds?.places.attempt;
    if (layer === undefined) return send();
    return sending(clockOf(context, layer), this, context.signal, send);
  }

  /** Counts in its pipeline until {@link RuledCall.vacate}, for a drain to wait for: a body may be read when its call has settled. */
  occupy(pipeline: Pipeline<unknown>): void {
    pipeline.occupied++;
    this.#pipeline = pipeline;
  }

  /** All of it is over. Once is enough. */
  vacate(): void {
    this.handOver()?.();
  }

  /** Answers what counts it off, for somebody who calls that once in place of {@link RuledCall.vacate}. It does not lead to the call. */
  protected handOver(): (() => void) | undefined {
    const pipeline = this.#pipeline;
    this.#pipeline = undefined;
    return pipeline?.vacate;
  }

  /** The call was answered with this. */
  ended(response: unknown): void {
    noteAttempts(response, this.#sent);
  }

  /** The call ended with this error. Answers what the caller is to see. */
  endedBadly(error: unknown): unknown {
    const original = originalOf(error);
    noteAttempts(original, this.#sent);
    signRequest(original, this.#options.name, this);
    return original;
  }

  /** What bounds the call, its body included. */
  protected get bound(): CallBound | undefined {
    return this.#bounds?.call;
  }

  /**
   * When the call's time is over, in the clock's milliseconds; `Infinity` when it never is. Where the timeout is inside policies
   * that may have made the call wait, its time is taken to have begun with the first attempt.
   */
  protected get deadline(): number {
    const { bound } = this;
    return bound === undefined ? Infinity : (this.#startedAt ?? 0) + bound.timeoutMs;
  }

  /** @throws ContractError when it must not be sent again. */
  protected begin(signal: AbortSignal): void {
    if (this.bound !== undefined) this.#startedAt ??= this.#clock?.now();
    this.#guard?.begin(signal);
    this.#sent++;
  }

  /** Whether an error has to tell which request it ended: what may not be repeated may have been redirected. */
  protected get mustKnowTarget(): boolean {
    return this.#guard?.followsRedirects === true;
  }

  /** A response is there, be it wanted still or not. */
  protected arrived(response: unknown): void {
    this.#bounds?.arrived?.(response);
  }

  /** An attempt sends this body. */
  protected sends(body: unknown): void {
    this.#lastBody = body;
  }

  /**
   * An attempt failed, and nobody had given it up. Answers what the policies are to see.
   *
   * @param begun `false` where it is known that sending had not begun.
   */
  protected failed(error: unknown, begun = true): unknown {
    const own = ownErrorOf(error, this.#number);
    this.#guard?.failed(own, begun);
    const { bareErrors = false } = this.#options;
    noteFault(own, { body: this.#lastBody, bareErrors });
    if (this.#classifies) this.#classify(failure(own), own);
    return own;
  }

  /** An attempt was answered. What the user's functions throw becomes the outcome. */
  protected answered(response: unknown): void {
    this.#guard?.answered(response);
    if (this.#classifies) this.#classify(success(response), response);
    if (this.#followsRedirects && isFailedAnswer(response) && this.#isElsewhere(response)) {
      markElsewhere(response);
    }
    const read = this.overrides.retryAfter ?? this.#options.retryAfter ?? true;
    if (read === false) markRetryAfter(response, undefined);
    else if (read !== true) {
      markRetryAfter(response, answerOf('retryAfter', 'number', read(response as never)));
    }
  }

  /** Whether redirects led to another upstream: to another origin, unless the caller's own key says that it is the same. */
  #isElsewhere(response: unknown): boolean {
    const url = redirectedTo(response, this.url);
    if (url === undefined || this.overrides.key !== undefined) return false;
    const keyOf = this.#options.key;
    if (keyOf === undefined) return true;
    const there: OutgoingRequest = {
      url,
      method: this.method,
      header: (name) => this.header(name),
    };
    return (answerOf('key', 'string', keyOf(there)) ?? originOf(url)) !== this.stateKey();
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

  #classify(outcome: Outcome, result: unknown): void {
    const said =
      answerOf('classify', 'boolean', this.overrides.classify?.(outcome as never, this)) ??
      answerOf('classify', 'boolean', this.#options.classify?.(outcome as never, this));
    if (said !== undefined) markFailed(result, said);
  }
}
