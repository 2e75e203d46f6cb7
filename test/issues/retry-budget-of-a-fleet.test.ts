import { pipeline, retry } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { expect, it } from 'vitest';

/**
 * The floor of a budget was ten seconds' worth, to be spent at once: 100 retries in every process. Twenty processes sent 290 requests
 * a second to an upstream that could serve 20.
 */
it('R6: what a fleet has in reserve when an outage begins is a second’s worth in each process', async () => {
  const clock = new VirtualClock();
  let asked = 0;
  const down = () => {
    asked++;
    return Promise.reject(new Error('503'));
  };
  const fleet = Array.from({ length: 20 }, (_, n) =>
    pipeline({ name: `process ${n}`, clock }, retry({ maxRetries: 20, backoff: () => 10 })),
  );
  const perSecond: number[] = [];
  for (let second = 0; second < 10; second++) {
    const before = asked;
    for (const each of fleet) void each.settle(down);
    await clock.advance('1s');
    perSecond.push(asked - before);
  }
  // Of each process, each second: the call itself, the retry that it earns, three of the floor; and at first the three in reserve.
  expect(perSecond[0]).toBeLessThanOrEqual(20 * (1 + 1 + 3 + 3));
  for (const each of perSecond.slice(1)) expect(each).toBeLessThanOrEqual(20 * (1 + 1 + 3 + 1));
  expect(asked).toBeLessThanOrEqual(20 * (10 + 10 + 30 + 3));
});
