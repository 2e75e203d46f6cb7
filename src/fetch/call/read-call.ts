import type { TimeoutError } from '../../errors.js';
import type { Context, LayerSettings } from '../../pipeline/context.js';
import type { Pipeline } from '../../pipeline/pipeline.js';
import { formatDuration } from '../../time/duration.js';
import { timeoutErrorOf } from '../errors/timeout-error.js';
import type { ResolvedOverrides } from '../options.js';
import type { CallBound } from '../policies/call-bound.js';
import { callBoundOf } from '../policies/call-bound.js';
import type { BodyEnd, Reader } from '../response/reader.js';
import { isBodyFailure, isResponse, wasTouched } from '../response/reader.js';
import { isToRepeat } from '../retry/retry-rule.js';
import { unwatchAbort, watchAbort } from '../signal/abort-watch.js';
import { raceAbort } from '../signal/race-abort.js';
import type { Answer, Setup } from './fetch-call.js';
import { FetchCall } from './fetch-call.js';
import { ReadBody } from './read-body.js';

/** Why a body is given up that its reader is done with. */
const READ = new DOMException('The response was read', 'AbortError');

/**
 * A call whose responses are read within the policies. To these its attempts answer Responses as ever, and never what the reader made
 * of them: that may be anything, and is kept aside.
 */
export class ReadCall extends FetchCall {
  readonly #reader: Reader;
  readonly #values = new Map<unknown, unknown>();
  #pipeline: Pipeline<unknown> | undefined;
  #bound: CallBound | undefined;
  /** When the time of the whole call began. */
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

  /** The call goes into these policies. */
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
   * What the reader makes of the policies' answer. A response that they would have liked to replace is read only now. What a fallback
   * answers is read when it is a response, and is itself the result when it is none.
   */
  async result(response: unknown): Promise<unknown> {
    if (this.#values.has(response)) return this.#values.get(response);
    const answer = this.answerWith(response);
    if (answer !== undefined) return this.#readLast(answer);
    return isResponse(response) ? this.#read(response, this.signal) : response;
  }

  /** Reads it as a part of its attempt, whose timeouts and signal are in force. */
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
      if (isBodyFailure(error, response, end)) throw this.broke(error, response);
      const own = this.ownFault(error);
      this.markAnswered(own);
      throw own;
    } finally {
      this.#letGo(answer);
    }
  }

  /** Reads it when the policies are done, in what is left of the call's time. */
  async #readLast(answer: Answer): Promise<unknown> {
    const { response, controller } = answer;
    const { signal } = this;
    const { clock } = this.setup;
    this.#watch(answer, () => {});
    const timeLeft = (this.#startedAt ?? 0) + (this.#bound?.timeoutMs ?? Infinity) - clock.now();
    const timer =
      timeLeft === Infinity
        ? undefined
        : clock.setTimer(() => controller.abort(this.#timeoutError()), Math.max(0, timeLeft));
    const giveUp = { onAbort: (reason: unknown) => controller.abort(reason) };
    if (signal?.aborted === true) controller.abort(signal.reason);
    else if (signal !== undefined) watchAbort(signal, giveUp);
    try {
      return await this.#read(response, controller.signal);
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

  /** The reader is done: what it left of the body, nobody will read. */
  #letGo({ response, controller }: Answer): void {
    if (typeof response !== 'object' || response === null) return;
    const { clock, transport } = this.setup;
    if (!wasTouched(response)) transport.discard(response, clock, this.discardMs);
    // A reader that stopped half-way may hold the stream. An upload may still be under way; all else has come to its end.
    else if (!this.sendsBody) controller.abort(READ);
  }
}
