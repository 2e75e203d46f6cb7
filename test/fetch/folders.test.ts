import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { expect, it } from 'vitest';

/** What src/fetch is divided into, and what imports what: as docs/architecture.md draws it. */

const root = new URL('../../src/fetch/', import.meta.url);
const page = readFileSync(new URL('../../docs/architecture.md', import.meta.url), 'utf8');
const section = /^## fetch$[\s\S]*?(?=^## )/m.exec(page)?.[0] ?? '';

/** The folder of a file; a file at the top stands for itself. */
const partOf = (path: string): string => path.split('/')[0]?.replace(/\.ts$/, '') ?? '';

function importsOf(path: string): string[] {
  const code = readFileSync(new URL(path, root), 'utf8');
  return [...code.matchAll(/\bfrom '(\.[^']+)\.js'/g)]
    .map(([, target = '']) => posix.join(posix.dirname(path), target))
    .filter((target) => !target.startsWith('..'))
    .map(partOf);
}

const parts = new Map<string, Set<string>>();
for (const path of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
  if (!path.endsWith('.ts') || path === 'index.ts') continue;
  const part = partOf(path);
  const imports = parts.get(part) ?? new Set();
  for (const each of importsOf(path)) if (each !== part) imports.add(each);
  parts.set(part, imports);
}

const drawn = [...section.matchAll(/^(\w+) +-> +(\w+(?:, \w+)*|nothing)$/gm)].map(
  ([, part = '', imports = '']) =>
    [part, imports === 'nothing' ? [] : imports.split(', ').sort()] as const,
);

it('the drawing of src/fetch in docs/architecture.md shows what imports what', () => {
  const found = [...parts].map(([part, imports]) => [part, [...imports].sort()]);
  expect(Object.fromEntries(drawn)).toEqual(Object.fromEntries(found));
});

it('each folder imports only folders that are drawn below it', () => {
  const order = drawn.map(([part]) => part);
  const wrong = [...parts].flatMap(([part, imports]) =>
    [...imports]
      .filter((each) => order.indexOf(each) <= order.indexOf(part))
      .map((each) => `${part} imports ${each}`),
  );
  expect(wrong).toEqual([]);
});
