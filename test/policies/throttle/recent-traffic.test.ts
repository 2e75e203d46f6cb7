import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RecentTraffic } from '../../../src/policies/throttle/recent-traffic.js';
import { rounding, timeline } from '../../windows/timeline.js';

const counts = ({ requests, inFlight, accepts, refusals }: RecentTraffic) => ({
  requests,
  inFlight,
  accepts,
  refusals,
});

it('L3: a request is counted when it comes, and an accept when it ends', () => {
  const traffic = new RecentTraffic(1_000);
  traffic.begin();
  traffic.begin();
  traffic.refuse(0);
  expect(counts(traffic)).toEqual({ requests: 3, inFlight: 2, accepts: 0, refusals: 1 });
  traffic.end();
  traffic.count(0, false);
  expect(counts(traffic)).toEqual({ requests: 3, inFlight: 1, accepts: 1, refusals: 1 });
  traffic.end();
  traffic.count(0, true);
  expect(counts(traffic)).toEqual({ requests: 3, inFlight: 0, accepts: 1, refusals: 2 });
});

it('G5: a request that says nothing of the upstream is taken back', () => {
  const traffic = new RecentTraffic(1_000);
  traffic.begin();
  traffic.end();
  expect(counts(traffic)).toEqual({ requests: 0, inFlight: 0, accepts: 0, refusals: 0 });
});

it('a call that takes longer than the window is long is in it all the while, and counts from its end on', () => {
  const traffic = new RecentTraffic(1_000);
  traffic.begin();
  traffic.begin();
  traffic.advance(5_000);
  expect(counts(traffic)).toMatchObject({ requests: 2, inFlight: 2 });
  for (const refused of [true, false]) {
    traffic.end();
    traffic.count(5_000, refused);
  }
  traffic.advance(5_800);
  expect(counts(traffic)).toEqual({ requests: 2, inFlight: 0, accepts: 1, refusals: 1 });
  traffic.advance(6_000);
  expect(counts(traffic)).toEqual({ requests: 0, inFlight: 0, accepts: 0, refusals: 0 });
});

it('L3: any history is counted as a list of its events is, within a tenth of the window', () => {
  const step = (windowMs: number) =>
    fc.record({
      gap: timeline(windowMs),
      act: fc.constantFrom('refuse', 'begin', 'begin', 'accepted', 'refused', 'taken back'),
    });
  const run = fc
    .integer({ min: 1, max: 200_000 })
    .chain((windowMs) =>
      fc.tuple(fc.constant(windowMs), fc.array(step(windowMs), { maxLength: 80, size: 'max' })),
    );
  fc.assert(
    fc.property(run, ([windowMs, steps]) => {
      const traffic = new RecentTraffic(windowMs);
      const ended: { at: number; refused: boolean }[] = [];
      let inFlight = 0;
      let now = 0;
      let newest = Number.NEGATIVE_INFINITY;
      for (const { gap, act } of steps) {
        now += gap;
        newest = Math.max(newest, now);
        if (act === 'refuse') {
          traffic.refuse(now);
          ended.push({ at: newest, refused: true });
        } else if (act === 'begin') {
          traffic.begin();
          inFlight++;
        } else if (inFlight > 0) {
          traffic.end();
          inFlight--;
          if (act !== 'taken back') {
            traffic.count(now, act === 'refused');
            ended.push({ at: newest, refused: act === 'refused' });
          }
        }
        traffic.advance(now);
        const slack = rounding(windowMs, newest);
        const younger = (age: number) => ended.filter(({ at }) => newest - at < age);
        const must = younger(0.9 * windowMs - slack);
        const may = younger(windowMs + slack);
        const accepted = (of: typeof ended) => of.filter(({ refused }) => !refused).length;
        expect(traffic.inFlight).toBe(inFlight);
        expect(traffic.requests).toBeGreaterThanOrEqual(must.length + inFlight);
        expect(traffic.requests).toBeLessThanOrEqual(may.length + inFlight);
        expect(traffic.accepts).toBeGreaterThanOrEqual(accepted(must));
        expect(traffic.accepts).toBeLessThanOrEqual(accepted(may));
        expect(traffic.accepts + traffic.refusals + inFlight).toBe(traffic.requests);
      }
    }),
    { numRuns: 500 },
  );
});
