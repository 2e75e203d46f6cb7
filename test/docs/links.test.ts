import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
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

describe('links of the published package', () => {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const told = execFileSync('npm', args, {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  // npm 12 answers an object keyed by package name, earlier ones an array.
  const [packed] = Object.values(
    JSON.parse(told) as Record<string, { files: readonly { path: string }[] }>,
  );
  const files = (packed?.files ?? []).map(({ path }) => path);
  const isPacked = (path: string) =>
    files.includes(path) || files.some((file) => file.startsWith(`${path}/`));

  it('are looked at', () => {
    expect(files).toContain('README.md');
    expect(files).toContain('docs/fetch.md');
    expect(isPacked('docs')).toBe(true);
    expect(isPacked('test')).toBe(false);
  });

  it.each(pages().filter(({ path }) => isPacked(path)))('$path', ({ path, text }) => {
    const dead = links(text)
      .filter(({ target }) => !outside.test(target) && !target.startsWith('#'))
      .map(({ line, target }) => {
        const to = posix.join(posix.dirname(path), decodeURI(target).replace(/#.*/, ''));
        return { line, target, to: to.replace(/\/$/, '') };
      })
      .filter(({ to }) => !isPacked(to))
      .map(({ line, target }) => `${path}:${line}: ${target} is not in the package`);
    expect(dead).toEqual([]);
  });
});
