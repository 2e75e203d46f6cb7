import { GrpcStatus, statusName } from '../status.js';
import type { ConnectHeaders } from './types.js';

/** A ConnectError, of whatever copy of connect-es. */
export interface ConnectErrorLike extends Error {
  readonly code: number;
  /** The headers and trailers of the answer that it came with. */
  readonly metadata: ConnectHeaders;
  readonly rawMessage: string;
}

/** Whether it is a ConnectError. connect-es itself knows them by these fields. Never throws. */
export function isConnectError(error: unknown): error is ConnectErrorLike {
  try {
    if (!(error instanceof Error) || error.name !== 'ConnectError') return false;
    const { code, metadata, rawMessage } = error as Partial<ConnectErrorLike>;
    return (
      typeof code === 'number' &&
      typeof rawMessage === 'string' &&
      typeof metadata?.forEach === 'function'
    );
  } catch {
    // A proxy may refuse to be asked.
    return false;
  }
}

/** Connect's word for a status. */
function wordOf(code: number): string {
  return code === GrpcStatus.CANCELLED ? 'canceled' : statusName(code).toLowerCase();
}

/**
 * An error that connect-es takes for one of its own: `instanceof ConnectError` holds, and `ConnectError.from` returns it as it is. The class itself is
 * not imported, since connect-es is not needed by everybody who loads this.
 */
class MadeConnectError extends Error implements ConnectErrorLike {
  readonly code: number;
  readonly rawMessage: string;
  readonly metadata = new Headers();
  readonly details: readonly unknown[] = [];
  override readonly cause: unknown;

  constructor(code: number, message: string, cause: unknown) {
    super(`[${wordOf(code)}] ${message}`);
    this.code = code;
    this.rawMessage = message;
    this.cause = cause;
    Object.defineProperty(this, 'name', { value: 'ConnectError', configurable: true });
    Object.defineProperty(this, 'cause', { enumerable: false });
  }

  /** As ConnectError has it: there are none. */
  findDetails(): unknown[] {
    return [];
  }
}

/** Makes a ConnectError of a status. The cause is what happened. */
export function connectError(code: number, message: string, cause: unknown): ConnectErrorLike {
  return new MadeConnectError(code, message, cause);
}

/** Whether this is a transport's reason for the end of a call whose time is over. */
export function timeIsOver(reason: unknown): boolean {
  return isConnectError(reason) && reason.code === GrpcStatus.DEADLINE_EXCEEDED;
}
