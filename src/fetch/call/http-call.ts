import { TimeoutError } from '../../errors.js';
import { clockOf } from '../../pipeline/call/attempt-clock.js';
import { CallSite } from '../../pipeline/call/call-site.js';
import type { CallTraits } from '../../pipeline/contract/call-traits.js';
import type { Context, LayerSettings } from '../../pipeline/contract/context.js';
import { callIdOf, runsAlone } from '../../pipeline/contract/context.js';
import type { Occupants } from '../../pipeline/lifecycle/occupants.js';
import { occupy } from '../../pipeline/lifecycle/occupants.js';
import type { Outcome } from '../../pipeline/outcome/outcome.js';
import { failure, success } from '../../pipeline/outcome/outcome.js';
import type { Pipeline } from '../../pipeline/pipeline.js';
import type { Plan } from '../../pipeline/plan.js';
import { markOwnFault } from '../../policies/own-fault.js';
import { originalOf, ownErrorOf } from '../errors/shared-errors.js';
import { signRequest } from '../errors/signed-error.js';
import type { ResolvedClient } from '../options.js';
import type { ResolvedOverrides } from '../overrides.js';
import { settingsOf } from '../policies/call-settings.js';
import type { Bounds } from '../policies/http-policies.js';
import { boundsOf } from '../policies/http-policies.js';
import { withAttemptHeaders } from '../request/attempt-headers.js';
import { Preparation } from '../request/before-attempt.js';
import { bodyForAttempt, bodyKind, keepBody } from '../request/body.js';
import { readHeader } from '../request/headers.js';
import type { OutgoingRequest } from '../request/request.js';
import { originOf } from '../request/request.js';
import { sendUpload } from '../request/send-upload.js';
import { RepeatGuard } from '../retry/repeat-guard.js';
import type { AbortStateLike, HeadersSource } from '../types.js';
import { noteFault } from '../verdict/attempt-fault.js';
import { wasRedirected } from '../verdict/redirects.js';
import {
  markAgain,
  markClassified,
  markElsewhere,
  markFailed,
  markFinal,
  markRetryAfter,
  notesOn,
} from '../verdict/result-notes.js';
import { isFailedAnswer, isFetchFailure } from '../verdict/verdict.js';
import { noteAttempts } from './attempt-count.js';
import { traitsOf, withPriority } from './call-traits.js';
import { answerOf } from './callback-answers.js';
import { isElsewhere } from './elsewhere.js';
import { ownVerdict } from './own-verdict.js';
import { maySendTwice, withKey } from './sent-twice.js';

/** A call's request, as it came. */
export interface CallFacts {
  readonly url: string;
  readonly method: string;
  readonly headers: HeadersSource | null | undefined;
  readonly body: unknown;
  /** Whether redirects are followed. */
  readonly followsRedirects: boolean;
  /** Whether the request may be sent twice, as the client's own API says. */
  readonly idempotent?: boolean | undefined;
}

/** The headers of one attempt, as `beforeAttempt` left them. */
export interface Prepared {
  readonly headers: HeadersSource | null | undefined;
}

let calls = 0;

/** The least that stands between a call and its caller. */
const OWN_FRAMES = 2;

/** HTTP's rules for one call, however it is sent: what it sends, whether it is sent again, and what its answers mean. */
export class HttpCall implements OutgoingRequest {
  readonly url: string;
  readonly method: string;
  readonly overrides: ResolvedOverrides;
  /** What the call says of itself. */
  readonly traits: CallTraits | undefined;
  /** The headers for every attempt, with the call's idempotency key and priority. */
  readonly headers: HeadersSource | null | undefined;
  /** The body for every attempt, kept as it was at the call. */
  readonly body: unknown;
  /** Where the call was made, if stacks are captured. */
  readonly site: CallSite | undefined;
  /** The number in the call's events, if somebody listens. */
  callId: number | undefined;
  readonly #options: ResolvedClient;
  readonly #number = ++calls;
  readonly #followsRedirects: boolean;
  /** Set for a request that may not be repeated. */
  readonly #guard: RepeatGuard | undefined;
  /** How often it was sent. */
  #sent = 0;
  #key: string | undefined;
  /** Set if there is a `beforeAttempt`. */
  readonly #preparation: Preparation | undefined;
  /** Whether it was sent again after an answer that was no failure. That happens at most once, as it does not wait. */
  #wasRepeatedAtOnce = false;
  #lastBody: unknown;
  #bounds: Bounds | undefined;
  #occupants: Occupants | undefined;

