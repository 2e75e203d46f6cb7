/**
 * A filter of cockatiel's, made by `handleType`, `handleWhen`, `handleWhenResult` and the like. Recognized by its shape, so that every
 * version and copy of cockatiel works.
 */
export interface CockatielFilter {
  readonly options: {
    // Methods, because a filter of cockatiel 3 says that it takes an Error only.
    errorFilter(error: unknown): boolean;
    resultFilter(result: unknown): boolean;
  };
}

export function isCockatielFilter(value: unknown): value is CockatielFilter {
  if (typeof value !== 'object' || value === null) return false;
  const { options } = value as Partial<CockatielFilter>;
  return typeof options?.errorFilter === 'function' && typeof options.resultFilter === 'function';
}

/** Whether this can judge outcomes. A class of errors cannot: called as a function, `Error` returns an object for anything, which would be a yes. */
export function isFilter(value: unknown): boolean {
  return typeof value === 'function' ? !isErrorClass(value) : isCockatielFilter(value);
}

function isErrorClass(value: { readonly prototype?: unknown }): boolean {
  return value === Error || value.prototype instanceof Error;
}

/** Whether an answer is a filter itself, by mistake; also one that makes no sense, such as handleWhen(outcome). */
export function isLikeFilter(answer: unknown): boolean {
  const { options } = Object(answer) as { readonly options?: unknown };
  return 'errorFilter' in Object(options);
}
