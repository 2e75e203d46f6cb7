import { adaptiveLimiter, pipeline } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { expect, it } from 'vitest';

/** A brake lets go after half a minute. A service that waits for its first call is looked at by its metrics all the time. */
it.each([
  ['with looks', true],
  ['without', false],
])(
  'L2: an initial limit is in force for the first calls, however late they come, %s',
  async (_, looks) => {
    const clock = new VirtualClock();
    const limiter = adaptiveLimiter({ initialLimit: 5, maxQueued: 0 });
    const calls = pipeline({ name: 'calls', clock, telemetry: false }, limiter);
    for (let second = 0; second < 120; second++) {
      await clock.advance('1s');
      if (!looks) continue;
      limiter.measure(clock.now());
      limiter.snapshot();
      limiter.busy();
    }
    const settled = Array.from({ length: 20 }, () => calls.settle(() => new Promise(() => {})));
    expect(limiter.snapshot()).toMatchObject({ inFlight: 5, limit: 5 });
    expect(await settled[19]).toMatchObject({ reason: { code: 'ERR_LIMIT_EXCEEDED' } });
    // From then on, looks let go as calls do.
    await clock.advance('31s');
    expect(limiter.snapshot().limit).toBe(10_000);
  },
);
