import { expect, it } from 'vitest';
import type { Call, EventBody } from '../../src/index.js';
import { failure } from '../../src/pipeline/outcome.js';
import { timeSourceOf } from '../../src/time/time-source.js';
import { DOWN, harness } from '../policies/circuit-breaker/support.js';

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
  const noted: EventBody[] = [];
  const call: Call = {
    pipeline: 'calls',
    policy: 'circuit_breaker',
    time: timeSourceOf(clock),
    layer: 0,
    state: undefined,
    attempts: 1,
    deadline: Infinity,
    captureStack: false,
    listening: false,
    emit: () => {},
    note: (event) => noted.push(event),
    wouldReject: () => {},
    abandon: () => {},
  };
  expect(breaker.enter(call)).toBeUndefined();
  asks = true;
  breaker.exit(call, failure(DOWN));
  expect(breaker.state).toBe('open');
  expect(noted).toMatchObject([{ type: 'transition', from: 'closed', to: 'open' }]);
});
