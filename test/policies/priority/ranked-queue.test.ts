import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Priority } from '../../../src/pipeline/contract/call-traits.js';
import { priorities, rankOf } from '../../../src/pipeline/contract/call-traits.js';
import { RankedQueue } from '../../../src/policies/priority/ranked-queue.js';
import { classOf, shareOf } from '../../../src/policies/priority/shares.js';
import { SlotHolders } from '../../../src/policies/priority/slot-holders.js';
import { Turns } from '../../../src/policies/priority/turns.js';
import type { Waiter } from '../../../src/policies/wait-queue.js';

interface Item {
  readonly id: number;
  readonly rank: number;
  readonly level: number;
}

/** What comes first, with neither turns nor shares. */
function before(a: Pick<Item, 'rank' | 'level'>, b: Pick<Item, 'rank' | 'level'>): boolean {
  const byClass = classOf(a.rank) - classOf(b.rank);
  if (byClass !== 0) return byClass > 0;
  return a.level === b.level ? a.rank > b.rank : a.level > b.level;
}

it('L2: within a class the queue does what a sorted list would, whatever the order of joining, leaving, taking and displacing', () => {
  const ranked = fc.record({
    level: fc.oneof(fc.integer({ min: -2, max: 2 }), fc.constantFrom(Infinity, -Infinity, 0.5)),
    rank: fc.constantFrom(4, 5),
  });
  const command = fc.oneof(
    { weight: 4, arbitrary: fc.record({ join: ranked }) },
    { weight: 2, arbitrary: fc.constant({ shift: true }) },
    { weight: 2, arbitrary: fc.record({ displace: ranked }) },
    { weight: 2, arbitrary: fc.record({ leave: fc.nat({ max: 30 }) }) },
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 100, size: 'max' }), (commands) => {
      const queue = new RankedQueue<Item>();
      const waiters: Waiter<Item>[] = [];
      let model: Item[] = [];
      for (const each of commands) {
        if ('join' in each) {
          const item = { id: waiters.length, ...each.join };
          expect(queue.isNext(item)).toBe(model.every((other) => before(item, other)));
          expect(queue.ahead(item)).toBe(model.filter((other) => !before(item, other)).length);
          waiters.push(queue.join(item));
          model = [
            ...model.filter((other) => !before(item, other)),
            item,
            ...model.filter((other) => before(item, other)),
          ];
        } else if ('shift' in each) {
          expect(queue.next).toBe(model[0]);
          expect(queue.shift()).toBe(model.shift());
        } else if ('displace' in each) {
          const least = model.at(-1);
          const expected = least !== undefined && before(each.displace, least) ? least : undefined;
          expect(queue.yieldsTo(each.displace)).toBe(expected !== undefined);
          expect(queue.displace(each.displace)).toBe(expected);
          model = model.filter((other) => other !== expected);
        } else {
          const waiter = waiters[each.leave];
          if (waiter === undefined) continue;
          expect(queue.leave(waiter)).toBe(model.includes(waiter.item));
          model = model.filter((other) => other !== waiter.item);
        }
        expect(queue.length).toBe(model.length);
      }
      while (model.length > 0) expect(queue.shift()).toBe(model.shift());
      expect(queue.shift()).toBeUndefined();
    }),
    { numRuns: 500 },
  );
});

const priority = fc.constantFrom(...priorities);

/** What waits, and what comes with each service. */
const traffic = fc.record({
  first: fc.array(priority, { minLength: 1, maxLength: 20 }),
  coming: fc.array(fc.array(priority, { maxLength: 3 }), {
    minLength: 1,
    maxLength: 400,
    size: 'max',
  }),
});

function itemOf(id: number, said: Priority): Item {
  return { id, rank: rankOf(said, id % 3 !== 0), level: 0 };
}

it('K3: whatever comes, a class that waits is served within a number of services that its share tells', () => {
  fc.assert(
    fc.property(traffic, ({ first, coming }) => {
      const queue = new RankedQueue<Item>();
      let made = 0;
      const add = (said: Priority) => queue.join(itemOf(made++, said));
      for (const each of first) add(each);
      const since = [0, 0, 0, 0, 0];
      let worst = 0;
      const counts = (): number[] => {
        const now = [0, 0, 0, 0, 0];
        for (let rank = 0; rank < 10; rank++) {
          const upTo = queue.ahead({ rank }) - queue.ahead({ rank: rank + 1 });
          now[classOf(rank)] = (now[classOf(rank)] as number) + upTo;
        }
        return now;
      };
      for (const comers of coming) {
        for (const each of comers) add(each);
        const now = counts();
        const served = queue.shift();
        if (served === undefined) break;
        for (let which = 0; which < 5; which++) {
          const isServed = now[which] === 0 || which === classOf(served.rank);
          const passed = isServed ? 0 : (since[which] as number) + 1;
          since[which] = passed;
          worst = Math.max(worst, passed - 1 / shareOf(which));
        }
      }
      // Its own turn comes after 1 / share services. Classes between may then have theirs first.
      expect(worst).toBeLessThanOrEqual(4);
    }),
    { numRuns: 100 },
  );
});

it('K2: of any services in a row, a class gets no more than its share in place of more important ones', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uniqueArray(fc.nat({ max: 4 }), { minLength: 1 }), {
        maxLength: 300,
        size: 'max',
      }),
      (waits) => {
        const turns = new Turns();
        const out = waits.map((waiting) => {
          const best = Math.max(...waiting);
          const which = turns.next(best, (each) => waiting.includes(each));
          expect(waiting).toContain(which);
          turns.served(which);
          return { which, best };
        });
        let worst = 0;
        for (let from = 0; from < out.length; from += 7) {
          for (let which = 0; which < 5; which++) {
            let early = 0;
            for (let i = from; i < out.length; i++) {
              const each = out[i] as { which: number; best: number };
              if (each.which === which && each.best > which) early++;
              worst = Math.max(worst, early - (i - from + 1) * shareOf(which));
            }
          }
        }
        expect(worst).toBeLessThanOrEqual(1);
      },
    ),
    { numRuns: 100 },
  );
});

