import { messageOf } from '../../config/describe.js';
import { isTimeoutError } from '../../error-kinds.js';
import { classifyFetchError } from '../../fetch/errors/classify-error.js';
import type { FetchErrorClass } from '../../fetch/errors/error-table.js';
import { neverSent } from '../../fetch/retry/never-sent.js';
import { parseRetryAfter } from '../../fetch/retry/retry-after.js';
import type { AttemptEnd } from '../attempt-end.js';
import { PUSHBACK } from '../pushback.js';
import { GrpcStatus } from '../status.js';
import { isConnectError } from './connect-error.js';
import type { ConnectHeaders } from './types.js';

/** Failures of the network. `protocol` is an answer that makes no sense, and `status` an answer. */
const NETWORK: ReadonlySet<FetchErrorClass> = new Set([
  'connect',
  'dns',
  'tls',
  'timeout',
  'reset',
  'network',
  // Nobody here has given up, or nobody would ask.
  'abort',
]);

/** Node's and connect-node's words for an HTTP/2 stream that the server reset because there were too many. */
const CALM = /ENHANCE_YOUR_CALM\b/;

/**
 * Reads the error that `next` threw while nobody had given the attempt up; `undefined` for an error of a program, which says nothing about the upstream.
 *
 * A ConnectError has the code of the server, if there was an answer. Otherwise its transport chose one, and each transport chooses in its own way: Node's
 * makes `aborted` of a connection that was reset, `internal` of a refused HTTP/2 stream, and `canceled` of a server that went away; one that uses fetch leaves
 * `unknown`. So the cause counts then, and what the network did is UNAVAILABLE, as in gRPC.
 *
 * @param wallNowMs milliseconds since the epoch, for a `Retry-After` that is a date.
 */
export function readError(error: unknown, wallNowMs: number): AttemptEnd | undefined {
  if (!isConnectError(error)) {
    return failureOf(error, messageOf(error));
  }
  const { code, metadata, rawMessage: details } = error;
  // Another interceptor of this kind, inside: its time was over.
  if (isTimeoutError(error.cause)) {
    return { code, details, reach: 'unknown', pushback: [], cause: error };
  }
  const pushback = pushbackIn(metadata, wallNowMs);
  const answer: AttemptEnd = { code, details, reach: 'answered', pushback, cause: error };
  return isAnswer(metadata) ? answer : (failureOf(error, details) ?? answer);
}

/** An answer has headers, whatever they are. */
function isAnswer(metadata: ConnectHeaders): boolean {
  let any = false;
  metadata.forEach(() => {
    any = true;
  });
  return any;
}

function failureOf(cause: unknown, details: string): AttemptEnd | undefined {
  const end = { details, pushback: [], cause };
  if (CALM.test(details)) return { ...end, code: GrpcStatus.RESOURCE_EXHAUSTED, reach: 'unknown' };
  const isLost = isConnectError(cause) && cause.code === GrpcStatus.CANCELLED;
  const found = classifyFetchError(cause);
  if (!isLost && (found === undefined || !NETWORK.has(found))) return undefined;
  return { ...end, code: GrpcStatus.UNAVAILABLE, reach: neverSent(cause) ? 'nowhere' : 'unknown' };
}

/** What the server asks for: by gRPC's metadata, or by HTTP's header. */
function pushbackIn(metadata: ConnectHeaders, wallNowMs: number): readonly unknown[] {
  const asked = metadata.get(PUSHBACK);
  if (asked !== null) return [asked];
  const after = metadata.get('retry-after');
  const ms = after === null ? undefined : parseRetryAfter(after, wallNowMs);
  return ms === undefined ? [] : [String(Math.ceil(ms))];
}
