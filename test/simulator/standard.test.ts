import { pipeline, type StandardOptions, standard } from 'holdfast';
import {
  type Arm,
  type Measures,
  MissingError,
  measure,
  resolveScenario,
  run,
  type Scenario,
  scenarios,
} from 'holdfast/simulator';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';

/** `standard()`, told only how long a call may take, and what else a test says. */
const armOf =
  (options: StandardOptions = {}): Arm =>
  ({ clock, deadline }) =>
    pipeline(
      { name: 'upstream', clock, telemetry: false },
      ...standard({ totalTimeout: deadline, ...options }),
    );

async function meet(
  scenario: Scenario,
  {
    clients = 100,
    seed = 1,
    options,
  }: { clients?: number; seed?: number; options?: StandardOptions },
): Promise<Measures> {
  return measure(await run(resolveScenario({ ...scenario, clients }), armOf(options), seed));
}

/** S5: the defaults hold in the situations that they were chosen for. bench/goodput runs more of them, with more seeds. */
describe('S5: standard() as it is shipped', () => {
  it.each([
    ['slowdown', 20, { recovery: 2 }],
    ['slowdown', 100, { recovery: 4 }],
    ['slowdown', 150, { recovery: 6 }],
    ['spike', 100, { recovery: 1, during: 0.45 }],
    ['spike', 150, { recovery: 1, during: 0.4 }],
    ['black_hole', 100, { recovery: 1 }],
    ['half_fail', 100, { recovery: 1, during: 0.93 }],
    ['nine_of_ten_fail', 20, { recovery: 1, during: 0.23 }],
    ['nine_of_ten_fail', 100, { recovery: 1, during: 0.23 }],
    ['all_fail', 20, { recovery: 2 }],
    ['all_fail', 100, { recovery: 2 }],
    ['half_fail', 2, { recovery: 0, during: 0.93 }],
  ] as const)(
    'S5: %s with %d clients: %o',
    async (name, clients, goal: { recovery: number; during?: number }) => {
      const { recovery, during, before } = await meet(scenarios[name], { clients });
      expect(before).toBeGreaterThan(0.999);
      expect(recovery).toBeLessThanOrEqual(goal.recovery);
      if (goal.during !== undefined) expect(during).toBeGreaterThanOrEqual(goal.during);
    },
  );

  it('S5: loses no second at 95% of the capacity', async () => {
    for (const seed of [1, 2]) {
      expect(await meet(scenarios.steady, { seed })).toMatchObject({ lost: 0 });
    }
  });

  it('S5: one server of eight that fails, is slow or swallows requests is no overload', async () => {
    const failing = await meet(scenarios.one_of_eight_fails, {});
    expect(failing.during).toBeGreaterThan(0.97);
    const none: Arm = () => ({ execute: (operation, { signal }) => operation({ signal }) });
    for (const name of ['one_of_eight_slow', 'one_of_eight_swallows'] as const) {
      let worse = 0;
      for (const seed of [1, 2, 3]) {
        const without = measure(await run(resolveScenario(scenarios[name]), none, seed));
        const { during } = await meet(scenarios[name], { seed });
        worse += (without.during - during) / 3;
      }
      expect(worse).toBeLessThan(0.01);
    }
  });
});

/** S5: what is no outage, and was made one by earlier defaults. */
describe('S5: standard() makes no outage of', () => {
  const burst: Scenario = {
    name: 'two missing ids',
    clients: 1,
    load: 0.1,
    arrivals: '40s',
    triggers: [{ kind: 'missing_ids', share: 1, at: '20s', lasts: 150 }],
  };

  it('S5: a burst of missing ids, told of them or not', async () => {
    const isFailure: StandardOptions['isFailure'] = (outcome) =>
      outcome.kind !== 'success' && !(outcome.error instanceof MissingError);
    for (const options of [{}, { isFailure }]) {
      const { lost, recovery, during } = await meet(burst, { clients: 1, options });
      expect({ lost, recovery, during }).toEqual({ lost: 0, recovery: 0, during: 1 });
    }
    // Half of all calls for twenty seconds.
    const told = await meet(scenarios.missing_ids, { clients: 20, options: { isFailure } });
    expect(told.during).toBeGreaterThan(0.999);
    expect(told.lost).toBe(0);
    expect(told.amplification).toBeCloseTo(1, 2);
  });

  it.each([1, 2, 20])(
    'S5: connections that are refused for 300 ms, with %d clients',
    async (clients) => {
      const { lost, recovery, after } = await meet(scenarios.refused_blip, { clients });
      expect({ lost, recovery, after }).toEqual({ lost: 0, recovery: 0, after: 1 });
    },
  );

  it('S5: parallel calls that each fail once', async () => {
    const clock = new VirtualClock();
    const calls = pipeline({ name: 'calls', clock }, ...standard());
    const failsOnce = () => {
      let asked = 0;
      return () => (++asked === 1 ? Promise.reject(new Error('reset')) : Promise.resolve('served'));
    };
    const made = Array.from({ length: 16 }, () => calls.execute(failsOnce()));
    await clock.runUntil(Promise.all(made));
    expect(await Promise.all(made)).toEqual(Array(16).fill('served'));
  });

  it('S5, X1: a burst: a healthy upstream answers all of 2,000 calls at once', async () => {
    const clock = new VirtualClock();
    const calls = pipeline({ name: 'calls', clock }, ...standard());
    const slowly = () => new Promise<void>((resolve) => clock.setTimer(resolve, 500));
    const made = Promise.all(Array.from({ length: 2_000 }, () => calls.settle(slowly)));
    const settled = await clock.runUntil(made);
    expect(settled.every(({ status }) => status === 'fulfilled')).toBe(true);
  });
});
