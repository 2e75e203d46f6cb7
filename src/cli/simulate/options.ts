import { parseArgs } from 'node:util';
import { nearest } from '../../config/nearest.js';
import { arms } from '../../simulator/index.js';
import { UsageError } from '../usage.js';

/** The options of the command, as parsed. */
export interface CommandOptions {
  /** The name of a ready scenario, or the path of a document. */
  readonly scenario: string | undefined;
  readonly arms: readonly (keyof typeof arms)[];
  readonly seeds: readonly number[];
  readonly clients: number | undefined;
  /** Where the HTML report goes. */
  readonly html: string | undefined;
  readonly json: boolean;
  readonly list: boolean;
  readonly schema: boolean;
  readonly help: boolean;
}

export const DEFAULT_SEEDS: readonly number[] = [1, 2, 3];
const MOST_SEEDS = 100;
const MOST_CLIENTS = 100_000;

const names = Object.keys(arms) as (keyof typeof arms)[];

export const SIMULATE_HELP = `holdfast simulate: how set-ups cope with upstream trouble, in virtual time

Usage: holdfast simulate <scenario> [options]
       holdfast simulate --list | --schema

  <scenario>        the name of a ready scenario, or a JSON document (file.json)
  --arms <a,b,...>  set-ups to compare (default ${names.join(',')})
  --seeds <1,2,...> one run of each arm for each seed (default ${DEFAULT_SEEDS.join(',')})
  --clients <n>     number of clients, in place of the scenario's
  --html <file>     also write a report with charts
  --json            print the report as JSON, and nothing else
  --list            print the ready scenarios
  --schema          print the JSON Schema of scenario documents
  --help            print this

none sends each call once. naive retries three times, as many services do.
standard is a pipeline of standard(), with the callers' deadline as total timeout.
`;

/** @throws UsageError */
export function parseSimulateArgs(args: readonly string[]): CommandOptions {
  const { values, positionals } = read(args);
  const { html, json = false, list = false, schema = false, help = false } = values;
  const options = {
    scenario: positionals[0],
    arms: values.arms === undefined ? names : armsOf(values.arms),
    seeds: values.seeds === undefined ? DEFAULT_SEEDS : seedsOf(values.seeds),
    clients: values.clients === undefined ? undefined : clientsOf(values.clients),
    html,
    json,
    list,
    schema,
    help,
  };
  if (help || list || schema) return options;
  if (positionals.length === 0) throw new UsageError('a scenario is missing: see --list');
  if (positionals.length > 1) {
    throw new UsageError(
      `one scenario at a time (got ${positionals.map((each) => `'${each}'`).join(', ')})`,
    );
  }
  if (html === '') throw new UsageError("--html must be the path of a file (got '')");
  return options;
}

function read(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        arms: { type: 'string' },
        seeds: { type: 'string' },
        clients: { type: 'string' },
        html: { type: 'string' },
        json: { type: 'boolean' },
        list: { type: 'boolean' },
        schema: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    // The second sentence of Node's message explains positional arguments. Leave it out.
    throw new UsageError(String((error as Error).message).split('. ')[0]);
  }
}

function armsOf(text: string): (keyof typeof arms)[] {
  const given = text.split(',').map((part) => part.trim());
  return [...new Set(given)].map((name) => {
    const known = names.find((each) => each === name);
    if (known !== undefined) return known;
    const meant = nearest(name, names);
    const hint = meant === undefined ? '' : `, did you mean ${meant}?`;
    throw new UsageError(`--arms must be of ${names.join(', ')} (got '${name}'${hint})`);
  });
}

function seedsOf(text: string): number[] {
  const parts = text.split(',').map((part) => part.trim());
  const seeds = [...new Set(parts)].map((part) => (/^\d{1,10}$/.test(part) ? Number(part) : -1));
  const fits = seeds.every((seed) => seed >= 0 && seed < 2 ** 31);
  if (fits && seeds.length <= MOST_SEEDS) return seeds;
  throw new UsageError(
    `--seeds must be whole numbers from 0 to ${2 ** 31 - 1}, ${MOST_SEEDS} at most, with commas between them (got '${text}')`,
  );
}

function clientsOf(text: string): number {
  const clients = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (clients >= 1 && clients <= MOST_CLIENTS) return clients;
  throw new UsageError(
    `--clients must be a whole number from 1 to ${MOST_CLIENTS} (got '${text}')`,
  );
}
