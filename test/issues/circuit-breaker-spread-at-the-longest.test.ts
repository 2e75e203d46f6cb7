import { expect, it } from 'vitest';
import { openDuration } from '../../src/policies/circuit-breaker/open-duration.js';

/** At the longest stay every upward spread was cut to the same value, so half of a fleet came back at the same moment. */
it('B5: a fleet is spread at the longest stay as before it', () => {
  const options = { openForMs: 5_000, maxOpenForMs: 60_000, factor: 2, spread: 0.2 };
  const stays = Array.from({ length: 1_000 }, (_, i) => openDuration(options, 9, i / 1_000));
  expect(stays.filter((stay) => stay === 60_000)).toHaveLength(1);
  expect(Math.max(...stays)).toBe(60_000);
  expect(Math.min(...stays)).toBe(48_000);
  expect(openDuration(options, 9, 0.5)).toBe(60_000);
});
