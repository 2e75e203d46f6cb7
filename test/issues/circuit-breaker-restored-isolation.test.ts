import { expect, it } from 'vitest';
import { circuitBreaker } from '../../src/index.js';
import { harness } from '../policies/circuit-breaker/support.js';

const isolated = () => {
  const { breaker } = harness();
  breaker.isolate();
  return breaker.snapshot();
};

/** The holder of an isolation does not survive a restart, so nobody but `reset()` could let go of a restored one. */
it('B9: a restored isolation is taken over by the next handle, and released with it', () => {
  const { breaker } = harness({ initialState: isolated() });
  const [one, two] = [breaker.isolate(), breaker.isolate()];
  one.release();
  expect(breaker.state).toBe('isolated');
  two.release();
  expect(breaker.state).toBe('closed');
});

/** A restored state was put in place when the breaker joined a pipeline, over what had been done by hand before. */
it('B9: what is done by hand before the breaker joins a pipeline is not undone by its initial state', () => {
  const breaker = circuitBreaker({ initialState: isolated() });
  breaker.reset();
  expect(breaker.state).toBe('closed');
});
