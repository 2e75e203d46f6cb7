/** Whether a call's request may be sent twice: what the caller, the client's options, the request's method and its idempotency key say. */

import type { ResolvedClient } from '../options.js';
import type { ResolvedOverrides } from '../overrides.js';
import { withIdempotencyKey } from '../request/attempt-headers.js';
import type { OutgoingRequest } from '../request/request.js';
import { mayRepeat } from '../retry/repeatable.js';
import type { HeadersSource } from '../types.js';
import { answerOf } from './callback-answers.js';

/** A call, as far as it matters here. */
interface Repeated extends OutgoingRequest {
  readonly headers: HeadersSource | null | undefined;
  readonly overrides: ResolvedOverrides;
}

/** The headers for every attempt, with an idempotency key if one is wanted. */
export function withKey(
  { method, headers, overrides }: Repeated,
  options: ResolvedClient,
): HeadersSource | null | undefined {
  const own = overrides.idempotencyKey;
  const make = own ?? options.headers?.idempotencyKey;
  if (make === undefined || make === false) return headers;
  if (own === undefined && mayRepeat({ method })) return headers;
  if (typeof make === 'string') return withIdempotencyKey(headers, () => make);
  return withIdempotencyKey(headers, make === true ? undefined : make);
}

/** @param byClient What the client's own API says. */
export function maySendTwice(
  call: Repeated,
  { idempotent: general }: ResolvedClient,
  byClient: boolean | undefined,
): boolean {
  const { method, headers } = call;
  const said =
    call.overrides.idempotent ??
    (typeof general === 'function' ? answerOf('idempotent', 'boolean', general(call)) : general);
  return mayRepeat({ method, headers, idempotent: said ?? byClient });
}
