import { shared } from '../../copies.js';

let counter: { last: number } | undefined;

/** The next number for a call: small, ascending, and unique in the process, across all copies of this package. */
export function nextCallId(): number {
  counter ??= shared('callIds', () => ({ last: 0 }));
  return ++counter.last;
}