it('K3: a class that was served often is due as soon as any other', () => {
  const turns = new Turns();
  for (let i = 0; i < 100; i++) turns.served(0);
  for (let i = 0; i < 31; i++) turns.served(4);
  expect(turns.isDue(0)).toBe(false);
  turns.served(4);
  expect(turns.isDue(0)).toBe(true);
  // However long it waits then, it has one turn.
  for (let i = 0; i < 100; i++) turns.served(4);
  turns.served(0);
  expect(turns.isDue(0)).toBe(false);
});

it('K2: the shares leave three quarters to the most important class, and never grow downwards', () => {
  const shares = [0, 1, 2, 3, 4].map(shareOf);
  expect(shares.reduce((sum, each) => sum + each)).toBe(1);
  expect(shares[4]).toBe(0.75);
  expect(shares).toEqual([...shares].sort((a, b) => a - b));
});

it('K3: a class whose turn it is takes a place in a full queue, and keeps its last one', () => {
  const queue = new RankedQueue<Item>();
  for (let id = 0; id < 3; id++) queue.join({ id, rank: 9, level: 0 });
  const low = { id: 100, rank: 1, level: 0 };
  queue.join(low);
  expect(queue.displace({ rank: 9 })).toBe(low);
  for (let id = 3; id < 32 + 3; id++) {
    expect(queue.yieldsTo({ rank: 1 })).toBe(false);
    queue.shift();
    queue.join({ id, rank: 9, level: 0 });
  }
  expect(queue.isNext({ rank: 1 })).toBe(true);
  expect(queue.displace({ rank: 1 })?.rank).toBe(9);
  queue.join(low);
  // Neither more important calls nor its own take that place.
  expect(queue.displace({ rank: 9 })).toBeUndefined();
  expect(queue.displace({ rank: 1 })).toBeUndefined();
  expect(queue.shift()).toBe(low);
  expect(queue.shift()?.rank).toBe(9);
});

/** A queue in which it is the turn of the least important class, none of which waits. */
function dueQueue(): RankedQueue<Item> {
  const queue = new RankedQueue<Item>();
  for (let id = 0; id < 33; id++) queue.join({ id, rank: 9, level: 0 });
  for (let i = 0; i < 32; i++) queue.shift();
  return queue;
}

it('K3: of a class whose turn it is, all but the last one give way', () => {
  const queue = dueQueue();
  const [first, second, third] = [1, 0, 0].map((level, id) => ({ id, rank: 1, level }));
  for (const each of [first, second, third]) queue.join(each as Item);
  expect(queue.displace({ rank: 9 })).toBe(third);
  expect(queue.displace({ rank: 9 })).toBe(second);
  expect(queue.displace({ rank: 9 })).toBeUndefined();
  expect(queue.displace({ rank: 1, level: 2 })).toBe(first);
});

it('K3: a class whose turn it is keeps its last place where nobody else waits, too', () => {
  const queue = dueQueue();
  queue.shift();
  for (let id = 0; id < 2; id++) queue.join({ id, rank: 1, level: 0 });
  expect(queue.displace({ rank: 9 })?.id).toBe(1);
  expect(queue.yieldsTo({ rank: 9 })).toBe(false);
  expect(queue.displace({ rank: 9 })).toBeUndefined();
});

it('K3: who leaves the queue without being served brings no turn nearer', () => {
  const queue = new RankedQueue<Item>();
  for (let id = 0; id < 50; id++) queue.join({ id, rank: 9, level: 0 });
  queue.join({ id: 100, rank: 1, level: 0 });
  for (let i = 0; i < 50; i++) expect(queue.shift(false)?.rank).toBe(9);
});

it('K3: turns are counted from the first call that says a class', () => {
  const queue = new RankedQueue<Item>();
  for (let id = 0; id < 50; id++) queue.join({ id, rank: rankOf(undefined, true), level: 0 });
  for (let i = 0; i < 40; i++) queue.shift();
  queue.join({ id: 100, rank: 1, level: 0 });
  expect(queue.next?.id).toBe(40);
});

it('K3: a class that holds its share of the slots has no turn', () => {
  const holders = new SlotHolders();
  const queue = new RankedQueue<Item>((which) => holders.holdsLess(which, 64, 64));
  for (let id = 0; id < 100; id++) queue.join({ id, rank: id < 90 ? 9 : 1, level: 0 });
  for (let i = 0; i < 32; i++) expect(queue.shift()?.rank).toBe(9);
  holders.count(rankOf('lowest', true), 1);
  holders.count(rankOf('lowest', true), 1);
  for (let i = 0; i < 10; i++) expect(queue.shift()?.rank).toBe(9);
  holders.count(rankOf('lowest', true), -1);
  expect(queue.shift()?.rank).toBe(1);
});

it('K3: calls that say no class hold what the others leave, and each class may hold one slot at least', () => {
  const holders = new SlotHolders();
  expect(holders.holdsLess(2, 16, 16)).toBe(false);
  for (let i = 0; i < 16; i++) holders.count(rankOf('high', true), 1);
  holders.count(rankOf(undefined, true), 1);
  expect(holders.holdsLess(2, 16, 16)).toBe(true);
  expect(holders.holdsLess(3, 16, 16)).toBe(false);
  expect(holders.holdsLess(0, 16, 1)).toBe(true);
  holders.clear();
  expect(holders.holdsLess(3, 0, 16)).toBe(true);
});
