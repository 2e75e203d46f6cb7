import type { GrpcCall, GrpcMessageContext } from './types.js';

/** How many messages of a stream are kept at most, so that they can be sent again. */
export const MAX_KEPT = 64;

/** A message that the caller has sent. */
class SentMessage {
  readonly message: unknown;
  readonly flags: number | undefined;
  #callback: GrpcMessageContext['callback'];

  constructor({ callback, flags }: GrpcMessageContext, message: unknown) {
    this.message = message;
    this.flags = flags;
    this.#callback = callback;
  }

  /** Tells the writer, once, that it may go on. */
  written(error?: Error | null): void {
    const callback = this.#callback;
    this.#callback = undefined;
    callback?.(error);
  }
}

/** What a caller has sent so far. It is kept until the call can no longer be sent again. */
export class SentMessages {
  readonly #isStream: boolean;
  #messages: SentMessage[] = [];
  /** How many were there before those that are kept. */
  #gone = 0;
  #closed = false;
  #keeps = true;
  #writer: MessageWriter | undefined;

  constructor(isStream: boolean) {
    this.#isStream = isStream;
  }

  /** Whether all of it can be sent again. */
  get replayable(): boolean {
    return this.#keeps;
  }

  /** The caller has sent everything. */
  get closed(): boolean {
    return this.#closed;
  }

  add(context: GrpcMessageContext, message: unknown): void {
    this.#messages.push(new SentMessage(context, message));
    if (this.#messages.length > MAX_KEPT && this.#keeps && this.#writer !== undefined)
      this.release();
    this.#writer?.pump();
  }

  close(): void {
    this.#closed = true;
    this.#writer?.pump();
  }

  /** Sends everything from the start to a new attempt, and then what else comes. */
  writeTo(call: GrpcCall): MessageWriter {
    this.#writer = new MessageWriter(this, call, this.#isStream);
    this.#writer.pump();
    return this.#writer;
  }

  /** The attempt is over. */
  stop(writer: MessageWriter): void {
    writer.stop();
    if (this.#writer === writer) this.#writer = undefined;
  }

  /** The call will not be sent again: what was written is not needed any more. */
  release(): void {
    this.#keeps = false;
    const next = this.#writer?.next ?? this.#gone;
    this.#messages.splice(0, next - this.#gone);
    this.#gone = next;
  }

  /** The call is over. Nobody shall wait for a message to be written. */
  end(): void {
    this.#writer?.stop();
    this.#writer = undefined;
    this.#keeps = false;
    for (const each of this.#messages) each.written();
    this.#messages = [];
  }

  /** @internal */
  at(index: number): SentMessage | undefined {
    return this.#messages[index - this.#gone];
  }

  /** @internal A message was written, as `next` of the writer says. */
  wrote(): void {
    if (!this.#keeps) this.release();
  }
}

/** Writes what a caller has sent to one attempt, one message after the other: a call takes the next one when the last is written. */
export class MessageWriter {
  /** The number of the message that is written next. */
  next = 0;
  readonly #sent: SentMessages;
  readonly #call: GrpcCall;
  readonly #isStream: boolean;
  #writing = false;
  #closed = false;
  #stopped = false;

  constructor(sent: SentMessages, call: GrpcCall, isStream: boolean) {
    this.#sent = sent;
    this.#call = call;
    this.#isStream = isStream;
  }

  /** Writes nothing more. */
  stop(): void {
    this.#stopped = true;
  }

  pump(): void {
    for (;;) {
      if (this.#writing || this.#closed || this.#stopped) return;
      const message = this.#sent.at(this.next);
      if (message === undefined) break;
      this.#write(message);
    }
    if (!this.#sent.closed) return;
    this.#closed = true;
    this.#call.halfClose();
  }

  #write(message: SentMessage): void {
    const { flags } = message;
    const of = flags === undefined ? {} : { flags };
    if (!this.#isStream) {
      // A single message needs no turns, and its end goes out in the same frame.
      this.next++;
      this.#call.sendMessageWithContext(of, message.message);
      return;
    }
    this.#writing = true;
    let isWritten = false;
    const callback = (error?: Error | null): void => {
      // Once it has stopped, another attempt will write the message.
      if (isWritten || this.#stopped) return;
      isWritten = true;
      this.#writing = false;
      this.next++;
      message.written(error);
      this.#sent.wrote();
      this.pump();
    };
    this.#call.sendMessageWithContext({ ...of, callback }, message.message);
  }
}
