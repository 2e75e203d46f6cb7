import { resilientFetch } from 'holdfast/fetch';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';

const HELD_MS = 25_000;
const POLLERS = 200;
const ROUNDS = 4;

/** How many of all polls were refused, when each is held for 25 s and the client has these times. */
async function refusedOf(policies: {
  totalTimeout: number;
  attemptTimeout: number;
}): Promise<number> {
  const clock = new VirtualClock();
  const fetch = resilientFetch({
    clock,
    policies,
    fetch: (_url: string) =>
      new Promise<Response>((resolve) => {
        clock.setTimer(() => resolve(new Response(null, { status: 204 })), HELD_MS);
      }),
  });
  let refused = 0;
  fetch.on('rejection', () => refused++);
  const poller = async () => {
    for (let round = 0; round < ROUNDS; round++)
      await fetch('http://inbox/').catch(() => undefined);
  };
  const all = Promise.all(Array.from({ length: POLLERS }, poller));
  await clock.advance(2 * ROUNDS * HELD_MS);
  await all;
  return refused;
}

/** What docs/recipes/long-polling.md says about the time of a poll. */
describe('long polls', () => {
  it('L2: are an overload to the brake where they take more than half of their time', async () => {
    expect(
      await refusedOf({ totalTimeout: 30_000, attemptTimeout: HELD_MS + 1_000 }),
    ).toBeGreaterThan(POLLERS / 2);
  });

  it('L2: lose none where they have more than twice of it', async () => {
    expect(await refusedOf({ totalTimeout: 70_000, attemptTimeout: 35_000 })).toBe(0);
  });
});
