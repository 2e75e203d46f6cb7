import { circuitBreaker, pipeline, retry, timeout } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';

/**
 * A probe failed after `openFor`, so an upstream that takes longer than that for its answers was never found to be back: 33 of
 * the 600 calls after an outage were served.
 */
describe('B6: an upstream that takes 6 s', () => {
  it.each(['refuses', 'hangs'] as const)('is served again after it %s for 30 s', async (how) => {
    const clock = new VirtualClock();
    const attempt = timeout({ duration: '10s', name: 'attempt' });
    const calls = pipeline(
      { name: 'calls', clock },
      timeout('30s'),
      retry(),
      circuitBreaker(),
      attempt,
    );
    const [downFrom, downUntil] = [60_000, 90_000];
    const isDown = () => clock.now() >= downFrom && clock.now() < downUntil;
    const later: Promise<PromiseSettledResult<unknown>>[] = [];
    for (let second = 0; second < 690; second++) {
      const call = calls.settle(
        () =>
          new Promise((resolve, reject) => {
            if (!isDown()) clock.setTimer(() => resolve('ok'), 6_000);
            else if (how === 'refuses') reject(new Error('ECONNREFUSED'));
          }),
      );
      if (second >= 90) later.push(call);
      await clock.advance('1s');
    }
    await clock.advance('1m');
    const served = (await Promise.all(later)).filter(({ status }) => status === 'fulfilled');
    expect(later).toHaveLength(600);
    expect(served.length).toBeGreaterThanOrEqual(590);
  });
});
