import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UseOrder } from '../../src/registry/use-order.js';

interface Thing {
  readonly id: number;
  used: number;
  place: number;
}

const thing = (id: number): Thing => ({ id, used: 0, place: 0 });

/** As often as it takes. */
function oldestOf(order: UseOrder<Thing>): Thing | undefined {
  for (let looks = 0; looks < 1_000; looks++) {
    const oldest = order.oldest();
    if (oldest !== undefined) return oldest;
  }
  return undefined;
}

const steps = fc.array(
  fc.record({
    act: fc.constantFrom('add', 'use', 'use', 'use', 'remove', 'look'),
    at: fc.nat(999),
  }),
  { maxLength: 400, size: 'max' },
);

describe('UseOrder', () => {
  it('agrees with a list that is put in order at each use', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const order = new UseOrder<Thing>();
        const list: Thing[] = [];
        for (const [i, { act, at }] of taken.entries()) {
          const some = list[at % (list.length || 1)];
          if (act === 'add') {
            const added = thing(i);
            order.add(added);
            list.push(added);
          } else if (some !== undefined && act !== 'look') {
            list.splice(list.indexOf(some), 1);
            if (act === 'use') {
              order.use(some);
              list.push(some);
            } else {
              order.remove(some);
            }
          }
          if (act === 'look' || act === 'remove') expect(oldestOf(order)).toBe(list[0]);
        }
        expect(order.latestFirst()).toEqual([...list].reverse());
        for (const each of list) {
          expect(oldestOf(order)).toBe(each);
          order.remove(each);
        }
        expect(order.oldest()).toBe(undefined);
      }),
    );
  });

  it('bounds the price of a look, and finds the oldest in several', () => {
    const order = new UseOrder<Thing>();
    const things = Array.from({ length: 1_000 }, (_, id) => thing(id));
    for (const each of things) order.add(each);
    for (const each of things) order.use(each);
    expect(order.oldest()).toBe(undefined);
    let looks = 1;
    while (order.oldest() === undefined) looks++;
    expect(looks).toBeLessThan(20);
    expect(order.oldest()).toBe(things[0]);
  });

  it('goes on in the same order when its numbers are used up', () => {
    const order = new UseOrder<Thing>(2 ** 30 - 3);
    const things = Array.from({ length: 9 }, (_, id) => thing(id));
    for (const each of things) order.add(each);
    order.use(things[0] as Thing);
    expect(order.latestFirst().map(({ id }) => id)).toEqual([0, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect(oldestOf(order)).toBe(things[1]);
    expect((things[0] as Thing).used).toBeLessThan(20);
  });
});
