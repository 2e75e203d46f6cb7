import { ContractError } from '../../errors.js';

/** Hears how the messages of a request go out. */
export interface SendListener {
  /** One more was handed to the transport. */
  onSent(): void;
  /** There are no more, or they failed. */
  onEnd(): void;
}

/** The messages of one call, for all its attempts. */
export interface RequestMessages {
  /** Whether another attempt can send them. */
  readonly replayable: boolean;
  /** What the next attempt sends. */
  take(): unknown;
}

/** The one message of a unary call. It is sent again as it is. */
export class OneMessage implements RequestMessages {
  readonly replayable = true;
  readonly #message: unknown;

  constructor(message: unknown) {
    this.#message = message;
  }

  take(): unknown {
    return this.#message;
  }
}

/** The messages of a call that streams only its answer. connect-es hands its one message over as a stream. They are kept. */
export class KeptMessages implements RequestMessages {
  readonly replayable = true;
  readonly #source: AsyncIterable<unknown>;
  #all: Promise<readonly unknown[]> | undefined;

  constructor(source: AsyncIterable<unknown>) {
    this.#source = source;
  }

  async *take(): AsyncIterable<unknown> {
    this.#all ??= all(this.#source);
    yield* await this.#all;
  }
}

async function all(source: AsyncIterable<unknown>): Promise<readonly unknown[]> {
  const messages: unknown[] = [];
  for await (const each of source) messages.push(each);
  return messages;
}

/**
 * The messages that a caller streams. They are read once. Another attempt can send them as long as nobody has asked for the first one, as when there was no
 * connection.
 */
export class StreamedMessages implements RequestMessages {
  readonly #source: AsyncIterable<unknown>;
  readonly #listener: SendListener;
  #begun = false;

  constructor(source: AsyncIterable<unknown>, listener: SendListener) {
    this.#source = source;
    this.#listener = listener;
  }

  get replayable(): boolean {
    return !this.#begun;
  }

  take(): AsyncIterable<unknown> {
    return { [Symbol.asyncIterator]: () => this.#iterate() };
  }

  #iterate(): AsyncIterator<unknown> {
    let inner: AsyncIterator<unknown> | undefined;
    const begin = (): AsyncIterator<unknown> => {
      if (this.#begun) throw new ContractError('the messages of a call can be streamed only once');
      this.#begun = true;
      return this.#source[Symbol.asyncIterator]();
    };
    const next = async (): Promise<IteratorResult<unknown>> => {
      inner ??= begin();
      let done = true;
      try {
        const result = await inner.next();
        done = result.done === true;
        return result;
      } finally {
        if (done) this.#listener.onEnd();
        else this.#listener.onSent();
      }
    };
    // Before the first message, the end of an attempt is not the end of the source: another attempt may read it.
    return {
      next,
      return: async (value) => {
        this.#listener.onEnd();
        return (await inner?.return?.(value)) ?? { done: true, value };
      },
      throw: async (error) => {
        this.#listener.onEnd();
        if (inner?.throw === undefined) throw error;
        return inner.throw(error);
      },
    };
  }
}