  constructor(facts: CallFacts, overrides: ResolvedOverrides, options: ResolvedClient) {
    const { url, method, followsRedirects } = facts;
    this.#options = options;
    this.#followsRedirects = followsRedirects;
    this.overrides = overrides;
    this.url = url;
    this.method = method;
    this.headers = facts.headers;
    try {
      this.headers = withKey(this, options);
      this.traits = traitsOf(this, options);
      this.headers = withPriority(this, options, this.traits);
      this.body = keepBody(facts.body);
      const once = overrides.retry === false || bodyKind(this.body) === 'once';
      this.#guard =
        !once && maySendTwice(this, options, facts.idempotent)
          ? undefined
          : new RepeatGuard({ method, url, once, followsRedirects });
      this.#preparation = Preparation.of(options.beforeAttempt, overrides.beforeAttempt, this);
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

  /** The key it runs under; `undefined` until that is known. */
  get key(): string | undefined {
    return this.#key;
  }

  header(name: string): string | undefined {
    return readHeader(this.headers, name.toLowerCase());
  }

  /** The key by default. */
  protected ownKey(): string {
    return originOf(this.url);
  }

  /**
   * The call enters its policies. Returns what it sets in place of their own options.
   *
   * @throws ConfigError when they have no such option.
   */
  enter(bounds: Bounds, { layers }: Plan): LayerSettings | undefined {
    const settings = settingsOf(layers, bounds.places, this.overrides);
    this.#bounds = settings === undefined ? bounds : { ...bounds, ...boundsOf(layers, settings) };
    return settings;
  }

  /** Sends a body that may take a while. The attempt's time starts when the body has been sent. */
  protected sendUpload(context: Context, send: () => unknown): unknown {
    const clock = clockOf(context, this.#bounds?.places.attempt);
    return sendUpload(clock, this, context.signal, send);
  }

  /** Counts in its pipeline until {@link HttpCall.vacate}, so that a drain waits for it. A body may be read after its call has settled. */
  occupy(pipeline: Pipeline<unknown>): void {
    this.#occupants = occupy(pipeline.lifetime);
  }

  /** Everything about the call is over. Calling it again does nothing. */
  vacate(): void {
    this.handOver()?.leave();
  }

  /** Returns what counts the call. Whoever takes it leaves it once, in place of {@link HttpCall.vacate}. It has no reference to the call. */
  protected handOver(): Occupants | undefined {
    const occupants = this.#occupants;
    this.#occupants = undefined;
    return occupants;
  }

  /** The call was answered with this response, as far as is known when it is read. */
  ended(response: unknown): void {
    noteAttempts(response, this.#sent);
  }

  /**
   * The call ended with this error. Returns the error that the caller gets.
   *
   * @param caller the caller's signal. Its reason is the caller's own: it may be the timeout of another call of the same client.
   */
  endedBadly(error: unknown, caller?: AbortStateLike): unknown {
    const original = originalOf(error);
    noteAttempts(original, this.#sent);
    if (caller?.aborted === true && caller.reason === original) return original;
    signRequest(original, this.#options.name, this);
    // Node's fetch captures a new stack on its signal's reason.
    if (original instanceof TimeoutError && original.pipeline === this.#options.name) {
      this.site?.addTo(original, OWN_FRAMES);
    }
    return original;
  }

  /** How long a response that nobody reads may take to end. */
  protected get discardMs(): number {
    return this.#bounds?.discardMs ?? 0;
  }

  /** An attempt has been let in. What may be sent once is not hedged. */
  protected enterAttempt(context: Context): void {
    if (this.#guard !== undefined) runsAlone(context);
  }

  /** Whether an attempt needs preparation before it is sent. */
  protected get prepares(): boolean {
    return this.#preparation !== undefined;
  }

  /**
   * Prepares an attempt. Meanwhile the request has not begun to leave, whatever happens.
   *
   * @throws what `beforeAttempt` throws, as the client's own fault; the signal's reason when the attempt is given up.
   */
  protected async prepare({ attempt }: Context, signal: AbortSignal): Promise<Prepared> {
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

  /** The headers of an attempt: the call's own object if nothing is added. */
  protected headersFor(
    context: Context,
    prepared: Prepared | undefined,
  ): HeadersSource | null | undefined {
    const names = this.#options.headers;
    const headers = prepared === undefined ? this.headers : prepared.headers;
    if (names?.deadline === undefined && names?.attempt === undefined) return headers;
    // The attempt's number was set before `beforeAttempt`, which may have changed it. The time left is set now.
    const { deadline } = names;
    const added = prepared === undefined ? names : { deadline };
    return withAttemptHeaders(headers, added, context.attempt, context.timeLeft);
  }

  /** @throws ContractError when the request must not be sent again. */
  protected begin(context: Context): void {
    this.#guard?.begin(context.signal);
    this.#sent++;
    this.callId ??= callIdOf(context);
  }

  /** Whether an error has to tell which request it ended: a request that may not be repeated may have been redirected. */
  protected get mustKnowTarget(): boolean {
    return this.#guard?.followsRedirects === true;
  }

  /** A response is there, whether or not it is still wanted. */
  protected arrived(response: unknown): void {
    this.#bounds?.arrived?.(response);
  }

  /** The body of an attempt, or a promise of it. If it cannot be made, that is the client's own fault. */
  protected makeBody(): unknown {
    const blame = (error: unknown): never => {
      throw this.ownFault(error);
    };
    try {
      const made = bodyForAttempt(this.body);
      return made instanceof Promise ? made.catch(blame) : made;
    } catch (error) {
      return blame(error);
    }
  }

  /** Notes the body that an attempt sends. */
  protected sends(body: unknown): void {
    this.#lastBody = body;
  }

  /**
   * An attempt failed, and nobody had given it up. Returns the error that the policies see.
   *
   * @param begun `false` if it is known that sending had not begun.
   */
  protected failed(error: unknown, begun = true): unknown {
    const own = ownErrorOf(error, this.#number);
    this.#preparation?.ended(failure(error));
    noteFault(own, this.#lastBody);
    const again = this.#classifies && this.#classify(failure(own), own);
    if (!again) this.#guard?.failed(own, begun);
    return own;
  }

  /** A user's function failed, not the request. No policy counts that. Returns the error that the policies see. */
  protected ownFault(error: unknown): unknown {
    const own = ownErrorOf(error, this.#number);
    this.#preparation?.ended(failure(error));
    markFailed(own, false);
    markOwnFault(own);
    return own;
  }

  /** An attempt was answered with this response, whose body failed while it was read. Returns the error that the policies see. */
  protected broke(error: unknown, response: unknown): unknown {
    const own = ownErrorOf(error, this.#number);
    this.#preparation?.ended(failure(error));
    markFailed(own, true);
    if (notesOn(response)?.elsewhere === true) markElsewhere(own);
    const again = this.#classifies && this.#classify(failure(own), own);
    if (!again) this.markAnswered(own);
    return own;
  }

  /** What an attempt was answered is wrong, as its reader says. It would be again: only `classify` may ask for another attempt. */
  protected wrong(error: unknown, response: unknown): unknown {
    const own = this.broke(error, response);
    if (notesOn(own)?.again !== true) markFinal(own);
    return own;
  }

  /** This came after an answer. By then a request that may not be repeated has been served. */
  protected markAnswered(error: unknown): void {
    if (this.#guard !== undefined) markFinal(error);
  }

  /** An attempt was answered. If a user's function throws, its error becomes the outcome. */
  protected answered(response: unknown): void {
    this.#preparation?.ended(success(response));
    const again = this.#classifies && this.#classify(success(response), response);
    if (!again) this.#guard?.answered(response);
    // The body of a good answer may still fail.
    const mayFail = isFailedAnswer(response) || wasRedirected(response);
    if (this.#followsRedirects && mayFail && isElsewhere(this, response, this.#options)) {
      markElsewhere(response);
    }
    const read = this.overrides.retryAfter ?? this.#options.retryAfter ?? true;
    if (read === false) markRetryAfter(response, undefined);
    else if (read !== true) {
      markRetryAfter(response, answerOf('retryAfter', 'number', read(response as never)));
    }
  }

  get #classifies(): boolean {
    return (this.overrides.classify ?? this.#options.classify) !== undefined;
  }

  /** Returns whether the request was not processed and should be sent again. */
  #classify(outcome: Outcome, result: unknown): boolean {
    const said = ownVerdict(outcome, this, this.overrides, this.#options);
    if (said === 'retry') return this.#sendAgain(outcome, result);
    if (said !== undefined) markClassified(result, said);
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
