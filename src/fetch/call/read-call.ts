import type { TimeoutError } from '../../errors.js';
import type { Context, LayerSettings } from '../../pipeline/contract/context.js';
import { inheritedMs } from '../../pipeline/inherited.js';
import type { Pipeline } from '../../pipeline/pipeline.js';
import { formatDuration } from '../../time/duration.js';
import { inheritedTimeout, timeoutErrorOf } from '../errors/timeout-error.js';
import type { ResolvedOverrides } from '../overrides.js';
import type { CallBound } from '../policies/call-bound.js';
import { callBoundOf } from '../policies/call-bound.js';
import type { BodyEnd, Reader } from '../response/reader.js';
import { isBodyFailure, isResponse, wasTouched } from '../response/reader.js';
import { isToRepeat } from '../retry/retry-rule.js';
import { unwatchAbort, watchAbort } from '../signal/abort-watch.js';
import { raceAbort } from '../signal/race-abort.js';
import { takeAnswerFault } from '../verdict/answer-fault.js';
import type { Answer, Setup } from './fetch-call.js';
import { FetchCall } from './fetch-call.js';
import { ReadBody } from './read-body.js';

/** The reason to give up a body when its reader is done. */
const READ = new DOMException('The response was read', 'AbortError');

/**
 * A call whose responses are read within the policies. The policies see its Responses, as usual, and never the reader's results, which may
 * be anything. Those are kept aside.
 */
export class ReadCall extends FetchCall {
  readonly #reader: Reader;
  readonly #values = new Map<unknown, unknown>();
  #pipeline: Pipeline<unknown> | undefined;
  #bound: CallBound | undefined;
  /** The time at which the whole call's time began. */
  #startedAt: number | undefined;

  /** @throws TypeError as fetch does, when the request cannot be sent. */
  constructor(
    reader: Reader,
    input: unknown,
    init: object | null | undefined,
    overrides: ResolvedOverrides | undefined,
    setup: Setup,
  ) {
    super(input, init, overrides, setup);
    this.#reader = reader;
  }

  /** The call enters these policies. */
  startIn(pipeline: Pipeline<unknown>, settings: LayerSettings | undefined): void {
    this.#pipeline = pipeline;
    this.#bound = callBoundOf(pipeline.plan.layers, settings);
    if (this.#bound?.outermost === true) this.#startedAt = this.setup.clock.now();
  }

  override async attempt(context: Context): Promise<unknown> {
    this.#startedAt ??= this.setup.clock.now();
    const response = await super.attempt(context);
    if (context.signal.aborted || isToRepeat(response)) return response;
    await this.#readWithin(this.answerWith(response) as Answer);
    return response;
  }

  /**
   * The reader's result for the policies' answer. A failed response that no retry replaced is read only now. A fallback's answer
   * is read if it is a response. Otherwise it is itself the result.
   */
  async result(response: unknown): Promise<unknown> {
    if (this.#values.has(response)) return this.#values.get(response);
    const answer = this.answerWith(response);
    if (answer !== undefined) return this.#readLast(answer);
    return isResponse(response) ? this.#read(response, this.signal) : response;
  }

  /** Reads the response as a part of its attempt, whose timeouts and signal are in force. */
  async #readWithin(answer: Answer): Promise<void> {
    const { response, controller } = answer;
    const { signal } = controller;
    let end: BodyEnd | undefined;
    this.#watch(answer, (failure) => {
      end ??= { failure };
    });
    try {
      this.#values.set(response, await this.#read(response, signal));
    } catch (error) {
      if (signal.aborted) throw error;
      if (takeAnswerFault(error)) throw this.wrong(error, response);
      if (isBodyFailure(error, response, end)) throw this.broke(error, response);
      const own = this.ownFault(error);
      this.markAnswered(own);
      throw own;
    } finally {
      this.#letGo(answer);
    }
  }

  /** Reads the response when the policies are done, in the rest of the call's time. */
  async #readLast(answer: Answer): Promise<unknown> {
    const { response, controller } = answer;
    const { signal } = this;
    const { clock } = this.setup;
    this.#watch(answer, () => {});
    const ownMs = (this.#startedAt ?? 0) + (this.#bound?.timeoutMs ?? Infinity) - clock.now();
    const leftMs = inheritedMs();
    const onTime = (): void =>
      controller.abort(
        leftMs < ownMs ? inheritedTimeout(leftMs, this.setup.options, this) : this.#timeoutError(),
      );
    const timeLeft = Math.max(0, Math.min(ownMs, leftMs));
    const timer = timeLeft === Infinity ? undefined : clock.setTimer(onTime, timeLeft);
    const giveUp = { onAbort: (reason: unknown) => controller.abort(reason) };
    if (signal?.aborted === true) controller.abort(signal.reason);
    else if (signal !== undefined) watchAbort(signal, giveUp);
    try {
      const value = await this.#read(response, controller.signal);
      this.#values.set(response, value);
      return value;
    } finally {
      if (timer !== undefined) clock.clearTimer(timer);
      if (signal !== undefined) unwatchAbort(signal, giveUp);
      this.#letGo(answer);
    }
  }

  #timeoutError(): TimeoutError {
    const { timeoutMs = 0, policy } = this.#bound ?? {};
    const text = `timed out after ${formatDuration(timeoutMs)}`;
    return timeoutErrorOf(text, timeoutMs, policy, this.setup.options, this);
  }

  #watch({ response, controller }: Answer, onEnd: (failure: unknown) => void): void {
    const pipeline = this.#pipeline;
    if (typeof response !== 'object' || response === null || pipeline === undefined) return;
    const { options, transport } = this.setup;
    transport.guard(response, controller, new ReadBody(response, pipeline, options, this, onEnd));
  }

  async #read(response: unknown, signal: AbortSignal | undefined): Promise<unknown> {
    this.ended(response);
    const value = this.#reader(response as never);
    return signal === undefined ? value : raceAbort(value, signal);
  }

  /** The reader is done. Nobody will read the rest of the body. */
  #letGo({ response, controller }: Answer): void {
    if (typeof response !== 'object' || response === null) return;
    // The reader hands it on.
    if (this.#values.get(response) === response) return;
    const { clock, transport } = this.setup;
    if (!wasTouched(response)) transport.discard(response, clock, this.discardMs);
    // A reader that stopped half-way may hold the stream. An upload may still be under way. Everything else has ended.
    else if (!this.sendsBody) controller.abort(READ);
  }
}
