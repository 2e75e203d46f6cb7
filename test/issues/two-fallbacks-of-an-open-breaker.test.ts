import { circuitBreaker, fallback, type Policy, pipeline, retry } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';

/** What a call gets that the open breaker inside these policies refuses. */
async function answerOf(...outer: Policy<unknown>[]): Promise<unknown> {
  const breaker = circuitBreaker();
  const calls = pipeline({ name: 'calls', clock: new VirtualClock() }, ...outer, breaker);
  breaker.trip();
  return await calls.execute(async () => 'answer');
}

describe('a call that an open breaker refuses inside two fallbacks', () => {
  it('F2: gets the answer of the inner one: for the outer one, the call has succeeded', async () => {
    expect(await answerOf(fallback('outer'), fallback('inner'))).toBe('inner');
    expect(await answerOf(fallback('outer'), retry(), fallback('inner'))).toBe('inner');
  });
});
