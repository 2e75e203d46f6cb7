import type { Outcome } from '../pipeline/outcome.js';
import { failure, success } from '../pipeline/outcome.js';
import { answerOf } from './answers.js';
import { withIdempotencyKey } from './attempt-headers.js';
import { bodyKind, isClientGone, keepBody } from './body.js';
import { readHeader } from './headers.js';
import { mayRepeat } from './methods.js';
import type { ResolvedClient, ResolvedOverrides } from './options.js';
import type { Bounds } from './policies.js';
import { RepeatGuard } from './repeat-guard.js';
import type { OutgoingRequest } from './request.js';
import { originOf } from './request.js';
import { ownErrorOf } from './shared-errors.js';
import type { HeadersSource } from './types.js';
import { markFailed, markRetryAfter } from './verdict.js';

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
  readonly #options: ResolvedClient;
  readonly #number = ++calls;
  /** Of a request that may not be repeated. */
  readonly #guard: RepeatGuard | undefined;
  #lastBody: unknown;
  #bounds: Bounds | undefined;

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
  enter(bounds: Bounds): void {
    this.#bounds = bounds;
  }

  /** @throws ContractError when it must not be sent again. */
  protected begin(signal: AbortSignal): void {
    this.#guard?.begin(signal);
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
    this.#guard?.failed(own);
    if (isClientGone(error, this.#lastBody)) markFailed(own, false);
    if (this.#classifies) this.#classify(failure(own), own);
    return own;
  }

  /** An attempt was answered. What the user's functions throw becomes the outcome. */
  protected answered(response: unknown): void {
    this.#guard?.answered(response);
    if (this.#classifies) this.#classify(success(response), response);
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

  #classify(outcome: Outcome, result: unknown): void {
    const said =
      answerOf('classify', 'boolean', this.overrides.classify?.(outcome as never, this)) ??
      answerOf('classify', 'boolean', this.#options.classify?.(outcome as never, this));
    if (said !== undefined) markFailed(result, said);
  }
}
