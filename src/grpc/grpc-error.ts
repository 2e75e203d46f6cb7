import type { GrpcStatusName } from './status.js';
import { statusName } from './status.js';

/**
 * What policies see of an attempt that ended with a status other than OK: the `error` of its outcome. Its name is that of the status, which is
 * also the `error.type` of telemetry. Callers get the error of their own library.
 */
export class GrpcError extends Error {
  /** The status code. */
  readonly code: number;
  /** The text that came with the status. */
  readonly details: string;
  /** The status or the error as the library has it. */
  override readonly cause: unknown;
  declare readonly name: GrpcStatusName;

  /** @internal */
  constructor(code: number, details: string, cause: unknown) {
    const name = statusName(code);
    super(`${code} ${name}: ${details}`);
    this.code = code;
    this.details = details;
    this.cause = cause;
    for (const [key, value] of Object.entries({ name, cause })) {
      Object.defineProperty(this, key, { value, enumerable: false, configurable: true });
    }
  }
}

const isCode = (code: unknown): code is number =>
  Number.isInteger(code) && (code as number) > 0 && (code as number) <= 16;

/** A status other than OK, in an error of grpc-js, of Connect, or of this library. */
export interface ErrorStatus {
  readonly code: number;
  readonly details: string;
}

/** The status that an error carries, whichever library made it; `undefined` for other errors. DOMExceptions also have small codes. */
export function statusIn(error: unknown): ErrorStatus | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  try {
    const { code, details, metadata, rawMessage } = error as Readonly<Record<string, unknown>>;
    if (!isCode(code)) return undefined;
    if (typeof details === 'string') return { code, details };
    return metadata !== undefined && typeof rawMessage === 'string'
      ? { code, details: rawMessage }
      : undefined;
  } catch {
    // A proxy may refuse to be asked.
    return undefined;
  }
}
