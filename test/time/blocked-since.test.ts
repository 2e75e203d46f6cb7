import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { systemClock } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { afterEach, expect, it, vi } from 'vitest';
import { TimeSource, timeSourceOf } from '../../src/time/time-source.js';
import { LoopClock } from './support/loop-clock.js';

afterEach(() => vi.useRealTimers());

/** Timers of this clock can be `unref`ed, as those of Node. */
class NodeClock extends LoopClock {
  unrefs = 0;

  override setTimer(callback: () => void, delayMs: number): unknown {
    const timer = super.setTimer(callback, delayMs) as object;
    return Object.assign(timer, { ref: () => {}, unref: () => this.unrefs++ });
  }
}

function source(clock: LoopClock = new NodeClock()) {
  const time = new TimeSource(clock, () => true);
  const start = clock.time;
  time.read();
  return { clock, time, start };
}

// The first test: from the first fakes on, no block of the system clock is noted.
it('O3: fake timers that were moved on and have gone have not blocked anything', async () => {
  const time = timeSourceOf(systemClock);
  const start = time.now();
  time.read();
  vi.useFakeTimers();
  await vi.advanceTimersByTimeAsync(60_000);
  time.read();
  await vi.advanceTimersByTimeAsync(60_000);
  vi.useRealTimers();
  expect(time.blockedSince(start)).toBeLessThan(1_000);
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(time.blockedSince(start)).toBeLessThan(1_000);
});

it('O1: a block shows as soon as it is over, before any timer has fired', () => {
  const { clock, time, start } = source();
  clock.block(500);
  const blocked = time.blockedSince(start);
  expect(blocked).toBeGreaterThanOrEqual(475);
  expect(blocked).toBeLessThanOrEqual(500);
  // The timer that fires late tells of the same block.
  clock.run(1);
  expect(time.blockedSince(start)).toBeCloseTo(blocked, -1);
});

it('O1: a loop that turns was not blocked, however long it takes', () => {
  const { clock, time, start } = source();
  clock.run(30_000);
  expect(time.blockedSince(start)).toBe(0);
});

it('O1: a block is known although nothing has asked for the time for long, in proportion to that', () => {
  for (const quietMs of [0, 100, 1_000, 10_000, 40_000]) {
    const { clock, time, start } = source();
    clock.run(quietMs);
    const blockedMs = Math.max(100, quietMs / 2);
    clock.block(blockedMs);
    clock.run(1);
    const blocked = time.blockedSince(start);
    expect(blocked).toBeLessThanOrEqual(blockedMs);
    expect(blocked).toBeGreaterThanOrEqual(blockedMs - 20 - 0.15 * quietMs);
  }
});

it('O1: a block shows while calls are so frequent that the source ticks', () => {
  const { clock, time, start } = source(new LoopClock());
  for (let i = 0; i < 40; i++) time.recent();
  expect(time.ticking).toBe(true);
  clock.block(300);
  expect(time.blockedSince(start)).toBeGreaterThanOrEqual(295);
  clock.run(10);
  expect(time.blockedSince(start)).toBeGreaterThanOrEqual(295);
  expect(time.blockedSince(start)).toBeLessThanOrEqual(300);
});

it('O1: a deadline that comes late tells of a block, even if no timer can be unref’ed', () => {
  const { clock, time } = source(new LoopClock());
  const start = clock.time;
  time.deadlines(100).add({ onDeadline: () => {} }, 1, 0);
  clock.block(600);
  clock.run(1);
  expect(time.blockedSince(start)).toBeGreaterThanOrEqual(500);
});

it('O3: an idle source looks less and less often, then not at all, and its timers keep nothing alive', () => {
  const { clock, time } = source();
  const node = clock as NodeClock;
  clock.run(60_000);
  const looks = node.unrefs;
  expect(looks).toBeGreaterThan(10);
  expect(looks).toBeLessThan(80);
  clock.run(60_000);
  expect(node.unrefs - looks).toBeLessThanOrEqual(1);
  expect(clock.pending).toBe(0);
  time.read();
  expect(clock.pending).toBe(1);
});

it('O3: where timers cannot be unref’ed, nobody looks', () => {
  const { clock, time } = source(new LoopClock());
  expect(clock.pending).toBe(0);
  time.read();
  expect(clock.pending).toBe(0);
});

it('O3: a virtual clock that is moved on has not blocked anything', async () => {
  const clock = new VirtualClock();
  const time = timeSourceOf(clock);
  time.read();
  time.deadlines(50).add({ onDeadline: () => {} }, 1, 0);
  await clock.advance(10_000);
  expect(time.blockedSince(0)).toBe(0);
});

it('O3: fake timers that are moved on have not blocked anything', async () => {
  const time = timeSourceOf(systemClock);
  time.read();
  vi.useFakeTimers();
  const start = time.now();
  time.read();
  time.deadlines(50).add({ onDeadline: () => {} }, 1, 0);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(time.blockedSince(start)).toBe(0);
});

it('O1, O3: a real block of the real clock shows; and a process that has nothing else to do ends at once', async () => {
  const entry = JSON.stringify(
    pathToFileURL(new URL('../../dist/index.js', import.meta.url).pathname),
  );
  const program = `
    import { pipeline, timeout } from ${entry};
    const calls = pipeline('calls', timeout(100));
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const call = calls.execute(async () => { await turn(); await new Promise((done) => setTimeout(done, 5_000).unref()); });
    await turn();
    const until = performance.now() + 700;
    while (performance.now() < until);
    const error = await call.catch((thrown) => thrown);
    console.log(JSON.stringify({ blockedMs: error.blockedMs, message: error.message, at: performance.now() }));
    process.on('exit', () => console.log(performance.now()));
  `;
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '-e',
    program,
  ]);
  const [told, ended] = stdout.trim().split('\n') as [string, string];
  const { blockedMs, message, at } = JSON.parse(told) as Record<string, never>;
  expect(blockedMs).toBeGreaterThanOrEqual(50);
  expect(blockedMs).toBeLessThanOrEqual(100);
  // One text, by which error trackers group.
  expect(message).toBe('calls: timed out after 100 ms');
  expect(Number(ended) - Number(at)).toBeLessThan(2_000);
});
