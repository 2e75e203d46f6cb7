import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchors, links } from './markdown.js';
import { pages, root } from './pages.js';

const outside = /^[a-z][a-z0-9+.-]*:/i;

function broken(from: string, target: string): string | undefined {
  const [path = '', anchor] = decodeURI(target).split('#');
  const file = path === '' ? join(root, from) : join(root, dirname(from), path);
  if (!existsSync(file)) return 'no such file';
  if (anchor === undefined || anchor === '' || statSync(file).isDirectory()) return undefined;
  if (!file.endsWith('.md')) return undefined;
  return anchors(readFileSync(file, 'utf8')).has(anchor) ? undefined : 'no such heading';
}

describe('links of the documentation', () => {
  it.each(pages().map((page) => [page.path, page.text] as const))(
    '%s points at files and headings that exist',
    (path, text) => {
      const wrong = links(text)
        .filter(({ target }) => !outside.test(target))
        .map(({ line, target }) => ({ line, target, why: broken(path, target) }))
        .filter(({ why }) => why !== undefined)
        .map(({ line, target, why }) => `${path}:${line}: ${target}: ${why}`);
      expect(wrong).toEqual([]);
    },
  );
});
