import { shared } from '../../copies.js';

let counter: { last: number } | undefined;

/** A number that no other call of this process has, whichever copy of this package made it: small, and in order of asking. */
export function nextCallId(): number {
  counter ??= shared('callIds', () => ({ last: 0 }));
  return ++counter.last;
}
