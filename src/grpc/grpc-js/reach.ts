import type { Reach } from '../repeat-rule.js';
import type { GrpcStatusObject } from './types.js';

/** What `@grpc/grpc-js` says when no server has begun with a call. */
const NOWHERE = [
  /^(?:\w+: )?No connection established/,
  /^Name resolution failed/,
  /^Stream refused by server/,
  /^Failed to start HTTP\/2 stream/,
  // Its own deadline was over first.
  /^Deadline exceeded after .*(?:Waiting for LB pick|waiting for name resolution|waiting for metadata filters)/,
];

/** What it says when the fault is on this side. */
const UNSENT =
  /^(?:Request message serialization failure|(?:Invalid status from control plane.* )?Getting metadata from plugin failed)/;

const first = (values: readonly unknown[]): string => String(values[0] ?? '');

/**
 * Whether these are headers of an answer over gRPC. A proxy answers with headers of its own, such as those of an HTML page. Then the answer has not
 * begun.
 */
export function isGrpcAnswer(metadata: GrpcStatusObject['metadata']): boolean {
  const type = first(metadata.get('content-type'));
  return type === '' || type.startsWith('application/grpc');
}

/** What `@grpc/grpc-js` says of an answer that is not gRPC's. */
const HTTP_STATUS = /^Received HTTP status code (\d+)/;
/** Answers of proxies that have not passed the call on. Behind others, such as 502, it may have run. */
const NOT_PASSED_ON = new Set(['429', '503']);

/**
 * How far a call got that ended with a status other than OK, before its answer had begun. What comes from a server has a content type. All other
 * statuses are made by the client. Then only their text says more.
 */
export function reachOf({ details, metadata }: GrpcStatusObject): Reach {
  if (first(metadata.get('content-type')).startsWith('application/grpc')) return 'answered';
  if (UNSENT.test(details)) return 'unsent';
  const httpStatus = HTTP_STATUS.exec(details)?.[1];
  if (httpStatus !== undefined) return NOT_PASSED_ON.has(httpStatus) ? 'answered' : 'unknown';
  return NOWHERE.some((each) => each.test(details)) ? 'nowhere' : 'unknown';
}
