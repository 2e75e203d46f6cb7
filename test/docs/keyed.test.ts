import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { keyedDefaults, keyedSchema } from '../../src/registry/keyed-options.js';
import { durationSchema } from '../../src/time/duration.js';
import { pages } from './pages.js';

const page = pages().find(({ path }) => path === 'docs/keyed.md')?.text ?? '';
const options = page.slice(page.indexOf('## Options'), page.indexOf('## When'));

describe('the options table of docs/keyed.md', () => {
  it('lists every option with its default', () => {
    const rows = [...options.matchAll(/^\| `(\w+)` \|.*\| `([^`]+)` \|$/gm)].map(
      ([, name = '', value = '']) => [name, z.parse(durationSchema(), read(value))] as const,
    );
    expect(Object.fromEntries(rows)).toEqual(keyedDefaults);
    const names = [...rows.map(([name]) => name), 'random', 'registry', 'critical'];
    expect(names).toEqual(Object.keys(keyedSchema()._zod.def.shape));
    expect(options).toContain('| `registry`, `critical` |');
  });
});

function read(value: string): unknown {
  return /^[\d_]+$/.test(value) ? Number(value.replaceAll('_', '')) : value;
}
