type Frames = { readonly stack?: unknown };
type Above = ((...args: never[]) => unknown) | (abstract new (...args: never[]) => unknown);
interface Capturing {
  captureStackTrace?(target: object, above: Above): void;
}

const FIRST_FRAME = '\n    at ';

/** An error that many calls share must not grow with each. */
const MAX_LENGTH = 10_000;

/**
 * Where a call was made. An error that is made in a timer, behind a queue or inside a client does not show that, so these frames are added
 * to its stack.
 */
export class CallSite {
  /** The text is made on first read: most calls end well. */
  readonly #frames: Frames = {};

  /** @param above The frames begin with the caller of this function. */
  constructor(above: Above) {
    const { captureStackTrace } = Error as Capturing;
    if (typeof captureStackTrace === 'function') captureStackTrace(this.#frames, above);
  }

  /**
   * Adds the frames to the stack of an error. One that is frozen, or has no stack, stays as it is.
   *
   * @param ours How many of the first frames are our own. An error that shows the frames after them stays as it is, too.
   */
  addTo(error: unknown, ours = 0): void {
    if (typeof error !== 'object' || error === null) return;
    try {
      // The stack of a native error can be set all the same on newer versions of V8.
      if (Object.isFrozen(error)) return;
      const { stack } = error as Frames;
      if (typeof stack !== 'string' || stack.length > MAX_LENGTH) return;
      const frames = this.#text();
      if (frames === undefined || stack.includes(frames)) return;
      if (ours > 0 && stack.includes(callersIn(frames, ours))) return;
      setStack(error, withoutOverlap(stack, frames) + frames);
    } catch {
      // An error that cannot even be read, or a stack that cannot be set.
    }
  }

  #text(): string | undefined {
    const { stack } = this.#frames;
    // Whoever replaces `Error.prepareStackTrace` may make something else of it.
    if (typeof stack !== 'string') return undefined;
    const start = stack.indexOf(FIRST_FRAME);
    return start < 0 ? undefined : stack.slice(start);
  }
}

/** The first of the caller's frames, which are enough to recognize them: another stack may have been cut off later. */
function callersIn(frames: string, ours: number): string {
  return frames
    .split('\n')
    .slice(ours + 1, ours + 4)
    .join('\n');
}

/** Removes the frames that both have. An error that was made synchronously shows the same frames, as far as there was room. */
function withoutOverlap(stack: string, frames: string): string {
  const first = frames.slice(0, frames.indexOf('\n', 1) + 1 || undefined);
  const start = stack.lastIndexOf(first);
  return start >= 0 && frames.startsWith(stack.slice(start)) ? stack.slice(0, start) : stack;
}

/** Not by assignment: through a proxy, a native error's stack would be set on the proxy. */
function setStack(error: object, value: string): void {
  const enumerable = Object.getOwnPropertyDescriptor(error, 'stack')?.enumerable === true;
  Object.defineProperty(error, 'stack', { value, writable: true, enumerable, configurable: true });
}
