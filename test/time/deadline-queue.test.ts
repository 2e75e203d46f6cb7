import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeadlineBatch, Waiting } from '../../src/time/deadline-batch.js';
import type { Deadline } from '../../src/time/deadline-queue.js';
import { TICK_MS } from '../../src/time/tick.js';
import { TimeSource } from '../../src/time/time-source.js';
import { LoopClock } from './support/loop-clock.js';

const DURATION = 1_000;

function ticked(clock: LoopClock): TimeSource {
  const source = new TimeSource(clock, () => true);
  for (let i = 0; i < 20; i++) source.recent();
  return source;
}

class Passed {
  readonly at = new Map<unknown, number>();
  readonly #clock: LoopClock;

  constructor(clock: LoopClock) {
    this.#clock = clock;
  }

  onDeadline(owner: unknown): void {
    expect(this.at.has(owner)).toBe(false);
    this.at.set(owner, this.#clock.time);
  }
}

describe.each([
  ['exact', (clock: LoopClock) => new TimeSource(clock)],
  ['ticked', ticked],
])('a queue of deadlines, %s', (_mode, sourceOf) => {
  it('T3: never early, and at most 2 ms and 1% late', () => {
    for (const earlyMs of [0, 0.9]) {
      const clock = new LoopClock();
      clock.earlyMs = earlyMs;
      const source = sourceOf(clock);
      const queue = source.deadlines(DURATION);
      const passed = new Passed(clock);
      const added = new Map<number, number>();
      for (let i = 0; i < 500; i++) {
        clock.run(0.375);
        for (let use = 0; use < 20; use++) source.recent();
        added.set(i, clock.time);
        queue.add(passed, i, 0);
      }
      for (let i = 0; i < 3_000; i++) clock.run(0.5);
      expect(passed.at.size).toBe(500);
      for (const [i, from] of added) {
        const took = (passed.at.get(i) as number) - from;
        expect(took).toBeGreaterThanOrEqual(DURATION);
        expect(took).toBeLessThanOrEqual(DURATION * 1.01 + 2);
      }
      expect(queue.empty).toBe(true);
    }
  });

  it('one timer serves any number of deadlines', () => {
    const clock = new LoopClock();
    const source = sourceOf(clock);
    const before = clock.pending;
    const queue = source.deadlines(DURATION);
    for (let i = 0; i < 10_000; i++) queue.add(new Passed(clock), i, 0);
    // Ticked, the tick's timer serves them until they are stamped.
    expect(clock.pending - before).toBeLessThanOrEqual(1);
    clock.run(2 * TICK_MS);
    expect(queue.empty).toBe(false);
    expect(clock.pending).toBe(1);
  });

  it('G8: leaves no timer once its deadlines were taken back', () => {
    const clock = new LoopClock();
    const source = sourceOf(clock);
    const queue = source.deadlines(DURATION);
    const passed = new Passed(clock);
    for (let round = 0; round < 3; round++) {
      const all = Array.from({ length: 50 }, (_, i) => queue.add(passed, i, 0));
      for (const deadline of all) queue.remove(deadline);
    }
    expect(queue.empty).toBe(true);
    clock.run(3 * TICK_MS);
    expect(clock.pending).toBe(0);
    expect(passed.at.size).toBe(0);
  });

  it('T5: after a blocked loop, lets what is ready come first', () => {
    const clock = new LoopClock();
    const queue = sourceOf(clock).deadlines(DURATION);
    const passed = new Passed(clock);
    const finishing = queue.add(passed, 'finishing', 0);
    queue.add(passed, 'stuck', 0);
    clock.run(DURATION - 10);
    clock.block(100);
    clock.run(0);
    // The timer has fired, and the result that waited behind the blocked loop is delivered before the next one.
    expect(passed.at.size).toBe(0);
    queue.remove(finishing);
    clock.run(3);
    expect([...passed.at.keys()]).toEqual(['stuck']);
  });

  it('T5: a loop blocked again and again delays a deadline no further', () => {
    const clock = new LoopClock();
    const queue = sourceOf(clock).deadlines(DURATION);
    const passed = new Passed(clock);
    queue.add(passed, 'stuck', 0);
    clock.run(DURATION - 10);
    for (let i = 0; i < 2; i++) {
      clock.block(100);
      clock.run(0);
    }
    expect([...passed.at.keys()]).toEqual(['stuck']);
  });

  it('T5: and a deadline taken back while the late ones wait leaves no timer', () => {
    const clock = new LoopClock();
    const queue = sourceOf(clock).deadlines(DURATION);
    const passed = new Passed(clock);
    const only = queue.add(passed, 'only', 0);
    clock.run(DURATION - 10);
    clock.block(100);
    clock.run(0);
    queue.remove(only);
    clock.run(3 * TICK_MS);
    expect(clock.pending).toBe(0);
    const next = queue.add(passed, 'next', 0);
    clock.run(DURATION - 1);
    expect(passed.at.size).toBe(0);
    clock.run(20);
    expect([...passed.at.keys()]).toEqual(['next']);
    expect(next.owner).toBeUndefined();
  });

  it('says when a deadline passes', () => {
    const clock = new LoopClock();
    const queue = sourceOf(clock).deadlines(DURATION);
    const deadline = queue.add(new Passed(clock), 1, 0);
    clock.run(1);
    const at = queue.timeOf(deadline);
    expect(at).toBeGreaterThanOrEqual(1_000 + DURATION);
    expect(at).toBeLessThanOrEqual(1_000 + DURATION + TICK_MS);
    clock.run(100);
    expect(queue.timeOf(deadline)).toBe(at);
  });

  it('takes deadlines that are set while others pass', () => {
    const clock = new LoopClock();
    const source = sourceOf(clock);
    const queue = source.deadlines(DURATION);
    const passed = new Passed(clock);
    let left = 3;
    const chain = {
      onDeadline() {
        for (let use = 0; use < 20; use++) source.recent();
        if (--left > 0) queue.add(chain, left, 0);
        else queue.add(passed, 'last', 0);
      },
    };
    queue.add(chain, 'first', 0);
    clock.run(5 * DURATION);
    expect(left).toBe(0);
    expect(passed.at.get('last')).toBeGreaterThanOrEqual(1_000 + 4 * DURATION);
    clock.run(3 * TICK_MS);
    expect(clock.pending).toBe(0);
  });

  it('keeps deadlines apart when thousands come and go', () => {
    const clock = new LoopClock();
    const queue = sourceOf(clock).deadlines(DURATION);
    const passed = new Passed(clock);
    const all = Array.from({ length: 3_000 }, (_, i) => queue.add(passed, i, 0));
    for (const deadline of all.slice(1_000)) queue.remove(deadline);
    const more = Array.from({ length: 2_000 }, (_, i) => queue.add(passed, 10_000 + i, 0));
    for (const deadline of more) queue.remove(deadline);
    clock.run(DURATION * 1.01 + 2);
    expect([...passed.at.keys()]).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
  });
});

/** Waits without a deadline of its own, as a call does. */
class Entry implements Waiting {
  waitsIn: DeadlineBatch | undefined = undefined;
  waitsAt = 0;
  readonly expire: () => void;

