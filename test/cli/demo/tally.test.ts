import { describe, expect, it } from 'vitest';
import { lastSecond, sumSlices, Tally } from '../../../src/cli/demo/tally.js';

describe('Tally', () => {
  it('counts each call once, by how it ended', () => {
    const tally = new Tally();
    const [one, two, three] = [tally.begin(0), tally.begin(10), tally.begin(20)];
    expect(tally).toMatchObject({ calls: 3, waiting: 3 });
    tally.end(one, 'answered', 30);
    tally.end(two, 'failed', 1_010);
    expect(tally).toMatchObject({ calls: 3, answered: 1, failed: 1, waiting: 1 });
    tally.close();
    tally.end(three, 'answered', 2_000);
    tally.send(2_000);
    tally.seeQueue(7, 2_000);
    expect(tally).toMatchObject({ answered: 1, failed: 1, waiting: 1, sent: 0, maxQueued: 0 });
  });

  it('knows of an answer when it came, and when its call was made', () => {
    const tally = new Tally();
    tally.end(tally.begin(150), 'answered', 820);
    expect(tally.slices[1]).toMatchObject({ answered: 0, served: 1 });
    expect(tally.slices[8]).toMatchObject({ answered: 1, served: 0 });
  });

  it('counts requests by when they left', () => {
    const tally = new Tally();
    for (const ms of [0, 99, 100, 250]) tally.send(ms);
    expect(tally.sent).toBe(4);
    expect(tally.slices.map(({ sent }) => sent)).toEqual([2, 1, 1]);
  });

  it('keeps the length of the queue until it is seen again', () => {
    const tally = new Tally();
    tally.seeQueue(5, 0);
    tally.seeQueue(9, 50);
    tally.seeQueue(2, 120);
    tally.send(350);
    expect(tally.slices.map(({ queued }) => queued)).toEqual([9, 2, 2, 2]);
    expect(tally).toMatchObject({ queued: 2, maxQueued: 9 });
  });
});

describe('sums of slices', () => {
  const tally = new Tally();
  for (let ms = 0; ms < 3_000; ms += 50) {
    tally.send(ms);
    tally.end(tally.begin(ms), 'answered', ms);
  }

  it('are of the slices that begin in the time', () => {
    expect(sumSlices(tally.slices, 0, 3_000)).toMatchObject({ sent: 60, answered: 60, served: 60 });
    expect(sumSlices(tally.slices, 500, 700).sent).toBe(4);
    expect(sumSlices(tally.slices, 510, 700).sent).toBe(2);
    expect(sumSlices(tally.slices, 2_900, 9_000).sent).toBe(2);
    expect(sumSlices(tally.slices, 9_000, 9_900).sent).toBe(0);
  });

  it('of the last second are of whole slices', () => {
    expect(lastSecond(tally.slices, 2_090).sent).toBe(20);
    expect(lastSecond(tally.slices, 300).sent).toBe(6);
    expect(lastSecond(tally.slices, 0).sent).toBe(0);
  });
});
