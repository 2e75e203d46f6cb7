/**
 * A filter of cockatiel's, as made by `handleType`, `handleWhen`, `handleWhenResult` and their kin.
 * Taken by its shape, so that every version of cockatiel (and a copy of one) will do.
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

/** Whether this can be asked of outcomes: as a function, `Error` answers an object whatever it is asked, which would be a yes to everything. */
export function isFilter(value: unknown): boolean {
  return typeof value === 'function' ? !isErrorClass(value) : isCockatielFilter(value);
}

function isErrorClass(value: { readonly prototype?: unknown }): boolean {
  return value === Error || value.prototype instanceof Error;
}

/** An answer that is a filter itself: also one made of nonsense, such as handleWhen(outcome). */
export function isLikeFilter(answer: unknown): boolean {
  const { options } = Object(answer) as { readonly options?: unknown };
  return 'errorFilter' in Object(options);
}
