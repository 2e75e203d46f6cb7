import { describe, expect, it } from 'vitest';
import { pairs } from '../pipeline/support/pair-policies.js';
import { pages } from './pages.js';

const page = pages().find(({ path }) => path === 'docs/composition.md')?.text ?? '';
const section = page.slice(page.indexOf('## All pairs'), page.indexOf('## The arithmetic'));
const rows = [...section.matchAll(/^\| ([a-z ]+) \| ([a-z ]+) \| ([^|]+) \|$/gm)].filter(
  ([, outer]) => outer !== 'outside',
);

describe('the table of docs/composition.md', () => {
  it('says of every pair that is tested what happens, in the order of the tests', () => {
    expect(rows.map(([, outer, inner]) => [outer, inner])).toEqual(pairs);
  });

  it('calls refused exactly what the tests expect to be refused', () => {
    const refused = rows.filter(([, , , text]) => text?.startsWith('refused when'));
    expect(refused.every(([, outer, inner]) => outer === 'chaos' && inner !== 'chaos')).toBe(true);
    expect(refused).toHaveLength(10);
  });
});
