import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rejectionProbability } from '../../../src/policies/throttle/probability.js';

const RULE = { requestsPerAccept: 2, minimumCalls: 1, maxProbability: 0.99 };

/** The formula as the book prints it. */
const book = (requests: number, accepts: number, k: number): number =>
  Math.max(0, (requests - k * accepts) / (requests + 1));

const rule = fc.record({
  requestsPerAccept: fc.double({ min: 1.01, max: 10, noNaN: true }),
  minimumCalls: fc.integer({ min: 1, max: 50 }),
  maxProbability: fc.double({ min: 0.01, max: 0.999, noNaN: true }),
});

const traffic = fc
  .tuple(fc.nat(1_000), fc.nat(1_000), fc.nat(1_000))
  .map(([accepts, refused, inFlight]) => ({
    requests: accepts + refused + inFlight,
    inFlight,
    accepts,
  }));

describe('the probability with which a throttle refuses a call', () => {
  it.each([
    [0, 0, 0],
    [10, 10, 0],
    [10, 5, 0],
    [10, 4, 2 / 11],
    [10, 0, 10 / 11],
    [100, 25, 50 / 101],
    [1, 0, 1 / 2],
  ])('L3: of %i requests, %i accepted: %f', (requests, accepts, expected) => {
    expect(rejectionProbability({ requests, accepts, inFlight: 0 }, RULE)).toBe(expected);
  });

  it('L3: is the formula of the book, with every call ended, for all counts up to 60', () => {
    for (const requestsPerAccept of [1.1, 1.5, 2, 3]) {
      for (let requests = 0; requests <= 60; requests++) {
        for (let accepts = 0; accepts <= requests; accepts++) {
          expect(
            rejectionProbability(
              { requests, accepts, inFlight: 0 },
              { ...RULE, requestsPerAccept, maxProbability: 0.999 },
            ),
          ).toBe(book(requests, accepts, requestsPerAccept));
        }
      }
    }
  });

  it('L3: is a number from 0 to maxProbability, and never above the formula of the book', () => {
    fc.assert(
      fc.property(traffic, rule, (counts, given) => {
        const probability = rejectionProbability(counts, given);
        expect(probability).toBeGreaterThanOrEqual(0);
        expect(probability).toBeLessThanOrEqual(given.maxProbability);
        expect(probability).toBeLessThanOrEqual(
          book(counts.requests, counts.accepts, given.requestsPerAccept),
        );
      }),
      { numRuns: 1_000 },
    );
  });

  it('L3: falls with each accept, and rises with each refusal', () => {
    fc.assert(
      fc.property(traffic, rule, ({ requests, inFlight, accepts }, given) => {
        fc.pre(requests >= given.minimumCalls);
        const now = rejectionProbability({ requests, inFlight, accepts }, given);
        const counted = { requests: requests + 1, inFlight };
        const accepted = rejectionProbability({ ...counted, accepts: accepts + 1 }, given);
        const refused = rejectionProbability({ ...counted, accepts }, given);
        expect(accepted).toBeLessThanOrEqual(now);
        expect(refused).toBeGreaterThanOrEqual(now);
      }),
      { numRuns: 1_000 },
    );
  });

  it('requests in flight are no refusals, however many there are', () => {
    expect(rejectionProbability({ requests: 500, inFlight: 500, accepts: 0 }, RULE)).toBe(0);
    // One in two of those that ended was accepted.
    expect(rejectionProbability({ requests: 510, inFlight: 500, accepts: 5 }, RULE)).toBe(0);
    expect(rejectionProbability({ requests: 510, inFlight: 500, accepts: 4 }, RULE)).toBe(2 / 511);
  });

  it('is 0 while there are fewer requests than minimumCalls', () => {
    const twenty = { ...RULE, minimumCalls: 20 };
    expect(rejectionProbability({ requests: 19, inFlight: 0, accepts: 0 }, twenty)).toBe(0);
    expect(rejectionProbability({ requests: 20, inFlight: 0, accepts: 0 }, twenty)).toBe(20 / 21);
  });
});
