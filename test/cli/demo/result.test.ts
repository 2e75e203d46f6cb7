import { expect, it } from 'vitest';
import { phasesOf } from '../../../src/cli/demo/phases.js';
import { resultOf } from '../../../src/cli/demo/result.js';
import { Tally } from '../../../src/cli/demo/tally.js';
import { UpstreamCounts } from '../../../src/testing/upstream-counts.js';

it('counts what the upstream got since its first phase, and in each that was entered', () => {
  const counts = new UpstreamCounts();
  const snapshots = [20, 0, 5, 7].map((more) => {
    for (let request = 0; request < more; request += 1) counts.arrive('/stock/1');
    counts.wasted += more;
    counts.connections += 1;
    return counts.snapshot(0, 0);
  });
  const tally = new Tally();
  tally.end(tally.begin(0), 'answered', 10);
  tally.begin(20);
  const phases = phasesOf(17_000, 100);
  const run = { seed: 1, rate: 100, seconds: 17, ranMs: 3_000.04, interrupted: true, phases };
  const result = resultOf(run, [{ name: 'fetch', tally }], [snapshots]);
  expect(result).toMatchObject({ ranMs: 3_000, interrupted: true });
  expect(result.phases[1]).toEqual({
    name: 'slow',
    what: phases[1]?.what,
    trigger: 'slowdown',
    startMs: 1_500,
    endMs: 4_000,
  });
  expect(result.sides).toEqual([
    {
      name: 'fetch',
      recoveries: [
        { trigger: 'slowdown', state: 'ahead', afterMs: 0 },
        { trigger: 'failures', state: 'ahead', afterMs: 0 },
      ],
      calls: 2,
      answered: 1,
      failed: 0,
      waiting: 1,
      sent: 0,
      upstream: {
        requests: 12,
        requestsByPhase: [0, 5, 7],
        wasted: 12,
        maxQueued: 0,
        connections: 3,
      },
    },
  ]);
});
