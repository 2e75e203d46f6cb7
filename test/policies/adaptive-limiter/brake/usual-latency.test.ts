import fc from 'fast-check';
import { expect, it } from 'vitest';
import { UsualLatency } from '../../../../src/policies/adaptive-limiter/brake/usual-latency.js';
import { seeded } from '../support/closed-loop.js';

const learnt = (...latencies: number[]): UsualLatency => {
  const usual = new UsualLatency();
  for (const latency of latencies) usual.add(latency);
  return usual;
};
const times = (count: number, latency: number): number[] => Array(count).fill(latency);

it('L2: nothing is unusual before ten calls', () => {
  expect(learnt().unusualMs).toBe(Infinity);
  expect(learnt(...times(9, 50)).unusualMs).toBe(Infinity);
  expect(learnt(...times(10, 50)).unusualMs).toBeCloseTo(250);
});

it('L2: five times as long as usual is unusual, and never less than 20 ms', () => {
  for (const [latency, unusual] of [
    [0, 20],
    [1, 20],
    [3.9, 20],
    [10, 50],
    [1_000, 5_000],
  ] as const) {
    expect(learnt(...times(50, latency)).unusualMs).toBeCloseTo(unusual);
  }
});

it('L2: calls that take no time count as all others do', () => {
  // A mean of ln(1000)/20 and a deviation of 1.5.
  const { unusualMs } = learnt(1_000, ...times(19, 0));
  expect(unusualMs).toBeCloseTo(28.7, 0);
  expect(learnt(...times(19, 0), 1_000).unusualMs).toBeCloseTo(unusualMs);
});

it('L2: where latencies spread widely, more than two standard deviations are: one call in forty, and not one in two', () => {
  const random = seeded(3);
  const draw = (): number => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return 100 * Math.exp(1.5 * normal);
  };
  const usual = new UsualLatency();
  for (let i = 0; i < 500; i++) usual.add(draw());
  const { unusualMs } = usual;
  expect(unusualMs).toBeGreaterThan(700);
  let above = 0;
  for (let i = 0; i < 10_000; i++) if (draw() > unusualMs) above++;
  expect(above / 10_000).toBeLessThan(0.07);
});

it('L2: it follows an upstream that becomes slower, within some hundred calls', () => {
  const usual = learnt(...times(200, 10));
  for (let i = 0; i < 300; i++) usual.add(100);
  expect(usual.unusualMs).toBeGreaterThan(440);
  for (let i = 0; i < 1_000; i++) usual.add(10);
  expect(usual.unusualMs).toBeLessThan(55);
});

it('L2: it is what a reckoning anew from all the calls gives, whatever they took', () => {
  const latency = fc.oneof(fc.double({ min: 0, max: 1e6, noNaN: true }), fc.constantFrom(0, 1));
  fc.assert(
    fc.property(fc.array(latency, { maxLength: 300, size: 'max' }), (latencies) => {
      const usual = new UsualLatency();
      let mean = 0;
      let square = 0;
      for (const [i, each] of latencies.entries()) {
        usual.add(each);
        const log = Math.log(Math.max(1, each));
        const weight = 1 / Math.min(100, i + 1);
        mean += weight * (log - mean);
        square += weight * (log * log - square);
      }
      if (latencies.length < 10) return;
      const deviation = Math.sqrt(Math.max(0, square - mean ** 2));
      const unusual = Math.max(20, Math.exp(mean) * Math.max(5, Math.exp(2 * deviation)));
      expect(usual.unusualMs / unusual).toBeCloseTo(1, 2);
    }),
  );
});

it('G13: what no latency can be is passed over', () => {
  const usual = learnt(...times(50, 10), Number.NaN, Infinity, -1, -Infinity);
  expect(usual.unusualMs).toBeCloseTo(50);
});
