import { fallback, pipeline, timeout } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { expect, it } from 'vitest';

/**
 * A timeout tells its listeners before it gives the call up. When one of them had ended the call, what it gave up was the pass
 * in the pool, which threw from the timer, or whatever call had taken it from there.
 */
it.each([false, true])(
  'G4, T4: a listener of timeout that aborts the call ends that call alone (and starts another: %s)',
  async (starts) => {
    const clock = new VirtualClock();
    const made = pipeline(
      { name: 'p', clock },
      timeout(10),
      fallback(() => new Promise<never>(() => {})),
    );
    const caller = new AbortController();
    const mine = new Error('mine');
    let other: Promise<unknown> | undefined;
    made.on(({ type }) => {
      if (type !== 'timeout') return;
      caller.abort(mine);
      if (!starts) return;
      other = made.execute(() => new Promise((resolve) => clock.setTimer(() => resolve('in'), 5)));
    });
    const ended = made.settle(() => Promise.reject(new Error('down')), { signal: caller.signal });
    await clock.advance(10);
    expect(await ended).toEqual({ status: 'rejected', reason: mine });
    await clock.advance(5);
    expect(await other).toBe(starts ? 'in' : undefined);
    expect(clock.pending).toBe(0);
    expect(made.snapshot().inFlight).toBe(0);
  },
);
