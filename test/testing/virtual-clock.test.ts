import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { VirtualClock } from '../../src/testing/virtual-clock.js';
import { TimerHeap, type VirtualTimer } from '../../src/time/timer-heap.js';

/** A promise that is fulfilled after `ms` of the clock's time. */
function sleep(clock: VirtualClock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimer(resolve, ms);
  });
}

describe('VirtualClock', () => {
  it('starts at 0, at a fixed moment of history, and stands still', async () => {
    const clock = new VirtualClock();
    expect(clock.now()).toBe(0);
    expect(clock.wallNow()).toBe(Date.UTC(2024, 0, 1));
    await new Promise((resolve) => setTimeout(resolve, 2));
    expect(clock.now()).toBe(0);
    expect(clock.pending).toBe(0);
    expect(clock.nextDue).toBeUndefined();
  });

  it('starts where it is told to', async () => {
    const clock = new VirtualClock({ start: 500, wallStart: 1_000_000 });
    expect([clock.now(), clock.wallNow()]).toEqual([500, 1_000_000]);
    await clock.advance(250);
    expect([clock.now(), clock.wallNow()]).toEqual([750, 1_000_250]);
  });

  it('moves by milliseconds or durations, and to a moment', async () => {
    const clock = new VirtualClock();
    await clock.advance(5);
    await clock.advance('1.5s');
    await clock.advance('2m');
    expect(clock.now()).toBe(121_505);
    await clock.advanceTo(200_000);
    await clock.advanceTo(200_000);
    expect(clock.now()).toBe(200_000);
  });

  it('fires timers when they are due and not before, at their own time', async () => {
    const clock = new VirtualClock();
    const times: number[] = [];
    clock.setTimer(() => times.push(clock.now()), 100);
    expect(clock.nextDue).toBe(100);
    await clock.advance(99.9);
    expect(times).toEqual([]);
    await clock.advance(0.1);
    expect(times).toEqual([100]);
    clock.setTimer(() => times.push(clock.now()), 50);
    await clock.advance(1_000);
    expect(times).toEqual([100, 150]);
    expect(clock.now()).toBe(1_100);
  });

  it('fires in order of time, and of setting among those due together', async () => {
    const clock = new VirtualClock();
    const order: string[] = [];
    clock.setTimer(() => order.push('c'), 20);
    clock.setTimer(() => order.push('a'), 10);
    clock.setTimer(() => order.push('d'), 20);
    clock.setTimer(() => order.push('b'), 10);
    await clock.advance(20);
    expect(order.join('')).toBe('abcd');
  });

  it('fires timers set during the advance that fall within it', async () => {
    const clock = new VirtualClock();
    const times: number[] = [];
    const tick = () => {
      times.push(clock.now());
      clock.setTimer(tick, 10);
    };
    clock.setTimer(tick, 10);
    await clock.advance(35);
    expect(times).toEqual([10, 20, 30]);
    expect(clock.pending).toBe(1);
  });

  it('treats a delay of zero or less as due now, after what is due already', async () => {
    const clock = new VirtualClock();
    const order: string[] = [];
    clock.setTimer(() => order.push('now'), 0);
    clock.setTimer(() => order.push('past'), -100);
    expect(order).toEqual([]);
    await clock.advance(0);
    expect(order).toEqual(['now', 'past']);
    expect(clock.now()).toBe(0);
  });

  it('lets what was started before reach its timers before time passes', async () => {
    const clock = new VirtualClock();
    const done = vi.fn();
    (async () => {
      for (let i = 0; i < 50; i++) await null;
      await sleep(clock, 100);
      done();
    })();
    await clock.advance(100);
    expect(done).toHaveBeenCalledTimes(1);
  });

  it('lets promises continue between two timers', async () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    const work = async (name: string, ms: number) => {
      await sleep(clock, ms);
      for (let i = 0; i < 20; i++) await null;
      log.push(`${name}@${clock.now()}`);
      await sleep(clock, 5);
      log.push(`${name}@${clock.now()}`);
    };
    void work('a', 10);
    void work('b', 11);
    await clock.advance(100);
    expect(log).toEqual(['a@10', 'b@11', 'a@15', 'b@16']);
  });

  it('lets chains of promises finish, however long, as long as they use the clock', async () => {
    const clock = new VirtualClock();
    let finished = 0;
    void (async () => {
      for (let i = 0; i < 50; i++) {
        for (let j = 0; j < 100; j++) await null;
        clock.now();
      }
      clock.setTimer(() => {
        finished = clock.now();
      }, 7);
    })();
    await clock.advance(7);
    expect(finished).toBe(7);
  });

  it('settles in the way it is given', async () => {
    const settle = () => new Promise((resolve) => setImmediate(resolve));
    const clock = new VirtualClock({ settle });
    const done = vi.fn();
    void (async () => {
      for (let i = 0; i < 20_000; i++) await null;
      await new Promise<void>((resolve) => process.nextTick(resolve));
      await sleep(clock, 10);
      done();
    })();
    await clock.advance(10);
    expect(done).toHaveBeenCalledTimes(1);
  });

  it('keeps a promise that rejects meanwhile from being reported as unhandled', async () => {
    const reported = vi.fn();
    process.on('unhandledRejection', reported);
    try {
      const clock = new VirtualClock();
      const failing = sleep(clock, 10).then(() => Promise.reject(new Error('late')));
      await clock.advance(60_000);
      await expect(failing).rejects.toThrow('late');
      await new Promise((resolve) => setImmediate(resolve));
      expect(reported).not.toHaveBeenCalled();
    } finally {
      process.off('unhandledRejection', reported);
    }
  });

  it('forgets cleared timers, at once', async () => {
    const clock = new VirtualClock();
    const fired = vi.fn();
    const handles = [30, 10, 20].map((ms) => clock.setTimer(fired, ms));
    expect(clock.pending).toBe(3);
    clock.clearTimer(handles[1]);
    clock.clearTimer(handles[1]);
    expect(clock.pending).toBe(2);
    expect(clock.nextDue).toBe(20);
    await clock.advance(100);
    expect(fired).toHaveBeenCalledTimes(2);
    for (const handle of handles) clock.clearTimer(handle);
    expect(clock.pending).toBe(0);
  });

  it('clears a timer that is due at the same time, from the one before it', async () => {
    const clock = new VirtualClock();
    const fired = vi.fn();
    clock.setTimer(() => clock.clearTimer(second), 10);
    const second = clock.setTimer(fired, 10);
    await clock.advance(10);
    expect(fired).not.toHaveBeenCalled();
  });

  it('ignores handles that are not its own', () => {
    const clock = new VirtualClock();
    clock.setTimer(() => {}, 10);
    const foreign = new VirtualClock().setTimer(() => {}, 10);
    for (const handle of [undefined, null, 5, 'x', {}, foreign]) clock.clearTimer(handle);
    expect(clock.pending).toBe(1);
  });

  it('flush lets promises continue and no time pass', async () => {
    const clock = new VirtualClock();
    const fired = vi.fn();
    const continued = vi.fn();
    clock.setTimer(fired, 0);
    void Promise.resolve().then(continued);
    await clock.flush();
    expect(continued).toHaveBeenCalledTimes(1);
    expect(fired).not.toHaveBeenCalled();
    expect(clock.now()).toBe(0);
  });

  it('runAll goes on until no timer is left but the endless ones', async () => {
    const clock = new VirtualClock();
    let left = 5;
    const again = () => {
      if (--left > 0) clock.setTimer(again, 1_000);
    };
    clock.setTimer(again, 1_000);
    clock.setTimer(() => {}, Number.POSITIVE_INFINITY);
    await clock.runAll();
    expect(left).toBe(0);
    expect(clock.now()).toBe(5_000);
    expect(clock.pending).toBe(1);
  });

  it('runUntil lets as much time pass as a promise needs, and answers what it does', async () => {
    const clock = new VirtualClock();
    clock.setTimer(() => {}, 5_000);
    await expect(clock.runUntil(sleep(clock, 700).then(() => 'done'))).resolves.toBe('done');
    expect(clock.now()).toBe(700);
    const failing = sleep(clock, 50).then(() => Promise.reject(new Error('no')));
    await expect(clock.runUntil(failing)).rejects.toThrow('no');
    expect(clock.now()).toBe(750);
    await expect(clock.runUntil(Promise.resolve(3))).resolves.toBe(3);
    expect(clock.now()).toBe(750);
  });

  it('runUntil says when the promise can never settle', async () => {
    const clock = new VirtualClock();
    clock.setTimer(() => {}, 100);
    await expect(clock.runUntil(new Promise(() => {}))).rejects.toThrow(/still pending/);
    expect(clock.now()).toBe(100);
  });

  it('G13: jumpWall steps the wall clock alone', async () => {
    const clock = new VirtualClock({ wallStart: 1_000_000 });
    const fired = vi.fn();
    clock.setTimer(fired, 100);
    clock.jumpWall(3_600_000);
    expect(clock.wallNow()).toBe(4_600_000);
    expect(clock.now()).toBe(0);
    await clock.advance(99);
    clock.jumpWall(-7_200_000);
    expect(fired).not.toHaveBeenCalled();
    await clock.advance(1);
    expect(fired).toHaveBeenCalledTimes(1);
    expect(clock.wallNow()).toBe(-2_599_900);
  });

  describe('misuse is told', () => {
    it('time cannot go back', async () => {
      const clock = new VirtualClock();
      await clock.advance(100);
      await expect(clock.advance(-1)).rejects.toThrow(/cannot go back.*jumpWall/);
      await expect(clock.advanceTo(99)).rejects.toThrow(/cannot go back.*when it is 100/);
      expect(clock.now()).toBe(100);
    });

    it.each([Number.NaN, Number.POSITIVE_INFINITY, '5', '5 s', null])(
      'advance(%s) is no duration',
      async (by) => {
        const clock = new VirtualClock();
        await expect(clock.advance(by as number)).rejects.toThrow(
          /^advance: must be a duration.*\(got /,
        );
        await clock.advance(1);
      },
    );

    it.each([['x'], [Number.NaN], [null]])('%j is no options of a clock', (options) => {
      expect(() => new VirtualClock(options as never)).toThrow(
        /^VirtualClock: must be an object with options.*\(got /,
      );
    });

    it('moments and steps must be finite', async () => {
      const clock = new VirtualClock();
      await expect(clock.advanceTo(Number.NaN)).rejects.toThrow(RangeError);
      expect(() => clock.jumpWall(Number.NaN)).toThrow(RangeError);
      expect(() => new VirtualClock({ start: Number.NaN })).toThrow(/start must be/);
      expect(() => new VirtualClock({ wallStart: Number.POSITIVE_INFINITY })).toThrow(/wallStart/);
    });

    it('timers need a function and a delay', () => {
      const clock = new VirtualClock();
      expect(() => clock.setTimer(undefined as never, 5)).toThrow(/needs a function/);
      expect(() => clock.setTimer(() => {}, Number.NaN)).toThrow(/needs a delay/);
      expect(() => clock.setTimer(() => {}, '5s' as never)).toThrow(/needs a delay/);
    });

    it('advancing while advancing', async () => {
      const clock = new VirtualClock();
      const first = clock.advance(100);
      await expect(clock.runAll()).rejects.toThrow('runAll: the clock is already in advance()');
      await first;
      let inner: Promise<void> | undefined;
      clock.setTimer(() => {
        inner = clock.advance(5);
        inner.catch(() => {});
      }, 1);
      await clock.advance(1);
      await expect(inner).rejects.toThrow(/already in advance/);
      await clock.advance(1);
      expect(clock.now()).toBe(102);
    });

    it('a callback that throws: time stands at it, and the clock can be used again', async () => {
      const clock = new VirtualClock();
      const later = vi.fn();
      clock.setTimer(() => {
        throw new Error('in a timer');
      }, 10);
      clock.setTimer(later, 20);
      await expect(clock.advance(100)).rejects.toThrow('in a timer');
      expect(clock.now()).toBe(10);
      expect(clock.pending).toBe(1);
      await clock.advance(10);
      expect(later).toHaveBeenCalledTimes(1);
    });

    it('timers set again and again without time passing', async () => {
      const clock = new VirtualClock({ settle: async () => {} });
      const again = () => {
        clock.setTimer(again, 0);
      };
      clock.setTimer(again, 5);
      await expect(clock.advance(10)).rejects.toThrow(/again and again.*at 5 ms/);
    });

    it('but many timers at many moments are fine', async () => {
      const clock = new VirtualClock({ settle: async () => {} });
      for (let i = 0; i < 15_000; i++) clock.setTimer(() => {}, i);
      await clock.advance(20_000);
      expect(clock.pending).toBe(0);
    });

    it('runAll with a timer that is always set anew', async () => {
      const clock = new VirtualClock({ settle: async () => {}, maxTimers: 1_000 });
      const again = () => {
        clock.setTimer(again, 1);
      };
      clock.setTimer(again, 1);
      await expect(clock.runAll()).rejects.toThrow(/again and again/);
      expect(clock.now()).toBe(1_000);
    });
  });

  it('fires any set of timers exactly once each, in order, whatever is cleared meanwhile', async () => {
    const timer = fc.record({
      delay: fc.nat({ max: 50 }),
      clears: fc.option(fc.nat({ max: 60 }), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(timer, { maxLength: 60, size: 'max' }),
        fc.nat({ max: 60 }),
        async (timers, end) => {
          const clock = new VirtualClock({ settle: async () => {} });
          const fired: number[] = [];
          const handles: unknown[] = [];
          const gone = new Set<number>();
          timers.forEach(({ delay, clears }, i) => {
            handles.push(
              clock.setTimer(() => {
                fired.push(i);
                expect(clock.now()).toBe(delay);
                if (clears === undefined) return;
                clock.clearTimer(handles[clears]);
                if (clears < timers.length && !fired.includes(clears)) gone.add(clears);
              }, delay),
            );
          });
          await clock.advance(end);
          const expected = timers
            .map(({ delay }, i) => ({ delay, i }))
            .filter(({ delay, i }) => delay <= end && !gone.has(i))
            .sort((a, b) => a.delay - b.delay || a.i - b.i)
            .map(({ i }) => i);
          expect(fired).toEqual(expected);
          expect(clock.pending).toBe(timers.length - fired.length - gone.size);
          expect(clock.now()).toBe(end);
        },
      ),
    );
  });
});

describe('TimerHeap', () => {
  it('has the first timer in front after any adding and taking out', () => {
    const act = fc.oneof(
      { weight: 2, arbitrary: fc.record({ add: fc.nat({ max: 200 }) }) },
      { weight: 1, arbitrary: fc.record({ take: fc.nat({ max: 100 }) }) },
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 200, size: 'max' }), (acts) => {
        const heap = new TimerHeap();
        const held: VirtualTimer[] = [];
        acts.forEach((next, order) => {
          if ('add' in next) {
            const timer = { dueMs: next.add, order, callback: () => {}, place: -1 };
            heap.add(timer);
            held.push(timer);
          } else if (held.length > 0) {
            const [timer] = held.splice(next.take % held.length, 1) as [VirtualTimer];
            expect(heap.has(timer)).toBe(true);
            heap.remove(timer);
            expect(heap.has(timer)).toBe(false);
          }
          held.sort((a, b) => a.dueMs - b.dueMs || a.order - b.order);
          expect(heap.first).toBe(held[0]);
          expect(heap.size).toBe(held.length);
        });
        for (const timer of held) {
          expect(heap.first).toBe(timer);
          heap.remove(timer);
        }
      }),
    );
  });
});
