import { GrpcStatus } from './status.js';

/** As grpc-js, Go, Java, C++ and Connect write it. */
const TOO_LARGE = /\bmessage\b.*\b(?:larger than|exceeds|too large)\b/i;

/**
 * Whether a status says that a message is too large for one side. gRPC has no code of its own for that: it is RESOURCE_EXHAUSTED, like an
 * overload.
 */
export function isMessageTooLarge(code: number, details: string): boolean {
  return code === GrpcStatus.RESOURCE_EXHAUSTED && TOO_LARGE.test(details);
}
