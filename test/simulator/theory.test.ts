import { describe, expect, it } from 'vitest';
import { arms, measure, resolveScenario, run, type Scenario } from '../../src/simulator/index.js';

/** The chance that a call has to wait, with Poisson arrivals and exponential work (Erlang C). */
function erlangC(workers: number, load: number): number {
  const offered = workers * load;
  let term = 1;
  let sum = 0;
  for (let k = 0; k < workers; k++) {
    sum += term;
    term *= offered / (k + 1);
  }
  const waiting = term / (1 - load);
  return waiting / (sum + waiting);
}

/** The mean of what it takes to be answered, over some long runs without any trouble. */
async function meanLatency(document: Partial<Scenario>): Promise<number> {
  const scenario = resolveScenario({
    name: 'theory',
    clients: 1,
    deadline: '10s',
    arrivals: '200s',
    ...document,
  });
  let sum = 0;
  let count = 0;
  for (const seed of [1, 2, 3]) {
    const { latencies } = await run(scenario, arms.none, seed);
    for (const ms of latencies) sum += ms;
    count += latencies.length;
  }
  return sum / count;
}

describe('the simulation agrees with theory', () => {
  it('the formula is right for what is known of it', () => {
    expect(erlangC(1, 0.5)).toBeCloseTo(0.5);
    expect(erlangC(4, 0.75)).toBeCloseTo(0.5094, 4);
  });

  it('four workers at 75% load: the mean wait is that of M/M/4', async () => {
    const wait = (erlangC(4, 0.75) * 20) / (4 * (1 - 0.75));
    const mean = await meanLatency({ workers: 4, load: 0.75, service: { mean: 20 } });
    expect((mean - 20 - 2) / wait).toBeGreaterThan(0.95);
    expect((mean - 20 - 2) / wait).toBeLessThan(1.05);
  });

  it('work of constant length: half the wait of M/M/1', async () => {
    const wait = (0.5 * 20) / (1 - 0.5) / 2;
    const service = { mean: 20, spread: 'constant' } as const;
    const mean = await meanLatency({ workers: 1, load: 0.5, service });
    expect((mean - 20 - 2) / wait).toBeGreaterThan(0.93);
    expect((mean - 20 - 2) / wait).toBeLessThan(1.07);
  });

  it('calls arrive at the rate asked for, and by the factor of a spike more', async () => {
    const scenario = resolveScenario({
      name: 'arrivals',
      arrivals: '100s',
      triggers: [{ kind: 'spike', factor: 2.5, at: '40s', lasts: '20s' }],
    });
    const { slices } = await run(scenario, arms.none, 1);
    const calls = (from: number, to: number): number =>
      slices.slice(from * 10, to * 10).reduce((sum, slice) => sum + slice.calls, 0) / (to - from);
    expect(calls(0, 40) / 150).toBeCloseTo(1, 1);
    expect(calls(40, 60) / 375).toBeCloseTo(1, 1);
    expect(calls(60, 100) / 150).toBeCloseTo(1, 1);
  });

  it('a trouble of 10 s costs callers who wait another 15 to 25 s, and retries all the rest', async () => {
    const scenario = resolveScenario({
      name: 'slowdown, shorter',
      arrivals: '55s',
      triggers: [{ kind: 'slowdown', factor: 10, at: '10s', lasts: '10s' }],
    });
    const { before, recovery } = measure(await run(scenario, arms.none, 1));
    expect(before).toBeGreaterThan(0.99);
    expect(recovery).toBeGreaterThanOrEqual(15);
    expect(recovery).toBeLessThanOrEqual(25);
    const naive = measure(await run(scenario, arms.naive, 1));
    expect(naive.before).toBeGreaterThan(0.99);
    expect(naive.recovery).toBe(Infinity);
    expect(naive.after).toBeLessThan(0.05);
    expect(naive.amplification).toBeGreaterThan(2);
  });
});
