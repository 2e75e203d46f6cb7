import { circuitBreaker, type Policy, pipeline, retry, timeout } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import { gate } from '../pipeline/support/layers.js';

/** Names that programs without types give to what they put on a context. The engine kept something of its own under some of them. */
const NAMES = ['state', 'batch', 'place', 'slot', 'stamp', 'data', 'user', 'job', 'id', 'first'];

describe('what an operation puts on its context', () => {
  it.each<[string, Policy<unknown>[]]>([
    ['on the straight path', []],
    ['in the full engine', [gate({})]],
  ])('G2: is a property like any other, %s', async (_, own) => {
    const clock = new VirtualClock();
    const policies = [timeout('5s'), retry(), circuitBreaker(), timeout('1s')];
    const calls = pipeline({ name: 'calls', clock }, ...policies, ...own);
    for (const name of NAMES) {
      const call = calls.execute(async (context) => {
        Object.assign(context, { [name]: [name] });
        return Object.keys(context);
      });
      expect(await call).toContain(name);
    }
    expect(calls.inFlight).toBe(0);
    expect(clock.pending).toBe(0);
    await clock.advance('10s');
  });
});
