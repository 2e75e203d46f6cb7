import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/time/clock.js';
import type { Waiting } from '../../src/time/deadline-batch.js';
import { DeadlineBatch } from '../../src/time/deadline-batch.js';
import { timeSourceOf } from '../../src/time/time-source.js';

class Entry implements Waiting {
  waitsIn: DeadlineBatch | undefined = undefined;
  waitsAt = 0;
  readonly id: number;

  constructor(id: number) {
    this.id = id;
  }

  expire(): void {}
}

/** A batch, and how often it has said that it is empty. */
function newBatch() {
  const told = { emptied: 0 };
  const batch = new DeadlineBatch({
    emptied: (which) => {
      expect(which).toBe(batch);
      told.emptied++;
    },
  });
  return { batch, told };
}

type Step =
  | { readonly do: 'add' }
  | { readonly do: 'shift' }
  | { readonly do: 'stamp' }
  | { readonly do: 'remove'; readonly which: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Step>({ do: 'add' }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('remove' as const), which: fc.nat(300) }) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'shift' }) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'stamp' }) },
);
const steps = fc.array(step, { maxLength: 400, size: 'max' });

describe('a batch of deadlines', () => {
  it('does what a list would do', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const { batch, told } = newBatch();
        let list: Entry[] = [];
        let next = 0;
        for (const step of all) {
          const before = told.emptied;
          const had = list.length;
          const isStamped = batch.at !== -1;
          if (step.do === 'add') {
            const entry = new Entry(next++);
            list.push(entry);
            batch.add(entry);
          } else if (step.do === 'shift') {
            expect(batch.shift()).toBe(list.shift());
          } else if (step.do === 'stamp') {
            if (had > 0) batch.stamp(5);
          } else {
            const entry = list[step.which % Math.max(1, had)];
            if (entry === undefined) continue;
            list = list.filter((each) => each !== entry);
            batch.remove(entry);
            expect(entry.waitsIn).toBe(undefined);
          }
          expect(batch.empty).toBe(list.length === 0);
          const inPlace = (entry: Entry) =>
            entry.waitsIn === batch && batch.entries[entry.waitsAt] === entry;
          expect(list.every(inPlace)).toBe(true);
          // The queue has to hear of it where the batch is in a list, which is once it has its stamp.
          if (isStamped && had > 0 && list.length === 0) expect(told.emptied).toBe(before + 1);
        }
        const left: unknown[] = [];
        for (let entry = batch.shift(); entry !== undefined; entry = batch.shift())
          left.push(entry);
        expect(left).toEqual(list);
      }),
      { numRuns: 150 },
    );
  });

  it('keeps nothing of what was taken back, and little room for it', () => {
    for (const isStamped of [false, true]) {
      const { batch } = newBatch();
      const all = Array.from({ length: 5_000 }, (_, i) => new Entry(i));
      for (const entry of all) batch.add(entry);
      if (isStamped) batch.stamp(1);
      for (const entry of all.slice(0, 4_990)) batch.remove(entry);
      expect(batch.entries.filter((entry) => entry !== undefined)).toEqual(all.slice(4_990));
      expect(batch.entries.length).toBeLessThan(100);
    }
  });

  it('takes no more room for calls that overlap than for those that wait', () => {
    const { batch } = newBatch();
    const waiting: Entry[] = [];
    for (let i = 0; i < 20_000; i++) {
      const entry = new Entry(i);
      waiting.push(entry);
      batch.add(entry);
      if (waiting.length > 50) batch.remove(waiting.shift() as Entry);
    }
    expect(batch.entries.length).toBeLessThan(300);
  });

  it('T3: is shared by short deadlines that are set at about the same time, none of which is early', () => {
    const source = timeSourceOf(systemClock);
    const queue = source.deadlines(500);
    const all = Array.from({ length: 2_000 }, () => {
      const before = systemClock.now();
      const deadline = queue.add({ onDeadline() {} }, 1, 0);
      return { deadline, before, after: systemClock.now() };
    });
    for (const { deadline, before, after } of all) {
      const at = queue.timeOf(deadline);
      expect(at).toBeGreaterThanOrEqual(before + 500);
      expect(at).toBeLessThanOrEqual(after + 500.125);
    }
    expect(new Set(all.map(({ deadline }) => deadline.waitsIn)).size).toBeLessThan(2_000);
    for (const { deadline } of all) queue.remove(deadline);
    expect(queue.empty).toBe(true);
  });
});
