import type { Outcome } from '../../pipeline/outcome.js';

/** What an outcome is about: the Response, or the error. */
export function resultOf(outcome: Outcome): unknown {
  return outcome.kind === 'success' ? outcome.value : outcome.error;
}

/**
 * The response in an error that a client made of its status: its `response`, as axios, got and ky have it, the error itself, as
 * undici has it, or fetch's cause.
 */
export function answerIn(error: unknown): unknown {
  const { response, cause } = Object(error) as { response?: unknown; cause?: unknown };
  return [response, error, cause].find((each) => statusOf(each) !== undefined);
}

/** The status of a response, be it fetch's or undici's; `undefined` of anything else. */
export function statusOf(value: unknown): number | undefined {
  const { status, statusCode } = Object(value) as { status?: unknown; statusCode?: unknown };
  const found = status ?? statusCode;
  return typeof found === 'number' ? found : undefined;
}

/** The status of a response, or of the one that an error was made of. */
export function statusIn(resultOrError: unknown): number | undefined {
  const status = statusOf(resultOrError) ?? statusOf(answerIn(resultOrError));
  // An error may have a status that is of no response, such as that of a process.
  return status !== undefined && status >= 100 && status < 1_000 ? status : undefined;
}
