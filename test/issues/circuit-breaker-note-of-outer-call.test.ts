import { expect, it } from 'vitest';
import { failure } from '../../src/pipeline/outcome/outcome.js';
import { DOWN, gateCall, harness } from '../policies/circuit-breaker/support.js';

/** A call made by a predicate took the place of the call being judged, in whose trace the opening was then missing. */
it('a call notes that it opened the breaker, whatever its predicate called meanwhile', async () => {
  let asks = false;
  const { breaker, calls, clock } = harness({
    consecutiveFailures: 1,
    handle: ({ kind }) => {
      if (asks) {
        asks = false;
        void calls.settle(() => 'nested');
      }
      return kind === 'failure';
    },
  });
  const call = gateCall(clock);
  expect(breaker.enter(call)).toBeUndefined();
  asks = true;
  breaker.exit(call, failure(DOWN));
  expect(breaker.state).toBe('open');
  expect(call.noted).toMatchObject([{ type: 'transition', from: 'closed', to: 'open' }]);
});
