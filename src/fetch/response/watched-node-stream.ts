import { isBroken } from '../errors/classify-error.js';
import { hasMethods } from '../types.js';
import type { BodyGuard } from './body-guard.js';
import { BodyReading } from './body-reading.js';
import { hookedPrototypes, hookInstance } from './hooked-prototypes.js';
import { PrivateFieldsOn } from './private-fields.js';

/** The part of a Node readable stream that watching needs. */
export interface NodeStream {
  read(size?: number): unknown;
  push(chunk: unknown, ...rest: unknown[]): boolean;
  pause(): unknown;
  destroy(error?: unknown): unknown;
  _destroy(error: unknown, done: unknown): void;
}

export function isNodeStream(body: unknown): body is NodeStream {
  return hasMethods(body, 'read', 'push', 'pause', '_destroy');
}

/**
 * Makes a body that is a Node stream tell its guard when somebody waits for more, what comes, and how it ends. A reader that got
 * nothing from `read()` waits until something comes or it pauses. Flowing streams, iterators and undici's `text()` read that way.
 */
export function watchNodeStream(stream: NodeStream, guard: BodyGuard): void {
  if (Watched.of(stream) !== undefined || !hookInstance(stream, nodeKinds)) return;
  Watched.hold(stream, new NodeReading(guard, stream));
}

class NodeReading extends BodyReading {
  readonly #stream: NodeStream;
  #waits = false;
  /** Whether somebody has tried to read. */
  #used = false;
  #ended = false;

  constructor(guard: BodyGuard, stream: NodeStream) {
    super(guard);
    this.#stream = stream;
  }

  /** Notes what `read()` returned. */
  took(chunk: unknown): void {
    this.#used = true;
    if (chunk !== null) {
      this.rest();
    } else if (!this.#waits && !this.#ended) {
      this.#waits = true;
      this.wait();
    }
  }

  /** Something came. `null` is the end. */
  came(chunk: unknown): void {
    if (chunk === null) {
      this.#ended = true;
      this.rest();
    } else if (this.#waits) {
      this.moved();
    }
  }

  /** Nobody waits. */
  rest(): void {
    if (!this.#waits) return;
    this.#waits = false;
    this.settle();
  }

  destroyed(error: unknown): void {
    const { guard } = this;
    this.#ended = true;
    this.rest();
    this.atHome(() => {
      if (this.#used && (guard.brokenOff || isBroken(error))) guard.failed(error);
      else guard.end(undefined);
    });
  }

  protected override stop(reason: unknown): void {
    this.#stream.destroy(reason);
  }
}

/** A stream's reading, as a private field on the stream. */
class Watched extends PrivateFieldsOn {
  #reading: NodeReading;

  private constructor(stream: object, reading: NodeReading) {
    super(stream);
    this.#reading = reading;
  }

  static of(stream: object): NodeReading | undefined {
    return #reading in stream ? stream.#reading : undefined;
  }

  static hold(stream: object, reading: NodeReading): void {
    new Watched(stream, reading);
  }
}

const nodeKinds = hookedPrototypes((kind) => {
  const { read, push, pause, _destroy } = kind as unknown as NodeStream;
  return {
    read(this: NodeStream, size?: number) {
      const chunk = read.call(this, size);
      // That only makes the stream fill its buffer.
      if (size !== 0) Watched.of(this)?.took(chunk);
      return chunk;
    },
    push(this: NodeStream, ...args: [chunk: unknown, ...rest: unknown[]]) {
      Watched.of(this)?.came(args[0]);
      return push.apply(this, args);
    },
    pause(this: NodeStream) {
      Watched.of(this)?.rest();
      return pause.call(this);
    },
    _destroy(this: NodeStream, error: unknown, done: unknown) {
      Watched.of(this)?.destroyed(error);
      _destroy.call(this, error, done);
    },
  };
});
