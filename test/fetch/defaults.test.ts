import { readFileSync } from 'node:fs';
import { resilientFetch } from 'holdfast/fetch';
import { resilience, resilientRequest } from 'holdfast/undici';
import { describe, expect, it } from 'vitest';
import { DEFAULT_NAME, resolveFetch } from '../../src/fetch/options.js';
import { DRAIN_LIMIT_BYTES } from '../../src/fetch/response/discard.js';
import { FAILURE_STATUSES } from '../../src/fetch/verdict/statuses.js';
import { standardDefaults } from '../../src/policies/standard.js';
import { resolveResilience, DEFAULT_NAME as UNDICI_NAME } from '../../src/undici/options.js';

const page = (name: string): string =>
  readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8');

/** The rows of the tables under a heading: name to default. */
function rows(name: string, heading: string): Map<string, string> {
  const text = page(name).split(`\n## ${heading}\n`)[1]?.split(/^## /m)[0] ?? '';
  const cells = text
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  // The first table is that of the options; one call's follow.
  return new Map(
    cells.reverse().map(([, option = '', , value = '']) => [option.replaceAll('`', ''), value]),
  );
}

/** The names of all options, as the message for an unknown one lists them. */
function optionsOf(make: () => unknown): string[] {
  try {
    make();
  } catch (error) {
    return (
      /the options are (.*)$/m
        .exec((error as Error).message)?.[1]
        ?.split(', ')
        .sort() ?? []
    );
  }
  return [];
}

const wrong = { zzzzzzzzzzzzzzzzzzz: 1 } as object;

describe('the defaults of fetch', () => {
  it('X1: are these', () => {
    const { maxKeys, idleFor, name, captureStack, ...others } = resolveFetch(undefined);
    expect({ maxKeys, idleFor, name, captureStack }).toEqual({
      maxKeys: 10_000,
      idleFor: 600_000,
      name: 'fetch',
      captureStack: false,
    });
    const bodies = { idleTimeout: 30_000, bodyTimeout: Infinity };
    expect(others).toEqual({ path: 'resilientFetch', kind: 'fetch', ...bodies });
    expect(standardDefaults).toEqual({ totalTimeout: 30_000, attemptTimeout: 10_000 });
    expect(resolveResilience(undefined).name).toBe('undici');
  });

  it('X1: are those of the page', () => {
    const table = rows('fetch', 'Options');
    expect(table.get('maxKeys')).toBe('`10_000`');
    expect(table.get('idleFor')).toBe('`10m`');
    expect(table.get('name')).toBe(`\`'${DEFAULT_NAME}'\``);
    expect(table.get('retryAfter')).toBe('`true`');
    expect(table.get('captureStack')).toBe('`false`');
    expect(table.get('idleTimeout')).toBe('`30s`');
    expect(table.get('bodyTimeout')).toBe('`false`');
    expect(rows('undici', 'Options').get('name')).toBe(`\`'${UNDICI_NAME}'\``);
    expect(page('fetch')).toContain(
      'total timeout 30 s > retry > circuit breaker > adaptive limiter > bulkhead (off) > attempt timeout 10 s',
    );
  });

  it('X1: every option is on the page, and no other', () => {
    const options = optionsOf(() => resilientFetch(wrong));
    const overrides = ['key', 'idempotent', 'classify', 'retryAfter', 'idempotencyKey', 'retry'];
    overrides.push('totalTimeout', 'attemptTimeout');
    const onPage = [...rows('fetch', 'Options').keys()];
    expect(onPage.sort()).toEqual([...new Set([...options, ...overrides])].sort());
  });

  it('X1: undici takes the same but what is about fetch', () => {
    const options = optionsOf(() => resilientFetch(wrong));
    const shared = options.filter((name) => name !== 'fetch' && name !== 'baseUrl');
    expect(optionsOf(() => resilience(wrong))).toEqual(shared);
    expect(optionsOf(() => resilientRequest(wrong))).toEqual([...shared, 'request'].sort());
  });

  it('X2, X5: the statuses and the size are those of the page', () => {
    expect(page('fetch')).toContain('**408, 425, 429 and 500 to 599, but not 501 and 505**');
    expect([...FAILURE_STATUSES].slice(0, 5)).toEqual([408, 425, 429, 500, 502]);
    expect(FAILURE_STATUSES.size).toBe(3 + 100 - 2);
    expect(page('fetch')).toContain(`at most ${DRAIN_LIMIT_BYTES / 1024} KiB`);
  });
});
