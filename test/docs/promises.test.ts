import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pages, root } from './pages.js';

/**
 * docs/semantics.md numbers what is promised (`B5`), and names the files of the tests that prove it. A promise counts as proved when the
 * title of a test starts with its number, alone or in a list: `it('B5: ...')`, `it('B5, B6: ...')`.
 */

const page = 'docs/semantics.md';
const text = pages().find(({ path }) => path === page)?.text ?? '';
const promises = new Set(text.match(/\b[GRBTQFHLXSMNVWYDKCOE][1-9]\d?\b/g));

const title =
  /\b(?:it|test|describe)\b(?:\.\w+(?:\((?:[^()]|\([^()]*\))*\))?)*\(\s*(['"`])([^'"`]*)/g;

function namedIn(source: string): string[] {
  return [...source.matchAll(title)].flatMap(([, , words = '']) => {
    const list = /^([A-Z]\d+(?:(?:, | and |\/)[A-Z]\d+)*):/.exec(words)?.[1];
    return list?.match(/[A-Z]\d+/g) ?? [];
  });
}

const named = new Map(
  readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts') && !path.endsWith('promises.test.ts'))
    .map((path) => `test/${path.split(sep).join('/')}`)
    .map((path) => [path, namedIn(readFileSync(join(root, path), 'utf8'))]),
);
/** The test files that the page names, as it does: `policies/retry/retry.test.ts` is in test/. */
const files = [
  ...new Set(
    [...text.matchAll(/`(?:test\/)?([\w/.-]+\.test\.ts)`/g)].map(([, path]) => `test/${path}`),
  ),
];

describe('the promises of docs/semantics.md', () => {
  it('are found by this test, and so are the titles that prove them', () => {
    expect(
      namedIn(`it('B5: a', f); it.each([['x', f()]])(\n 'G1, G2: %s'); it('B7 not'); x('B8: no')`),
    ).toEqual(['B5', 'G1', 'G2']);
    for (const section of 'GRBTQF') expect(promises).toContain(`${section}1`);
  });

  it('are numbered without gaps', () => {
    const gaps = [...promises].filter((promise) => {
      const number = Number(promise.slice(1));
      const before = `${promise[0]}${number - 1}`;
      return number > 1 && !promises.has(before);
    });
    expect(gaps).toEqual([]);
  });

  it('name test files that exist', () => {
    expect(files.length).toBeGreaterThan(50);
    expect(files.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('each have a test that names them, in a file the page names', () => {
    const proved = new Set(files.flatMap((path) => named.get(path) ?? []));
    expect([...promises].filter((promise) => !proved.has(promise))).toEqual([]);
  });

  it('include every promise of their sections that a test claims to prove', () => {
    const sections = new Set([...promises].map((promise) => promise[0]));
    const unknown = [...named].flatMap(([path, ids]) =>
      ids.filter((id) => sections.has(id[0]) && !promises.has(id)).map((id) => `${path}: ${id}`),
    );
    expect([...new Set(unknown)]).toEqual([]);
  });
});
