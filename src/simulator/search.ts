import * as z from 'zod/mini';
import { once } from '../config/once.js';
import { parseData } from '../config/plain-data.js';
import { above, number } from '../config/schemas.js';
import { ConfigError } from '../errors.js';
import type { Arm } from './arm.js';
import type { Scenario } from './document.js';
import { measure, STEADY_SECONDS } from './measures.js';
import type { ResolvedScenario, ResolvedTrigger } from './scenario.js';
import { resolveScenario } from './scenario.js';
import { scenarioOf } from './scenario-of.js';
import type { ScenarioName } from './scenarios.js';
import { armSchema, runNamed, seedsSchema } from './simulate.js';

/** The part of a trigger that a search varies. */
export type TriggerSize = 'lasts' | 'factor' | 'share' | 'by';

/** Options of {@link smallestTrigger}. */
export interface SearchOptions {
  /** The name of a ready scenario, or a document of your own. Its first trigger is varied. */
  readonly scenario: ScenarioName | Scenario;
  /** Makes the caller of a client. */
  readonly arm: Arm;
  /** Default: 1, 2, 3. The trigger is too much if one of these runs does not recover. */
  readonly seeds?: readonly number[] | undefined;
  /** What is varied: `lasts` (the default) or `by` in milliseconds, `factor`, or `share`. */
  readonly vary?: TriggerSize | undefined;
  /** The smallest value to try. Default: 100 for `lasts`, 10 for `by`, 1.1 for `factor`, 0.02 for `share`. */
  readonly from?: number | undefined;
  /** The largest value to try. Default: 60,000 for `lasts`, 10,000 for `by`, 100 for `factor`, 1 for `share`. */
  readonly to?: number | undefined;
  /** Within how many seconds goodput has to be back. Default: 30. */
  readonly within?: number | undefined;
}

/** What {@link smallestTrigger} found: plain data. */
export interface SmallestTrigger {
  readonly vary: TriggerSize;
  /** The smallest value, to 5%, from which the arm does not recover in time. `null` if it recovers from all of them. */
  readonly value: number | null;
  /** The values that were tried, in order of size. */
  readonly tried: readonly { readonly value: number; readonly recovers: boolean }[];
  /** The same in words. */
  readonly text: string;
}

const RANGES = {
  lasts: { from: 100, to: 60_000, unit: ' ms' },
  by: { from: 10, to: 10_000, unit: ' ms' },
  factor: { from: 1.1, to: 100, unit: '' },
  share: { from: 0.02, to: 1, unit: '' },
} as const;

/** The search ends when its bounds are as close as this factor. */
const CLOSE = 1.05;

const ABOVE_0 = 'must be a number above 0';
const positive = () => number(ABOVE_0, above(0));

const searchSchema = /* @__PURE__ */ once(() =>
  z.strictObject({
    scenario: z.optional(z.unknown()),
    arm: armSchema(),
    seeds: seedsSchema(),
    vary: z._default(z.enum(['lasts', 'factor', 'share', 'by']), 'lasts'),
    from: z.optional(positive()),
    to: z.optional(positive()),
    within: z._default(z.pipe(positive(), z.number().check(z.maximum(600))), 30),
  }),
);

/**
 * Searches for the smallest trigger from which an arm does not recover in time. It shows how far a set-up is from the edge. The search is a
 * bisection, so it assumes that an arm which recovers from a trigger also recovers from a smaller one.
 *
 * @throws ConfigError when an option or the scenario is wrong, or its first trigger has no such size.
 * @example
 * const { text } = await smallestTrigger({ scenario: 'slowdown', arm: arms.naive });
 */
export async function smallestTrigger(options: SearchOptions): Promise<SmallestTrigger> {
  const { arm, seeds, vary, within, ...given } = parseData(searchSchema, options, 'search');
  const range = RANGES[vary];
  const { from = Math.min(range.from, given.to ?? range.from), to = Math.max(range.to, from) } =
    given;
  if (from > to) fail('search.from', `must not be above to (${to})`, from);
  const scenario = scenarioOf(given.scenario);
  checkVaries(scenario, vary);
  const tried: { value: number; recovers: boolean }[] = [];
  const recoversFrom = async (value: number): Promise<boolean> => {
    const varied = withSize(scenario, vary, value, within);
    let recovers = true;
    for (const seed of seeds) {
      recovers = measure(await runNamed(varied, arm, seed, 'arm')).recovery <= within;
      if (!recovers) break;
    }
    tried.push({ value, recovers });
    return recovers;
  };
  const value = await smallest(from, to, recoversFrom);
  tried.sort((a, b) => a.value - b.value);
  const show = (size: number): string => `${vary} ${Number(size.toPrecision(3))}${range.unit}`;
  const text =
    value === null
      ? `recovers within ${within} s from all up to ${show(to)}`
      : `does not recover within ${within} s from ${show(value)}`;
  return { vary, value, tried, text };
}

/** Finds the smallest value in a range for which the test is false, or null. Halves the range at its geometric mean. */
async function smallest(
  from: number,
  to: number,
  test: (value: number) => Promise<boolean>,
): Promise<number | null> {
  if (await test(to)) return null;
  if (!(await test(from))) return from;
  let [good, bad] = [from, to];
  while (bad / good > CLOSE) {
    const middle = Math.sqrt(good * bad);
    if (await test(middle)) good = middle;
    else bad = middle;
  }
  return bad;
}

function checkVaries({ triggers }: ResolvedScenario, vary: TriggerSize): void {
  const [first] = triggers;
  if (first === undefined) fail('scenario.triggers', 'must have a trigger to vary', triggers);
  else if (vary !== 'lasts' && !(vary in first)) {
    fail(
      'search.vary',
      `is not a size of the first trigger, which is of the kind ${first.kind}`,
      vary,
    );
  }
}

function fail(path: string, message: string, value: unknown): never {
  throw new ConfigError(`${path}: ${message}`, { path, value });
}

/** Changes the first trigger of the scenario, and leaves enough time after it to tell whether the arm recovers. */
function withSize(
  scenario: ResolvedScenario,
  vary: TriggerSize,
  value: number,
  within: number,
): ResolvedScenario {
  const [first, ...others] = scenario.triggers;
  const trigger = {
    ...first,
    [vary]: value,
    ...(vary === 'lasts' ? { varies: 0 } : {}),
  } as ResolvedTrigger;
  const triggers = [trigger, ...others];
  const ends = triggers.map(
    ({ kind, at, lasts = 0, varies, servers = scenario.servers }) =>
      at + (lasts + varies) * (kind === 'restart' ? servers : 1),
  );
  const arrivals = Math.max(...ends) + (within + STEADY_SECONDS + 1) * 1_000;
  // Checked again: a factor or a share may be out of its range.
  return resolveScenario({ ...scenario, triggers, arrivals });
}
