import { ConsecutiveBreaker, circuitBreaker as cockatielBreaker, handleAll } from 'cockatiel';
import { describe, expect, it } from 'vitest';
import {
  adaptiveLimiter,
  ConfigError,
  circuitBreaker,
  pipeline,
  retry,
  throttle,
} from '../../src/index.js';
import {
  type Arm,
  arms,
  MissingError,
  type Scenario,
  type SimulateOptions,
  simulate,
} from '../../src/simulator/index.js';
import { short } from './support/short.js';

const quick = { ...short, arrivals: '10s', triggers: [] } as const satisfies Scenario;
const failing = {
  ...quick,
  triggers: [{ kind: 'errors', share: 1, at: '3s', lasts: '3s' }],
} as const satisfies Scenario;

const options = (scenario: SimulateOptions['scenario'], arm: Arm): SimulateOptions => ({
  scenario,
  arms: { mine: arm },
  seeds: [1],
});

describe('the same scenario, arms and seeds', () => {
  /** Without a clock, and with chance in it: what depends on the process most. */
  const clockless: Arm = () =>
    pipeline({ name: 'x', telemetry: false }, retry(), circuitBreaker({ minimumCalls: 5 }));
  const three = { clockless, naive: arms.naive, standard: arms.standard };

  it('S1: give the same report, to the last bit, whatever ran before', async () => {
    const ask = (): Promise<unknown> => simulate({ scenario: failing, arms: three, seeds: [1, 2] });
    const first = await ask();
    await simulate({ scenario: quick, arms: { clockless }, seeds: [9] });
    for (let i = 0; i < 10; i++) Math.random();
    expect(JSON.stringify(await ask())).toBe(JSON.stringify(first));
  });

  it('S1: give it after a load under which pipelines share readings of the system clock', async () => {
    const throttled: Arm = () =>
      pipeline({ name: 'x', telemetry: false }, throttle({ window: '2s', minimumCalls: 3 }));
    const scenario: Scenario = {
      name: 'errors from the start',
      clients: 3,
      arrivals: '3s',
      triggers: [{ kind: 'errors', share: 0.6, at: 0, lasts: '2s' }],
    };
    const ask = async (): Promise<string> =>
      JSON.stringify(await simulate({ scenario, arms: { throttled }, seeds: [1] }));
    const first = await ask();
    const busy = pipeline('real', circuitBreaker());
    for (let round = 0; round < 4; round++) {
      for (let i = 0; i < 3_000; i++) await busy.execute(async () => i);
      expect(await ask()).toBe(first);
    }
  });

  it('S1: give it in every order, alone, and to those who ask at the same time', async () => {
    const { naive, standard } = arms;
    const [one, other, alone] = await Promise.all([
      simulate({ scenario: failing, arms: { naive, standard }, seeds: [1] }),
      simulate({ scenario: failing, arms: { standard, naive }, seeds: [2, 1] }),
      simulate({ scenario: failing, arms: { naive }, seeds: [1] }),
    ]);
    expect(JSON.stringify(alone.arms['naive'])).toBe(JSON.stringify(one.arms['naive']));
    for (const name of ['naive', 'standard']) {
      const run = one.arms[name]?.runs[0];
      expect(JSON.stringify(other.arms[name]?.runs[1])).toBe(JSON.stringify(run));
    }
  });

  it('S1: differ by seed', async () => {
    const { arms: reports } = await simulate({
      scenario: failing,
      arms: { none: arms.none },
      seeds: [1, 2],
    });
    const [one, two] = reports['none']?.runs ?? [];
    expect(one?.series.calls).not.toEqual(two?.series.calls);
  });

  it('S2: all arms meet the same calls and the same trouble', async () => {
    const { arms: reports } = await simulate({
      scenario: 'spike',
      arms: { none: arms.none, refuses },
      seeds: [1],
    });
    const [one, two] = Object.values(reports).map(({ runs }) => runs[0]);
    expect(two?.series.calls).toEqual(one?.series.calls);
    expect(two?.triggers).toEqual(one?.triggers);
  });
});

const refuses: Arm = () => ({ execute: () => Promise.reject(new Error('never')) });

