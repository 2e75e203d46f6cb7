import { VirtualClock } from 'holdfast/testing';
import { expect, it } from 'vitest';
import { TimeSource } from '../../src/time/time-source.js';

/** A listener that threw left the queue as if it were still firing: no deadline of that duration passed ever again. */
it('a deadline listener that throws does not stop the queue', async () => {
  const clock = new VirtualClock();
  const queue = new TimeSource(clock).deadlines(100);
  const passed: string[] = [];
  const bad = {
    onDeadline() {
      throw new Error('no');
    },
  };
  const good = { onDeadline: (owner: string) => void passed.push(owner) };
  queue.add(bad, 'bad', 0);
  queue.add(good, 'same time', 0);
  await expect(clock.advance(100)).rejects.toThrow('no');
  await clock.advance(0);
  expect(passed).toEqual(['same time']);
  queue.add(good, 'later', 0);
  await clock.advance(100);
  expect(passed).toEqual(['same time', 'later']);
  expect(clock.pending).toBe(0);
});
