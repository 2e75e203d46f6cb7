import * as z from 'zod/mini';
import { describe } from '../config/describe.js';
import { once } from '../config/once.js';
import { parseData } from '../config/plain-data.js';
import { atLeast, wholeNumber } from '../config/schemas.js';
import { ConfigError } from '../errors.js';
import type { Arm } from './arm.js';
import type { Scenario } from './document.js';
import type { ArmReport, Report, RunReport } from './report.js';
import { armReportOf, runReportOf } from './report.js';
import type { Run } from './run.js';
import { run } from './run.js';
import type { ResolvedScenario } from './scenario.js';
import { scenarioOf } from './scenario-of.js';
import type { ScenarioName } from './scenarios.js';

/** Options of {@link simulate}. */
export interface SimulateOptions {
  /** The name of a ready scenario, or a document of your own. */
  readonly scenario: ScenarioName | Scenario;
  /** The arms to compare, by name. Each makes the caller of a client, and is called once for each client. */
  readonly arms: Readonly<Record<string, Arm>>;
  /** The seeds: whole numbers >= 0. Each arm has one run for each seed. All arms meet the same calls and the same random numbers. Default: 1, 2, 3. */
  readonly seeds?: readonly number[] | undefined;
}

const FACTORY =
  'must be a function that makes what calls go through, such as ({ clock }) => pipeline(...)';
const SEEDS = 'must be a list of whole numbers >= 0';
const ARM_NAME = 'must have a name of 1 to 60 characters';

/** The schema of an arm. It must be a function, because a ready pipeline would keep its state from run to run. */
export const armSchema = () =>
  z.custom<Arm>((value) => typeof value === 'function', { error: FACTORY });

/** The seeds of a simulation. */
export const seedsSchema = () =>
  z._default(
    z
      .array(wholeNumber(SEEDS, atLeast(0)), { error: SEEDS })
      .check(z.minLength(1, { error: SEEDS })),
    [1, 2, 3],
  );

const simulateSchema = /* @__PURE__ */ once(() =>
  z.strictObject({
    scenario: z.optional(z.unknown()),
    arms: z
      .record(z.string().check(z.minLength(1), z.maxLength(60)), armSchema(), {
        error: ({ code }) =>
          code === 'invalid_key' ? ARM_NAME : 'must be an object of arms by name',
      })
      .check(
        z.refine((arms) => Object.keys(arms).length > 0, { error: 'must have an arm at least' }),
      ),
    seeds: seedsSchema(),
  }),
);

/**
 * Runs arms through a scenario in virtual time, and reports the results. The same scenario, arms and seeds give the same
 * report, to the last bit. Runs never overlap: a second simulation waits for the first.
 *
 * While it runs, the process's timers, dates, `performance.now` and `Math.random` are simulated. Do nothing else in the process meanwhile.
 *
 * @throws ConfigError when an option or the scenario is wrong, with the path of each mistake. Also when an arm cannot be made.
 * @example
 * const report = await simulate({ scenario: 'slowdown', arms: { ...arms, mine: ({ clock }) => pipeline({ name: 'mine', clock }, retry()) } });
 * console.log(toTable(report));
 */
export async function simulate(options: SimulateOptions): Promise<Report> {
  const { arms, seeds, ...rest } = parseData(simulateSchema, options, 'simulate');
  const scenario = scenarioOf(rest.scenario);
  const reports: Record<string, ArmReport> = {};
  for (const [name, arm] of Object.entries(arms)) {
    const runs: RunReport[] = [];
    for (const seed of seeds) {
      runs.push(runReportOf(await runNamed(scenario, arm, seed, `arms.${name}`), seed));
    }
    reports[name] = armReportOf(runs);
  }
  return { scenario, seeds, arms: reports };
}

/** Runs an arm. If the arm cannot be made, the error says which arm it is. */
export function runNamed(
  scenario: ResolvedScenario,
  arm: Arm,
  seed: number,
  path: string,
): Promise<Run> {
  const named: Arm = (setup) => {
    const fail = (message: string, cause?: unknown): never => {
      throw new ConfigError(`${path}: ${message}`, { path, value: arm, cause });
    };
    try {
      const caller = arm(setup);
      if (typeof caller?.execute === 'function') return caller;
      return fail('must answer an object that has execute()');
    } catch (error) {
      if (error instanceof ConfigError && error.path === path) throw error;
      const what = error instanceof Error ? error.message : describe(error);
      return fail(`could not be made for client ${setup.client}: ${what}`, error);
    }
  };
  return run(scenario, named, seed);
}
