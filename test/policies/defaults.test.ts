import { readFileSync } from 'node:fs';
import {
  adaptiveLimiter,
  bulkhead,
  rateLimiter,
  retry,
  retryBudget,
  standard,
  throttle,
  timeout,
} from 'holdfast';
import { describe, expect, it } from 'vitest';
import { adaptiveLimiterDefaults } from '../../src/policies/adaptive-limiter/options.js';
import { bulkheadDefaults } from '../../src/policies/bulkhead/options.js';
import { circuitBreakerDefaults } from '../../src/policies/circuit-breaker/options.js';
import { rateLimiterDefaults } from '../../src/policies/rate-limiter/options.js';
import { retryDefaults } from '../../src/policies/retry/options.js';
import { retryBudgetDefaults } from '../../src/policies/retry-budget/options.js';
import { standardDefaults } from '../../src/policies/standard.js';
import { throttleDefaults } from '../../src/policies/throttle/options.js';
import { formatDuration } from '../../src/time/duration.js';

/** The defaults are promises: they change with a major version only, and the documentation names them. */

describe('defaults', () => {
  it('R1, R3, R4: retry', () => {
    expect(retryDefaults).toEqual({
      maxRetries: 3,
      initialDelay: 100,
      factor: 2,
      maxDelay: 20_000,
      jitter: 'full',
      maxRetryAfter: 30_000,
      whenSpent: 'return',
    });
  });

  it('R6: retryBudget', () => {
    expect(retryBudgetDefaults).toEqual({ ratio: 1, minPerSecond: 3 });
  });

  it('Q4: bulkhead', () => {
    expect(bulkheadDefaults).toEqual({
      maxConcurrent: 100,
      maxQueued: 0,
      releaseOnAbandon: false,
      dryRun: false,
    });
  });

  it('L1: rateLimiter', () => {
    expect(rateLimiterDefaults).toEqual({ per: 1_000, maxWait: 0, cost: 1, dryRun: false });
  });

  it('L2: adaptiveLimiter', () => {
    expect(adaptiveLimiterDefaults).toEqual({
      algorithm: 'brake',
      minLimit: 1,
      maxLimit: 10_000,
      maxQueued: 100,
      maxWait: 500,
      releaseOnAbandon: false,
      dryRun: false,
      others: { initialLimit: 20, minLimit: 3, maxLimit: 200, maxQueued: 0, maxWait: 100 },
    });
  });

  it('standard', () => {
    expect(standardDefaults).toEqual({ totalTimeout: 30_000, attemptTimeout: 10_000 });
  });
});

/** The rows `| name | ... | default | ... |` of the table under the heading "Options". */
function table(page: string, column = 'default'): Map<string, string> {
  const path = new URL(`../../docs/policies/${page}.md`, import.meta.url);
  const text =
    readFileSync(path, 'utf8')
      .split(/^## Options$/m)[1]
      ?.split(/^## /m)[0] ?? '';
  const rows = text
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter((cells) => cells.length >= 5);
  const [head, , ...body] = rows;
  const at = head?.indexOf(column) ?? -1;
  return new Map(body.map((cells) => [cells[1]!.replaceAll('`', ''), cells[at]!]));
}

/** The names of all options of a policy, as its own message for an unknown one lists them. */
function optionsOf(make: (options: object) => unknown): string[] {
  try {
    make({ zzzzzzzzzzzzzzz: 1 });
  } catch (error) {
    return /the options are (.*)$/m.exec((error as Error).message)?.[1]?.split(', ') ?? [];
  }
  return [];
}

/** How a default is written in the tables. */
function written(key: string, value: unknown): string {
  const isDuration =
    /delay|after|timeout|wait|duration|window|^per$/i.test(key) && typeof value === 'number';
  if (isDuration) return formatDuration(value);
  if (typeof value === 'string') return `\`'${value}'\``;
  return typeof value === 'boolean' ? `\`${value}\`` : String(value);
}

const { others, ...brakeDefaults } = adaptiveLimiterDefaults;

it('the table of options in docs/policies/adaptive-limiter.md has the defaults of the other algorithms', () => {
  for (const [key, value] of Object.entries(others)) {
    expect([key, table('adaptive-limiter', 'other algorithms').get(key)]).toEqual([
      key,
      expect.stringMatching(new RegExp(`^${written(key, value)}(?:$|, )`)),
    ]);
  }
});

describe.each<[string, (options: object) => unknown, Readonly<Record<string, unknown>>]>([
  ['retry', (options) => retry(options), retryDefaults],
  ['retry-budget', (options) => retryBudget(options), retryBudgetDefaults],
  ['timeout', (options) => timeout(options as { duration: number }), {}],
  ['bulkhead', (options) => bulkhead(options), bulkheadDefaults],
  ['rate-limiter', (options) => rateLimiter(options as { limit: number }), rateLimiterDefaults],
  ['throttle', (options) => throttle(options), throttleDefaults],
  ['adaptive-limiter', (options) => adaptiveLimiter(options), brakeDefaults],
  ['standard', (options) => standard(options), standardDefaults],
])('the table of options in docs/policies/%s.md', (page, make, defaults) => {
  it('names every option, and nothing else', () => {
    expect([...table(page).keys()].sort()).toEqual(optionsOf(make).sort());
  });

  it('has the defaults of the code', () => {
    for (const [key, value] of Object.entries(defaults)) {
      expect([key, table(page).get(key)]).toEqual([
        key,
        expect.stringMatching(new RegExp(`^${written(key, value)}(?:$|, )`)),
      ]);
    }
  });
});

it('docs/policies/standard.md has every default of the policies in it', () => {
  const path = new URL('../../docs/policies/standard.md', import.meta.url);
  const text = readFileSync(path, 'utf8').split(/^## Every default, and why$/m)[1] ?? '';
  const rows = (text.split(/^## /m)[0] ?? '')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')))
    .slice(2);
  const shown = rows
    .map(([, , option, value]) => [option, value?.replaceAll(',', '')])
    // Follows from another one.
    .filter(([option]) => option !== 'maxOpenFor');
  const { algorithm, minLimit, maxLimit, maxQueued, maxWait } = adaptiveLimiterDefaults;
  const wanted = [
    ...Object.entries(retryDefaults).filter(([key]) => key !== 'whenSpent'),
    ...Object.entries(retryBudgetDefaults),
    ...Object.entries(circuitBreakerDefaults).filter(([, value]) => value !== false),
    ...Object.entries({ algorithm, minLimit, maxLimit, maxQueued, maxWait }),
  ].map(([key, value]) => [key, inWords(key, value)]);
  expect(shown).toEqual(wanted);
});

function inWords(key: string, value: unknown): string {
  const isDuration = /delay|after|timeout|wait|for$|^window$/i.test(key);
  if (isDuration && typeof value === 'number') return formatDuration(value);
  return typeof value === 'string' ? `'${value}'` : String(value);
}
