import { pipeline, retry, retryBudget } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { expect, it } from 'vitest';

/** Not a bug that was: nothing proved that the retry stops there. */
it.each(['backoff', 'delayFrom'] as const)(
  'R9: an abort by %s reports no retry, and takes none from the budget',
  async (option) => {
    const clock = new VirtualClock();
    const caller = new AbortController();
    const abort = () => {
      caller.abort('enough');
      return 5;
    };
    const budget = retryBudget();
    const calls = pipeline({ name: 'calls', clock }, retry({ budget, [option]: abort }));
    const events: string[] = [];
    calls.on((event) => events.push(event.type));
    const result = calls.settle(() => Promise.reject(new Error('down')), { signal: caller.signal });
    expect(await result).toEqual({ status: 'rejected', reason: 'enough' });
    await clock.advance(100);
    expect(events).toEqual(['attempt', 'call']);
    // What the call has earned, and the reserve.
    expect(budget.balance(clock.now())).toBe(1 + 3);
    expect(clock.pending).toBe(0);
  },
);
