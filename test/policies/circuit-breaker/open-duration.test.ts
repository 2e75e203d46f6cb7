import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OpenFor } from '../../../src/policies/circuit-breaker/open-duration.js';
import {
  atLeastAsked,
  longestAsked,
  openDuration,
} from '../../../src/policies/circuit-breaker/open-duration.js';

const OPTIONS = { openForMs: 5_000, maxOpenForMs: 60_000, factor: 2, spread: 0.2 };

/** How long a breaker stays open by the rule that was asked to be left alone. */
const stayOf = (openFor: OpenFor, opening: number, chance: number, asked: number | undefined) =>
  atLeastAsked(openDuration(openFor, opening, chance), asked, openFor.maxOpenForMs);

describe('openDuration', () => {
  it('B5: doubles at each consecutive opening, up to the longest stay', () => {
    const stays = [1, 2, 3, 4, 5, 6, 100, 2_000, 1e9].map((opening) =>
      openDuration(OPTIONS, opening, 0.5),
    );
    expect(stays).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000, 60_000, 60_000, 60_000]);
  });

  it('B5: grows by its factor and is spread by its share, or not at all', () => {
    const stays = (shape: Partial<OpenFor>, chance: number) =>
      [1, 2, 3].map((opening) => openDuration({ ...OPTIONS, ...shape }, opening, chance));
    expect(stays({ factor: 1 }, 0.5)).toEqual([5_000, 5_000, 5_000]);
    expect(stays({ factor: 3 }, 0.5)).toEqual([5_000, 15_000, 45_000]);
    expect(stays({ spread: 0 }, 0)).toEqual([5_000, 10_000, 20_000]);
    expect(stays({ spread: 0 }, 0.9)).toEqual([5_000, 10_000, 20_000]);
    expect(stays({ spread: 0.5 }, 0)).toEqual([2_500, 5_000, 10_000]);
    expect(openDuration({ ...OPTIONS, factor: 1e9 }, 1e9, 0.5)).toBe(60_000);
  });

  it('B5: is spread by 20% up and down', () => {
    expect(openDuration(OPTIONS, 1, 0)).toBe(4_000);
    expect(openDuration(OPTIONS, 1, 0.25)).toBe(4_500);
    expect(openDuration(OPTIONS, 1, 1 - 2 ** -53)).toBeCloseTo(6_000);
  });

  it('B5: a server can lengthen it up to 60 s or the longest stay, whichever is longer, and never shortens it', () => {
    expect(stayOf(OPTIONS, 1, 0.5, 12_000)).toBe(12_000);
    expect(stayOf(OPTIONS, 1, 0.5, 1_000)).toBe(5_000);
    expect(stayOf(OPTIONS, 1, 0.5, 0)).toBe(5_000);
    expect(stayOf(OPTIONS, 1, 0.5, 3_600_000)).toBe(60_000);
    expect(stayOf(OPTIONS, 1, 0.5, Infinity)).toBe(60_000);
    for (const [maxOpenForMs, longest] of [
      [1_000, 60_000],
      [60_001, 60_001],
      [3_600_000, 3_600_000],
    ] as const) {
      const openFor = { ...OPTIONS, openForMs: 500, maxOpenForMs };
      expect(longestAsked(maxOpenForMs)).toBe(longest);
      expect(stayOf(openFor, 9, 0.5, Infinity)).toBe(longest);
      expect(stayOf(openFor, 1, 0.5, 30_000)).toBe(30_000);
    }
  });

  it('B5: at any opening, chance and wish: a number, within the spread, above the longest stay only as far as it was asked for', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-3, max: 1e9, noNaN: true }),
        fc.double({ min: 1, max: 1_000, noNaN: true }),
        fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 1e9 })),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.option(fc.double({ min: 0, noNaN: true }), { nil: undefined }),
        (openForMs, factor, opening, chance, asked) => {
          const maxOpenForMs = openForMs * factor;
          const stay = stayOf({ ...OPTIONS, openForMs, maxOpenForMs }, opening, chance, asked);
          const base = Math.min(maxOpenForMs, openForMs * 2 ** (opening - 1));
          expect(stay).toBeGreaterThanOrEqual(base * 0.8 * (1 - 1e-12));
          const granted = Math.min(asked ?? 0, Math.max(60_000, maxOpenForMs));
          expect(stay).toBeLessThanOrEqual(Math.max(maxOpenForMs, granted));
          expect(stay).toBeGreaterThanOrEqual(granted);
          if (asked === undefined) expect(stay).toBeLessThanOrEqual(base * 1.2 * (1 + 1e-12));
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
