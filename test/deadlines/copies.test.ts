import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Pair, pairs } from '../copies/support/pairs.js';

describe.each(pairs)('G18: two copies: %s', (_name, load) => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await load();
  }, 180_000);
  afterAll(() => pair.remove());

  it('G18, D1: a deadline set by one copy bounds the pipelines of the other, whichever was first', async () => {
    const { one, other } = pair;
    for (const [within, through] of [
      [one, other],
      [other, one],
    ] as const) {
      const { VirtualClock } = through.testing;
      const clock = new VirtualClock();
      const calls = through.core.pipeline({ name: 'calls', clock }, through.core.retry());
      let left = 0;
      const call = within.core.runWithin({ timeout: 40, priority: 'low', clock }, () =>
        calls.settle(({ timeLeft, signal }) => {
          left = timeLeft;
          return new Promise((_, reject) =>
            signal.addEventListener('abort', () => reject(signal.reason)),
          );
        }),
      );
      expect(left).toBe(40);
      await clock.advance(40);
      const settled = await call;
      expect(settled).toMatchObject({ reason: { policy: 'inherited_deadline' } });
      const reason = settled.status === 'rejected' ? settled.reason : undefined;
      expect(reason).toBeInstanceOf(through.core.TimeoutError);
      within.core.runWithin({ timeout: 40, clock }, () => {
        expect(through.core.timeLeft()).toBe(40);
        through.core.detached(() => expect(within.core.timeLeft()).toBe(Infinity));
      });
    }
  });
});
