import { ConsecutiveBreaker } from 'cockatiel';
import { expect, it } from 'vitest';
import { circuitBreaker } from '../../src/index.js';

/** With a breaker of cockatiel's, contradictory open times were cut silently. */
it('B5: maxOpenFor below openFor is refused beside breaker too', () => {
  const breaker = new ConsecutiveBreaker(3);
  expect(() => circuitBreaker({ breaker, openFor: '10s', maxOpenFor: '5s' })).toThrow(
    /circuitBreaker\.maxOpenFor: must not be below openFor \(10 s\)/,
  );
});
