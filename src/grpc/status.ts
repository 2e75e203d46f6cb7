/** The status codes of gRPC, by name: https://grpc.io/docs/guides/status-codes/. Connect has the same, but for `OK`. */
export const GrpcStatus = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

/** The name of a status code of gRPC. */
export type GrpcStatusName = keyof typeof GrpcStatus;

const NAMES = Object.keys(GrpcStatus) as readonly GrpcStatusName[];

/** The name of a status code. Codes that gRPC does not know count as UNKNOWN, as gRPC demands. */
export function statusName(code: number): GrpcStatusName {
  return NAMES[code] ?? 'UNKNOWN';
}
