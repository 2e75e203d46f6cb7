import { parseArgs } from 'node:util';
import { UsageError } from '../usage.js';

/** The options of the demo, as parsed. */
export interface DemoOptions {
  /** How long calls are sent. */
  readonly seconds: number;
  /** Calls a second to each side. */
  readonly rate: number;
  readonly seed: number;
  readonly json: boolean;
  readonly help: boolean;
}

export const DEMO_DEFAULTS = { seconds: 17, rate: 100, seed: 1 } as const;

const RANGES = {
  seconds: { least: 4, most: 600, whole: false },
  rate: { least: 50, most: 1_000, whole: false },
  seed: { least: 0, most: 2 ** 31 - 1, whole: true },
} as const;

export const DEMO_HELP = `holdfast demo: how fetch, naive retries and holdfast cope
with an overload

Usage: holdfast demo [options]

  --seconds <n>  for how long, ${RANGES.seconds.least} to ${RANGES.seconds.most} (default ${DEMO_DEFAULTS.seconds});
                 the last calls get 1 s more
  --rate <n>     calls a second, ${RANGES.rate.least} to ${RANGES.rate.most} (default ${DEMO_DEFAULTS.rate})
  --seed <n>     for the upstreams' chance (default ${DEMO_DEFAULTS.seed})
  --json         print the counts as JSON, and nothing else
  --help         print this

Each side has its own upstream: a real HTTP server on
loopback, in its own process, with some workers and a
queue. It can serve four requests for every three calls.
Like most services, it also works for callers who are
gone. Ctrl-C stops early and shows the counts so far.
`;

/** @throws UsageError */
export function parseDemoArgs(args: readonly string[]): DemoOptions {
  const values = read(args);
  return {
    seconds: number('seconds', values.seconds),
    rate: number('rate', values.rate),
    seed: number('seed', values.seed),
    json: values.json ?? false,
    help: values.help ?? false,
  };
}

function read(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        seconds: { type: 'string' },
        rate: { type: 'string' },
        seed: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    // The second sentence of Node's message explains positional arguments. There are none here.
    throw new UsageError(String((error as Error).message).split('. ')[0]);
  }
}

function number(name: keyof typeof RANGES, text: string | undefined): number {
  if (text === undefined) return DEMO_DEFAULTS[name];
  const { least, most, whole } = RANGES[name];
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
  const kind = whole ? 'a whole number' : 'a number';
  throw new UsageError(`--${name} must be ${kind} from ${least} to ${most} (got '${text}')`);
}
