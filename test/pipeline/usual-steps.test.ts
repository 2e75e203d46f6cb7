import fc from 'fast-check';
import type { Policy } from 'holdfast';
import { bulkhead, circuitBreaker, fallback, pipeline, retry, timeout } from 'holdfast';
import { describe, expect, it } from 'vitest';
import type { Host } from '../../src/pipeline/call/host.js';
import type {
  Seat,
  StraightEntrant,
  StraightHalf,
} from '../../src/pipeline/contract/straight-half.js';
import { THROUGH } from '../../src/pipeline/contract/straight-half.js';
import { anySteps } from '../../src/pipeline/straight/steps.js';
import { straightPathOf } from '../../src/pipeline/straight/straight-path.js';
import { usualSteps } from '../../src/pipeline/straight/usual-steps.js';

const SEATS = ['budget', 'breaker', 'deadline', 'slot'] as const;
const CALL = {} as StraightEntrant;

/** What a policy does: `false` sends the call off the path. */
interface Does {
  readonly seat: Seat | undefined;
  readonly onlyGoesOut: boolean;
  readonly enters: boolean;
  readonly exits: boolean;
}

function halvesOf(does: readonly (Does | undefined)[], log: string[]): StraightHalf[] {
  return does.map((each, layer) => {
    if (each === undefined) return {};
    const { seat, onlyGoesOut, enters, exits } = each;
    const tell = (way: string, done: boolean) => () => {
      log.push(`${way} ${layer}`);
      return done;
    };
    if (seat === 'budget') return { seat, enter: tell('in', enters) };
    return { seat, enter: onlyGoesOut ? undefined : tell('in', enters), exit: tell('out', exits) };
  });
}

const does = fc.option(
  fc.record({
    seat: fc.option(fc.constantFrom(...SEATS), { nil: undefined }),
    onlyGoesOut: fc.boolean(),
    enters: fc.boolean(),
    exits: fc.boolean(),
  }),
  { nil: undefined },
);
/** In the usual order, any of them missing, with policies between them that do nothing. */
const usual = fc
  .tuple(...SEATS.map((seat) => fc.tuple(fc.boolean(), does, fc.constant(seat))))
  .map((places) =>
    places.flatMap(([gap, each, seat]) => [
      ...(gap ? [undefined] : []),
      each === undefined ? undefined : { ...each, seat },
    ]),
  );

describe('policies in the usual order', () => {
  it('G1: let calls in and out like others: the same policies are asked, in the same order, to the same end', () => {
    fc.assert(
      fc.property(fc.oneof(usual, fc.array(does, { maxLength: 8 })), (list) => {
        const log: string[] = [];
        const halves = halvesOf(list, log);
        const ways = usualSteps(halves);
        const at = list.flatMap((each) =>
          each === undefined ? [] : [SEATS.indexOf(each.seat as Seat)],
        );
        const inOrder = at.every((place, i) => place > (at[i - 1] ?? -1));
        expect(ways !== undefined).toBe(inOrder && at.length > 1);
        if (ways === undefined) return;
        const any = anySteps(halves);
        for (const way of ['enter', 'exit'] as const) {
          const ends = [ways, any].map((each) => {
            log.length = 0;
            return { end: each[way](CALL), asked: [...log] };
          });
          expect(ends[0]).toEqual(ends[1]);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('G1: let a call through where nobody has anything to do', () => {
    expect(usualSteps([{}])).toBeUndefined();
    const { enter, exit } = anySteps([{}]);
    expect([enter(CALL), exit(CALL)]).toEqual([THROUGH, THROUGH]);
  });

  it('are those that most pipelines have: each has its seat', () => {
    const policies: [Policy<unknown>, Seat | undefined][] = [
      [fallback(0), undefined],
      [retry(), 'budget'],
      [circuitBreaker(), 'breaker'],
      [timeout('1s'), 'deadline'],
      [bulkhead({ maxConcurrent: 2 }), 'slot'],
    ];
    const host = pipeline('usual', ...policies.map(([policy]) => policy)) as unknown as Host;
    const path = straightPathOf(host.plan.layers, host);
    expect(path?.halves.map(({ seat }) => seat)).toEqual(policies.map(([, seat]) => seat));
    expect(usualSteps(path?.halves ?? [])).toBeDefined();
    expect(usualSteps([...(path?.halves ?? [])].reverse())).toBeUndefined();
  });
});
