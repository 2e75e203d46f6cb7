/** The word for a result that is a failure though nothing was thrown; `undefined` for any other. */
export type ErrorTypeOf = (result: unknown) => string | undefined;

/** The status that a result or an error carries, such as that of an HTTP response; `undefined` where there is none. */
export type StatusOf = (resultOrError: unknown) => number | undefined;

/** Takes a value that nobody will receive, so that what it holds can be released. */
// Typed as a method, so that a function may name the type of the results.
export type Discard = { discard(value: unknown): unknown }['discard'];
