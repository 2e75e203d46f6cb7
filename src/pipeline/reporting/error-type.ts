import { isResilienceError } from '../../error-kinds.js';

/** OpenTelemetry's word for errors without a name of their own. */
export const OTHER_ERROR = '_OTHER';

/** The word for a result that `isFailure` calls a failure, if nothing provides a better one. */
export const FAILED_RESULT = 'failed_result';

/**
 * Stands in for the error of a call whose result is a failure though nothing was thrown. It never leaves the engine and its
 * telemetry.
 */
export class FailedResult {
  readonly errorType: string;

  constructor(errorType: string) {
    this.errorType = errorType;
  }
}

/** `ECONNREFUSED`, `UND_ERR_SOCKET`, `ERR_HTTP2_STREAM_ERROR`: a word, not a text. */
const CODE = /^[A-Z][A-Z0-9_]{2,63}$/;
const CLASS = /^[\p{ID_Start}$_][\p{ID_Continue}$]{0,63}$/u;

/**
 * A word of low cardinality for an error, for OpenTelemetry's `error.type`: its code if it has one, else the code of its
 * cause (`fetch` wraps what happened to the socket), else its name.
 */
export function errorTypeOf(error: unknown): string {
  // The error may be anything, a hostile proxy included.
  try {
    if (isResilienceError(error)) return error.code;
    if (error instanceof FailedResult) return error.errorType;
    if (typeof error !== 'object' || error === null) return OTHER_ERROR;
    return codeOf(error) ?? codeOf((error as Error).cause) ?? nameOf(error as Error);
  } catch {
    return OTHER_ERROR;
  }
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && CODE.test(code) ? code : undefined;
}

function nameOf(error: Error): string {
  // Most classes of errors do not set a name and inherit `Error`.
  const word: unknown = error.name === 'Error' ? error.constructor?.name : error.name;
  return typeof word === 'string' && CLASS.test(word) ? word : OTHER_ERROR;
}
