import { createHook } from 'node:async_hooks';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/time/clock.js';
import type { DeadlineQueue } from '../../src/time/deadline-queue.js';
import { TimeSource } from '../../src/time/time-source.js';

const DURATION = 200;

const timers: NodeJS.Timeout[] = [];
const hook = createHook({
  init(_id, type, _trigger, resource) {
    if (type === 'Timeout') timers.push(resource as NodeJS.Timeout);
  },
});

/** Returns the timers that were set meanwhile. */
function setBy(use: () => void): NodeJS.Timeout[] {
  timers.length = 0;
  hook.enable();
  use();
  hook.disable();
  return [...timers];
}

const ignored = { onDeadline: () => {} };

function call(queue: DeadlineQueue): void {
  queue.remove(queue.add(ignored, queue, 0));
}

const until = (queue: DeadlineQueue): Promise<number> =>
  new Promise((resolve) => {
    queue.add({ onDeadline: () => resolve(performance.now()) }, queue, 0);
  });

afterEach(() => vi.useRealTimers());

describe('a queue of deadlines on timers of the host', () => {
  it('keeps one timer for calls that come one after another', () => {
    const queue = new TimeSource(systemClock).deadlines(60_000);
    const set = setBy(() => {
      for (let i = 0; i < 10; i++) call(queue);
    });
    expect(set).toHaveLength(1);
    queue.letGo();
  });

  it('keeps the process alive while a deadline is pending, and only then', () => {
    const queue = new TimeSource(systemClock).deadlines(60_000);
    const [timer] = setBy(() => call(queue));
    expect(timer?.hasRef()).toBe(false);
    const deadline = queue.add(ignored, queue, 0);
    expect(timer?.hasRef()).toBe(true);
    const other = queue.add(ignored, queue, 0);
    queue.remove(deadline);
    expect(timer?.hasRef()).toBe(true);
    queue.remove(other);
    expect(timer?.hasRef()).toBe(false);
    queue.letGo();
  });

  it('T3: a deadline on a kept timer is never early', async () => {
    const queue = new TimeSource(systemClock).deadlines(DURATION);
    call(queue);
    await new Promise((resolve) => setTimeout(resolve, DURATION / 2));
    const from = performance.now();
    expect((await until(queue)) - from).toBeGreaterThanOrEqual(DURATION);
    expect(setBy(() => call(queue))).toHaveLength(1);
    queue.letGo();
  });

  it('sets a new timer when the kept one fired with nothing to wait for', async () => {
    const queue = new TimeSource(systemClock).deadlines(20);
    call(queue);
    await new Promise((resolve) => setTimeout(resolve, 60));
    const from = performance.now();
    expect((await until(queue)) - from).toBeGreaterThanOrEqual(20);
  });

  it('does not leave the timers of durations that are no longer looked up', () => {
    const source = new TimeSource(systemClock);
    const set = setBy(() => {
      for (let i = 0; i < 600; i++) call(source.deadlines(100_000 + i));
    });
    expect(set).toHaveLength(600);
    const left = set.filter((timer) => !(timer as { _destroyed?: boolean })._destroyed);
    expect(left.length).toBeLessThanOrEqual(300);
    for (const timer of set) clearTimeout(timer);
  });

  it('keeps none where timers are numbers', () => {
    const armed = new Set<number>();
    let last = 0;
    const clock = {
      ...systemClock,
      setTimer: () => {
        armed.add(++last);
        return last;
      },
      clearTimer: (timer: unknown) => void armed.delete(timer as number),
    };
    const queue = new TimeSource(clock).deadlines(60_000);
    call(queue);
    call(queue);
    expect([...armed]).toEqual([]);
    expect(last).toBe(2);
  });
});
