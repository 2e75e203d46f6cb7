import { expect, it } from 'vitest';
import {
  hadQueue,
  UnloadedLatency,
} from '../../../src/policies/adaptive-limiter/unloaded-latency.js';

const known = (ms: number, limit = 10): UnloadedLatency => {
  const unloaded = new UnloadedLatency();
  unloaded.measure(ms, limit);
  return unloaded;
};

it('L2: is due until it is known, then after fifty rounds near the limit', () => {
  expect(new UnloadedLatency().isKnown).toBe(false);
  expect(new UnloadedLatency().endRound(10)).toBe(true);
  const unloaded = known(100);
  expect([unloaded.isKnown, unloaded.ms]).toEqual([true, 100]);
  for (let i = 0; i < 50; i++) expect(unloaded.endRound(10)).toBe(false);
  expect(unloaded.endRound(10)).toBe(true);
  unloaded.observe(100, 20, 10);
  expect(unloaded.endRound(10)).toBe(false);
});

it('L2: is due at once where the limit has fallen by more than half since', () => {
  const unloaded = known(100, 10);
  expect([40, 20, 19.9, 30].map((limit) => unloaded.endRound(limit))).toEqual([
    false,
    false,
    true,
    false,
  ]);
  unloaded.measure(100, 19.9);
  expect(unloaded.endRound(10)).toBe(false);
});

it('L2: with half the limit, longer is believed at once, and shorter counts as much as what is known', () => {
  const unloaded = known(100);
  unloaded.measure(200, 10);
  expect(unloaded.ms).toBeCloseTo(200);
  unloaded.measure(50, 10);
  expect(unloaded.ms).toBeCloseTo(100);
});

it('L2: with little load, a hundred calls count as much as all that was known', () => {
  const unloaded = known(100);
  unloaded.observe(400, 50, 10);
  expect(unloaded.ms).toBeCloseTo(200);
  unloaded.observe(400, 100, 10);
  expect(unloaded.ms).toBeCloseTo(400);
  unloaded.observe(50, 1_000, 10);
  expect(unloaded.ms).toBeCloseTo(50);
});

it('L2: near the limit, only calls much faster than it lower it', () => {
  const unloaded = known(100);
  unloaded.boundBy(40);
  expect(unloaded.ms).toBe(100);
  unloaded.boundBy(25);
  expect(unloaded.ms).toBeCloseTo(50);
});

it('L2: there was a queue where calls are much faster with half the limit', () => {
  expect([59.9, 60, 100].map((ms) => hadQueue(ms, 100))).toEqual([true, false, false]);
});
