import { type AdaptiveLimiterOptions, adaptiveLimiter } from 'holdfast';
import type { Rig } from '../../support/rig.js';

/** A limiter that stays at this limit, and has a queue only where that is said. */
export const fixedAt =
  (algorithm: 'brake' | 'gradient') =>
  (limit: number, options: AdaptiveLimiterOptions = {}) =>
    adaptiveLimiter({
      algorithm,
      initialLimit: limit,
      minLimit: limit,
      maxLimit: limit,
      maxQueued: 0,
      ...options,
    });

/** What is shown of a limiter that nobody uses. */
export const idle = (limit: number) => ({
  limit,
  inFlight: 0,
  queued: 0,
  kept: 0,
  unloadedMs: undefined,
});

/** Makes so many calls, as many at a time as the limit allows; each takes this long, or fails, as `end` says. */
export async function calls(
  { clock, pipeline }: Pick<Rig, 'clock' | 'pipeline'>,
  policy: ReturnType<typeof adaptiveLimiter>,
  count: number,
  ms: number,
  end: () => unknown = () => 'good',
): Promise<void> {
  for (let made = 0; made < count; ) {
    const batch = Array.from({ length: policy.snapshot().limit }, () =>
      pipeline.settle(
        () =>
          new Promise((resolve, reject) => {
            clock.setTimer(() => {
              try {
                resolve(end());
              } catch (error) {
                reject(error);
              }
            }, ms);
          }),
      ),
    );
    made += batch.length;
    await clock.runAll();
    await Promise.all(batch);
  }
}
