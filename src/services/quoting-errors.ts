import type { FetchLike } from '../fetch/types.js';

/** Where errors of a platform quote an address, a request or a response: those of URL, and of an HTTP parser. */
const QUOTING = ['input', 'base', 'data'] as const;
const DEEPEST = 5;

/** Hides from loggers what an error of the platform, or one that caused it, quotes. Returns the error. */
export function hideQuotes(error: unknown): unknown {
  let each = error;
  for (let i = 0; i < DEEPEST && each instanceof Error; i++, each = each.cause) {
    for (const name of QUOTING) {
      const own = Object.getOwnPropertyDescriptor(each, name);
      if (own?.enumerable === true && own.configurable === true) {
        Object.defineProperty(each, name, { enumerable: false });
      }
    }
  }
  return error;
}

/** The same fetch, whose errors show nothing of what was sent or received. */
export function withoutQuotes(fetch: FetchLike): FetchLike {
  return (input, init) => {
    const sent = fetch(input, init);
    return sent instanceof Promise ? sent.catch(rethrow) : sent;
  };
}

function rethrow(error: unknown): never {
  throw hideQuotes(error);
}
