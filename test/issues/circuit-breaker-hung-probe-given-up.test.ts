import { expect, it } from 'vitest';
import { circuitBreaker, pipeline, timeout } from '../../src/index.js';
import { VirtualClock } from '../../src/testing/index.js';

/**
 * A probe that hung until an outer timeout gave it up freed its place, however long it had taken: with one call at a time,
 * a dead upstream kept the breaker half-open for ever and every caller waited for the whole timeout.
 */
it('B6: a probe given up after probeTimeout has failed', async () => {
  const clock = new VirtualClock();
  const breaker = circuitBreaker({ probeTimeout: '5s', random: () => 0.5 });
  const calls = pipeline({ name: 'calls', clock }, timeout('10s'), breaker);
  breaker.trip();
  await clock.advance('5s');
  const hung = calls.settle(() => new Promise(() => {}));
  await clock.advance('10s');
  await hung;
  expect(breaker.state).toBe('open');
});
