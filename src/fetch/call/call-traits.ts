/** How important a call is, what it takes from rate limiters, and what its server hears of that. */
import type { CallTraits } from '../../pipeline/contract/call-traits.js';
import { inheritedHere } from '../../pipeline/inherited.js';
import type { ResolvedClient } from '../options.js';
import type { ResolvedOverrides } from '../overrides.js';
import { readHeader, withHeader } from '../request/headers.js';
import type { OutgoingRequest } from '../request/request.js';
import type { HeadersSource } from '../types.js';
import { answerOf } from './callback-answers.js';

/** A call, as far as it matters here. */
interface Rated extends OutgoingRequest {
  readonly headers: HeadersSource | null | undefined;
  readonly overrides: ResolvedOverrides;
}

/**
 * What the call says of itself.
 *
 * @throws ContractError when the `priority` function answers something else.
 */
export function traitsOf(
  call: Rated,
  { priority: general }: ResolvedClient,
): CallTraits | undefined {
  const { cost, priority: own } = call.overrides;
  const said = own ?? (typeof general === 'function' ? general(call) : general);
  const priority = answerOf('priority', 'priority', said);
  return priority === undefined && cost === undefined ? undefined : { priority, cost };
}

/** The headers for every attempt, with the call's priority if that is wanted: its own, or the one that it inherits. */
export function withPriority(
  { headers }: Rated,
  options: ResolvedClient,
  traits: CallTraits | undefined,
): HeadersSource | null | undefined {
  const name = options.headers?.priority;
  if (name === undefined) return headers;
  const priority = traits?.priority ?? inheritedHere()?.priority;
  // The caller may have set another one.
  if (priority === undefined || readHeader(headers, name) !== undefined) return headers;
  return withHeader(headers, name, priority) as HeadersSource;
}
