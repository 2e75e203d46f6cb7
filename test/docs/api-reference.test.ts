import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { links } from './markdown.js';
import { pages, root } from './pages.js';

/** docs/api against the locked reports of the API. That it is what the docstrings say, `npm run api` checks. */

const reports = readdirSync(join(root, 'test/api'))
  .filter((name) => name.endsWith('.api.md'))
  .map((name) => ({
    page: name.replace('.api.md', '.md'),
    names: [
      ...readFileSync(join(root, 'test/api', name), 'utf8').matchAll(
        /^export (?:declare |abstract |const |function |class |interface |type )+(\w+)/gm,
      ),
    ].map(([, exported = '']) => exported),
  }));

describe('the API reference', () => {
  const both = reports.flatMap(({ page, names }) =>
    ['docs/api/', 'docs/api/full/'].map((folder) => ({ page: `${folder}${page}`, names })),
  );

  it.each(both)('describes every export: $page', ({ page, names }) => {
    const text = pages().find(({ path }) => path === page)?.text ?? '';
    const described = new Set([...text.matchAll(/^### (\w+)$/gm)].map(([, name]) => name));
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !described.has(name))).toEqual([]);
  });

  it.each(reports)('says of every export on the published page what it is: $page', ({ page }) => {
    const text = pages().find(({ path }) => path === `docs/api/${page}`)?.text ?? '';
    const silent = [...text.matchAll(/^### (\w+)\n+(?=#|$(?![\s\S]))/gm)].map(([, name]) => name);
    expect(silent).toEqual([]);
  });

  it.each(pages().filter(({ path }) => path.startsWith('docs/policies/')))(
    'is linked from $path',
    ({ text }) => {
      const targets = links(text).map(({ target }) => target);
      expect(targets.some((target) => target.startsWith('../api/holdfast.md#'))).toBe(true);
    },
  );
});
