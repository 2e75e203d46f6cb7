import type { BodyGuard } from '../../fetch/response/body-guard.js';
import { BodyReading } from '../../fetch/response/body-reading.js';

type Result = IteratorResult<unknown, unknown>;

interface Pending {
  resolve(result: Result): void;
  reject(error: unknown): void;
}

const DONE: Result = Object.freeze({ done: true, value: undefined });

/** Reads the messages of an answer. The guard's bounds hold while somebody waits for one. */
export class StreamReading extends BodyReading {
  readonly #source: AsyncIterator<unknown>;
  /** The first message, if it was asked for already. */
  #first: Promise<Result> | undefined;
  /** Makes the caller's error of the one that the reading ended with. */
  readonly #told: (error: unknown) => unknown;
  readonly #pending = new Set<Pending>();
  #over = false;

  constructor(
    source: AsyncIterator<unknown>,
    first: Promise<Result> | undefined,
    guard: BodyGuard,
    told: (error: unknown) => unknown,
  ) {
    super(guard);
    this.#source = source;
    this.#first = first;
    this.#told = told;
  }

  /** The next message, or the end. */
  read(): Promise<Result> {
    if (this.guard.brokenOff && !this.#over) return Promise.reject(this.#ended(undefined));
    if (this.#over) return Promise.resolve(DONE);
    return new Promise((resolve, reject) => {
      const pending: Pending = { resolve, reject };
      this.#pending.add(pending);
      this.wait();
      const first = this.#first;
      this.#first = undefined;
      (first ?? this.#source.next()).then(
        (result) => this.#came(pending, result),
        (error: unknown) => this.#fail(pending, error),
      );
    });
  }

  /** Nobody reads on: the call is cancelled. */
  close(): void {
    if (this.#over) return;
    this.#over = true;
    for (const pending of [...this.#pending]) this.#came(pending, DONE);
    this.guard.end(undefined);
    this.#cancelSource();
  }

  protected override stop(reason: unknown): void {
    for (const pending of [...this.#pending]) this.#fail(pending, reason);
    this.#cancelSource();
  }

  #came(pending: Pending, result: Result): void {
    if (!this.#pending.delete(pending)) return;
    this.settle();
    if (result.done === true) {
      this.#over = true;
      this.guard.end(undefined);
    }
    pending.resolve(result);
  }

  #fail(pending: Pending, error: unknown): void {
    if (!this.#pending.delete(pending)) return;
    this.settle();
    pending.reject(this.#ended(error));
  }

  /** The reading ends with an error. Returns what the caller gets. */
  #ended(error: unknown): unknown {
    if (this.#over) return this.#told(this.guard.reasonOf(error));
    this.#over = true;
    return this.#told(this.guard.failed(error));
  }

  /** A source that is not a transport's may ignore the signal. */
  #cancelSource(): void {
    try {
      this.#source.return?.().then(ignore, ignore);
    } catch {
      // It could not be ended twice.
    }
  }
}

function ignore(): void {}

/**
 * The messages of an answer, for the caller. It is its own iterator, which is all that connect-es keeps. When nobody holds it any more, the garbage
 * collector ends the call. So nothing else may lead to it.
 */
export class StreamMessages implements AsyncIterableIterator<unknown> {
  readonly #reading: StreamReading;

  constructor(reading: StreamReading) {
    this.#reading = reading;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    return this.#reading.read();
  }

  async return(value?: unknown): Promise<Result> {
    this.#reading.close();
    return { done: true, value };
  }

  async throw(error?: unknown): Promise<Result> {
    this.#reading.close();
    throw error;
  }
}
