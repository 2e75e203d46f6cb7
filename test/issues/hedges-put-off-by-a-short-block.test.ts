import { hedge, pipeline } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { expect, it } from 'vitest';
import { timeSourceOf } from '../../src/time/time-source.js';

type Block = readonly [fromMs: number, untilMs: number];

/** When hedges start, in milliseconds after the call, if the event loop is blocked in these times. */
async function hedgesAfter(delay: number, ...blocks: Block[]): Promise<number[]> {
  const clock = new VirtualClock();
  const policy = hedge({ delay, maxExtraLoad: 1 });
  const calls = pipeline({ name: 'calls', clock }, policy);
  for (let i = 0; i < 10; i++) await calls.execute(() => i);
  const begun = clock.now();
  const starts: number[] = [];
  let answer = (): void => {};
  const call = calls.execute(() => {
    starts.push(clock.now() - begun);
    return new Promise<void>((resolve) => {
      answer = resolve;
    });
  });
  for (const [from, until] of blocks) {
    await clock.advance(begun + from - clock.now());
    // Nothing fires in a block. So the time within it may pass only as its end is told.
    timeSourceOf(clock).blocks.note(begun + from, begun + until);
  }
  await clock.advance(10_000);
  answer();
  await call;
  return starts.slice(1);
}

it.each([
  ['nothing', 1_000, [], 1_000],
  ['a short block', 1_000, [[300, 320]], 1_020],
  [
    'two blocks',
    1_000,
    [
      [100, 130],
      [900, 960],
    ],
    1_090,
  ],
  [
    'a block in the time that is waited for',
    1_000,
    [
      [500, 900],
      [1_100, 1_150],
    ],
    1_450,
  ],
  ['a block longer than the delay', 100, [[50, 350]], 400],
  [
    'five blocks, of which the four longest count',
    1_000,
    [
      [100, 200],
      [300, 400],
      [500, 600],
      [700, 800],
      [900, 920],
    ],
    1_400,
  ],
] satisfies [string, number, Block[], number][])(
  'O1: a hedge waits for what a block took of its delay, and not for the whole delay again: %s',
  async (_, delay, blocks, start) => {
    const [hedged] = await hedgesAfter(delay, ...blocks);
    expect(hedged).toBeGreaterThanOrEqual(start);
    expect(hedged).toBeLessThanOrEqual(start + 1);
  },
);
