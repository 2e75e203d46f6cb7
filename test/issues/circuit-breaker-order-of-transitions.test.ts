import { expect, it } from 'vitest';
import { circuitBreaker, pipeline } from '../../src/index.js';
import { VirtualClock } from '../../src/testing/index.js';

/** When one listener moved the breaker, those after it heard of the later transition first: a dashboard showed the wrong state. */
it('G11: every listener hears of transitions in the order in which they happened', () => {
  const clock = new VirtualClock();
  const breaker = circuitBreaker();
  const one = pipeline({ name: 'one', clock }, breaker);
  const two = pipeline({ name: 'two', clock }, breaker);
  const heard: string[] = [];
  one.on('transition', ({ to }) => {
    if (to === 'open') breaker.reset();
  });
  for (const calls of [one, two]) {
    calls.on('transition', ({ pipeline: name, to }) => heard.push(`${name}: ${to}`));
  }
  breaker.trip();
  expect(heard).toEqual(['one: open', 'two: open', 'one: closed', 'two: closed']);
});