describe('S3: a simulation leaves the globals as they were', () => {
  const globals = (): unknown[] => [
    setTimeout,
    clearTimeout,
    setInterval,
    clearInterval,
    Date,
    Math.random,
    performance.now,
    AbortSignal.timeout,
  ];

  it.each<[string, Arm]>([
    ['ends', arms.none],
    [
      'has an arm that throws',
      () => {
        throw new Error('broken');
      },
    ],
    [
      'has a callback that throws',
      () => ({
        execute: () => {
          setTimeout(() => {
            throw new Error('late');
          }, 5);
          return Promise.resolve();
        },
      }),
    ],
  ])('when it %s', async (_when, arm) => {
    const before = globals();
    await simulate(options(quick, arm)).catch(() => {});
    expect(globals()).toEqual(before);
    // The next one is not held up.
    const { arms: reports } = await simulate(options(quick, arms.none));
    expect(reports['mine']?.summary.before).toBeGreaterThan(0.99);
  });
});

describe('an arm', () => {
  it('is asked once for each client, with what it may want to know', async () => {
    const asked: unknown[] = [];
    await simulate(
      options({ ...quick, clients: 3 }, ({ client, deadline, clock, random }) => {
        asked.push([client, deadline, clock.now(), random() < 1, Math.random() < 1]);
        return arms.none();
      }),
    );
    expect(asked).toEqual([0, 1, 2].map((client) => [client, 1_000, 0, true, true]));
  });

  it('may be a pipeline: the states of its breakers and limiters are in the report', async () => {
    const report = await simulate(
      options(failing, ({ clock }) =>
        pipeline(
          { name: 'x', clock, telemetry: false },
          circuitBreaker({ failureRate: 0.5, minimumCalls: 5, failingFor: 0, openFor: '5s' }),
          adaptiveLimiter(),
        ),
      ),
    );
    const { open, limit, refused } = report.arms['mine']?.runs[0]?.series ?? {};
    expect(open?.slice(0, 3)).toEqual([0, 0, 0]);
    expect(Math.max(...(open ?? []))).toBeGreaterThan(4);
    expect(limit?.every((each) => each !== null && each > 0)).toBe(true);
    expect(refused?.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(100);
  });

  it('may be a policy of cockatiel: its breaker opens and closes in simulated time', async () => {
    const breaker: Arm = () =>
      cockatielBreaker(handleAll, { halfOpenAfter: 500, breaker: new ConsecutiveBreaker(3) });
    const report = await simulate(options(failing, breaker));
    const { measures, series } = report.arms['mine']?.runs[0] ?? {};
    expect(measures?.during).toBeLessThan(0.05);
    expect(measures?.after).toBeGreaterThan(0.9);
    expect(series?.refused.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(100);
  });

  it('may be a few lines: what throws at once is a call that failed', async () => {
    const thrower: Arm = () => ({
      execute: () => {
        throw new Error('at once');
      },
    });
    const report = await simulate(options(quick, thrower));
    expect(report.arms['mine']?.summary).toMatchObject({ before: 0, amplification: 0 });
  });

  it('waits no longer than the deadline, whatever it does', async () => {
    const deaf: Arm = () => ({ execute: () => new Promise(() => {}) });
    const report = await simulate(options(quick, deaf));
    expect(report.arms['mine']?.summary.before).toBe(0);
  });

  it('sends nothing by an operation whose signal is aborted already', async () => {
    const gone: Arm = () => ({
      execute: (operation) => operation({ signal: AbortSignal.abort(new Error('gone')) }),
    });
    const { arms: found } = await simulate(options(quick, gone));
    expect(found['mine']?.summary).toMatchObject({ before: 0, amplification: 0 });
    expect(found['mine']?.runs[0]?.series.requests.every((requests) => requests === 0)).toBe(true);
  });

  it('S4: true answers count as such, be it that there is no such thing', async () => {
    const missing: Scenario = {
      ...quick,
      triggers: [{ kind: 'missing_ids', share: 0.5, at: '3s', lasts: '3s' }],
    };
    const seen = new Set<unknown>();
    const watching: Arm = () => ({
      execute: async (operation, { signal }) => {
        try {
          return await operation({ signal });
        } catch (error) {
          seen.add(error instanceof MissingError && error.status);
          throw error;
        }
      },
    });
    const report = await simulate({
      scenario: missing,
      arms: { watching, naive: arms.naive },
      seeds: [1],
    });
    expect([...seen]).toEqual([404]);
    expect(report.arms['watching']?.summary.during).toBe(1);
    expect(report.arms['naive']?.summary).toMatchObject({ during: 1, amplification: 1 });
  });

  it('S4: an error, or an answer after the deadline, is no answer', async () => {
    const late: Scenario = { ...quick, network: '600ms' };
    expect((await simulate(options(late, arms.none))).arms['mine']?.summary.before).toBe(0);
    expect((await simulate(options(failing, arms.none))).arms['mine']?.summary.during).toBe(0);
  });
});

describe('the report', () => {
  it('is plain data: the scenario, seeds, and what each second was like', async () => {
    const report = await simulate({ scenario: failing, arms: { none: arms.none }, seeds: [3, 4] });
    expect(report.scenario).toMatchObject({ name: 'short', arrivals: 10_000, deadline: 1_000 });
    expect(report.seeds).toEqual([3, 4]);
    const run = report.arms['none']?.runs[1];
    expect(run?.seed).toBe(4);
    expect(run?.triggers).toEqual([{ kind: 'errors', startMs: 3_000, endMs: 6_000 }]);
    for (const list of Object.values(run?.series ?? {})) expect(list).toHaveLength(10);
    expect(run?.series.goodput.map((share) => share !== null && share > 0.5)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
      true,
      true,
      true,
      true,
    ]);
    expect(run?.series.limit).toEqual(new Array(10).fill(null));
    expect(structuredClone(report)).toEqual(report);
  });

  it('says null for the end of what lasts for good, and for the goodput of no calls', async () => {
    const slow: Scenario = { ...quick, load: 0.001, triggers: [{ kind: 'slowdown', at: '5s' }] };
    const run = (await simulate(options(slow, arms.none))).arms['mine']?.runs[0];
    expect(run?.triggers[0]?.endMs).toBeNull();
    expect(run?.series.goodput).toContain(null);
  });
});

describe('wrong options', () => {
  const wrong = async (given: unknown): Promise<ConfigError> => {
    const error: unknown = await simulate(given as SimulateOptions).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(ConfigError);
    return error as ConfigError;
  };
  const good = { scenario: quick, arms: { none: arms.none }, seeds: [1] };

  it.each([
    [{ ...good, seed: 1 }, 'simulate.seed: unknown option "seed": did you mean "seeds"?'],
    [{ ...good, seeds: [] }, 'simulate.seeds: must be a list of whole numbers >= 0'],
    [
      { ...good, seeds: [1, -1] },
      'simulate.seeds[1]: must be a list of whole numbers >= 0 (got -1)',
    ],
    [{ ...good, arms: {} }, 'simulate.arms: must have an arm at least'],
    [{ ...good, arms: { a: pipeline('x') } }, 'simulate.arms.a: must be a function that makes'],
    [{ ...good, arms: { '': arms.none } }, 'must have a name of 1 to 60 characters'],
    [{ arms: good.arms }, 'scenario.name: must be a text'],
    [{ ...good, scenario: 'nothing' }, 'scenario: no ready scenario is named "nothing"'],
    [
      { ...good, scenario: { name: 'x', triggers: [{ kind: 'slowdown', factor: -1 }] } },
      'scenario.triggers[0].factor: must be a number above 0',
    ],
  ])('%o', async (given, text) => {
    expect((await wrong(given)).message).toContain(text);
  });

  it('an arm that cannot be made is named, with what is wrong', async () => {
    const broken: Arm = ({ client }) => {
      if (client === 2) retry({ maxRetries: -1 });
      return arms.none();
    };
    const error = await wrong({ ...good, arms: { none: arms.none, broken } });
    expect(error.path).toBe('arms.broken');
    expect(error.message).toMatch(
      /^arms\.broken: could not be made for client 2: retry\.maxRetries: must be a whole number/,
    );
    expect(error.cause).toBeInstanceOf(ConfigError);
  });

  it.each([undefined, {}, Promise.resolve(arms.none())])('an arm that answers %o', async (made) => {
    const error = await wrong({ ...good, arms: { odd: () => made } });
    expect(error.message).toBe('arms.odd: must answer an object that has execute()');
  });
});
