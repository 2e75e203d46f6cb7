import type { Outcome } from '../../pipeline/outcome/outcome.js';

/** The Response or the error of an outcome. */
export function resultOf(outcome: Outcome): unknown {
  return outcome.kind === 'success' ? outcome.value : outcome.error;
}

/**
 * The response in an error that a client made from a status. It is the error's `response` for axios, got and ky, the error itself for
 * undici, or the cause for fetch.
 */
export function answerIn(error: unknown): unknown {
  const { response, cause } = Object(error) as { response?: unknown; cause?: unknown };
  return [response, error, cause].find((each) => statusOf(each) !== undefined);
}

/** The status of a response of fetch or undici; `undefined` for anything else. */
export function statusOf(value: unknown): number | undefined {
  const { status, statusCode } = Object(value) as { status?: unknown; statusCode?: unknown };
  const found = status ?? statusCode;
  return typeof found === 'number' ? found : undefined;
}

/** The status of a response, or of the response that an error was made from. */
export function statusIn(resultOrError: unknown): number | undefined {
  const status = statusOf(resultOrError) ?? statusOf(answerIn(resultOrError));
  // An error may have a status that is no response's, such as the exit status of a process.
  return status !== undefined && status >= 100 && status < 1_000 ? status : undefined;
}
