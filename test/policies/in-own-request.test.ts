import { describe, expect, it } from 'vitest';
import { inOwnRequest } from '../../src/policies/in-own-request.js';
import { VirtualClock } from '../../src/testing/index.js';

function waiting() {
  const clock = new VirtualClock();
  const place = { queued: true };
  const answers: string[] = [];
  let served = 0;
  const { tell, hear } = inOwnRequest(
    clock,
    place,
    (value: string) => answers.push(value),
    () => served++,
  );
  return { clock, place, answers, tell, hear, served: () => served };
}

describe('a waiter that only its own request may wake', () => {
  it('is not woken by the one that answers it, but by its own timer, once', async () => {
    const { clock, place, answers, tell } = waiting();
    await clock.advance(25);
    place.queued = false;
    tell('a slot');
    expect(answers).toEqual([]);
    await clock.advance(10);
    expect(answers).toEqual(['a slot']);
    await clock.advance(1_000);
    expect(answers).toEqual(['a slot']);
  });

  it('hears at once, and no second time, where its own request asks', async () => {
    const { clock, place, answers, tell, hear } = waiting();
    hear();
    place.queued = false;
    tell('a slot');
    hear();
    expect(answers).toEqual(['a slot']);
    await clock.advance(1_000);
    expect(answers).toEqual(['a slot']);
  });

  it('has those served whose turn has come', async () => {
    const { clock, served } = waiting();
    await clock.advance(35);
    expect(served()).toBe(3);
  });

  it('looks no longer once it gave up', async () => {
    const { clock, place, answers, served } = waiting();
    place.queued = false;
    await clock.advance(1_000);
    expect(answers).toEqual([]);
    expect(served()).toBe(0);
  });
});
