import { writeFile } from 'node:fs/promises';
import type { Arm, Report } from '../../simulator/index.js';
import {
  arms,
  simulate as run,
  scenarioJsonSchema,
  scenarios,
  toHtml,
  toJson,
  toTable,
} from '../../simulator/index.js';
import { UsageError } from '../usage.js';
import { parseSimulateArgs, SIMULATE_HELP } from './options.js';
import { readScenario } from './read-scenario.js';

/** Runs `holdfast simulate` and returns the exit code. */
export async function simulate(args: readonly string[]): Promise<number> {
  const options = parseSimulateArgs(args);
  const output = process.stdout;
  if (options.help) output.write(SIMULATE_HELP);
  else if (options.list) output.write(list());
  else if (options.schema) output.write(`${JSON.stringify(scenarioJsonSchema(), undefined, 2)}\n`);
  if (options.help || options.list || options.schema) return 0;
  const scenario = await readScenario(options.scenario ?? '', options.clients);
  const chosen: Record<string, Arm> = {};
  for (const name of options.arms) chosen[name] = arms[name];
  const report = await run({ scenario, arms: chosen, seeds: options.seeds });
  if (options.html !== undefined) await write(options.html, report);
  if (options.json) output.write(`${toJson(report)}\n`);
  else {
    output.write(
      `${report.scenario.about === '' ? '' : `${report.scenario.about}\n\n`}${toTable(report)}`,
    );
    if (options.html !== undefined) output.write(`\nCharts: ${options.html}\n`);
  }
  return 0;
}

function list(): string {
  const all = Object.values(scenarios);
  const width = Math.max(...all.map(({ name }) => name.length)) + 2;
  return all.map(({ name, about }) => `${name.padEnd(width)}${about}\n`).join('');
}

async function write(path: string, report: Report): Promise<void> {
  try {
    await writeFile(path, toHtml(report));
  } catch (error) {
    throw new UsageError(`${path} cannot be written: ${(error as Error).message}`);
  }
}
