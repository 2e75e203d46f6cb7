import fc from 'fast-check';

/** Steps of time around a window's length: bursts, buckets' edges, idle gaps, jumps back. */
export function timeline(lengthMs: number): fc.Arbitrary<number> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant(0) },
    { weight: 4, arbitrary: fc.double({ min: 0, max: lengthMs / 4, noNaN: true }) },
    { weight: 3, arbitrary: fc.integer({ min: 1, max: 12 }).map((n) => (n * lengthMs) / 10) },
    { weight: 2, arbitrary: fc.double({ min: lengthMs / 2, max: lengthMs * 2, noNaN: true }) },
    { weight: 1, arbitrary: fc.constant(lengthMs * 1_000) },
    { weight: 1, arbitrary: fc.double({ min: -3 * lengthMs, max: 0, noNaN: true }) },
  );
}

/** How far sums of fractions may be off, at a given size of the time. */
export function rounding(lengthMs: number, nowMs: number): number {
  return 1e-6 * lengthMs + 1e-13 * Math.abs(nowMs);
}