  constructor(expire: () => void) {
    this.expire = expire;
  }
}

type Step =
  | { readonly do: 'add' | 'put' }
  | { readonly do: 'remove' | 'replace'; readonly which: number }
  | { readonly do: 'run' | 'block'; readonly ms: number }
  | { readonly do: 'use'; readonly times: number }
  | { readonly do: 'ask'; readonly which: number };

const ms = fc.double({ min: 0, max: 400, noNaN: true });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Step>({ do: 'add' }) },
  { weight: 3, arbitrary: fc.constant<Step>({ do: 'put' }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('replace' as const), which: fc.nat(50) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), which: fc.nat(50) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('run' as const), ms }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('block' as const), ms }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('use' as const), times: fc.nat(40) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('ask' as const), which: fc.nat(50) }) },
);

describe('a queue of deadlines and one timer a call', () => {
  it.each([[DURATION], [50], [0]])('T3: agree, with deadlines of %d ms', (duration) => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 80, size: 'max' }),
        fc.boolean(),
        fc.constantFrom(0, 0.5, 0.99),
        (steps, mayTick, earlyMs) => {
          const clock = new LoopClock();
          clock.earlyMs = earlyMs;
          const source = new TimeSource(clock, () => mayTick);
          const queue = source.deadlines(duration);
          const pending = new Map<number, { deadline: Deadline | Entry; from: number }>();
          const order: number[] = [];
          let blocked = false;
          const listener = {
            onDeadline(id: number) {
              const known = pending.get(id);
              expect(known).toBeDefined();
              const took = clock.time - (known?.from as number);
              // Sums of fractions are rounded.
              expect(took).toBeGreaterThanOrEqual(duration - 1e-9);
              if (!blocked) expect(took).toBeLessThanOrEqual(duration * 1.01 + 2);
              pending.delete(id);
              order.push(id);
            },
          };
          let next = 0;
          for (const each of steps) {
            switch (each.do) {
              case 'add': {
                const id = next++;
                const from = clock.time;
                pending.set(id, { deadline: queue.add(listener, id, 0), from });
                break;
              }
              case 'put': {
                const id = next++;
                const entry = new Entry(() => listener.onDeadline(id));
                pending.set(id, { deadline: entry, from: clock.time });
                queue.put(entry);
                break;
              }
              case 'replace': {
                const [id, known] = [...pending][each.which] ?? [];
                if (id === undefined || known === undefined) break;
                known.deadline = queue.replace(known.deadline, listener, id, 0);
                break;
              }
              case 'remove': {
                const [id, known] = [...pending][each.which] ?? [];
                if (id === undefined || known === undefined) break;
                pending.delete(id);
                known.deadline.waitsIn?.remove(known.deadline);
                break;
              }
              case 'run':
                clock.run(each.ms);
                break;
              case 'block':
                blocked = true;
                clock.block(each.ms);
                break;
              case 'use':
                for (let i = 0; i < each.times; i++) source.recent();
                break;
              case 'ask': {
                const known = [...pending.values()][each.which];
                if (known === undefined) break;
                const { deadline, from } = known;
                const rough = queue.roughTimeOf(deadline);
                expect(rough).toBeGreaterThanOrEqual(blocked ? 0 : from + duration - TICK_MS - 1);
                if (deadline instanceof Entry) break;
                expect(queue.timeOf(deadline)).toBeGreaterThanOrEqual(from + duration);
              }
            }
          }
          clock.run(duration + 2 * TICK_MS + 20);
          clock.run(2 * TICK_MS);
          expect([...pending]).toEqual([]);
          expect(order).toEqual([...order].sort((a, b) => a - b));
          expect(queue.empty).toBe(true);
          expect(clock.pending).toBe(0);
        },
      ),
      { numRuns: 400 },
    );
  });
});
