import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

it('docs/testing.md shows the settings of Jest that test/dist runs', () => {
  const section = /^## Jest$([\s\S]*?)^## /m.exec(read('docs/testing.md'))?.[1] ?? '';
  const shown = [...section.matchAll(/```json\n([\s\S]*?)```/g)].map((match) =>
    JSON.parse(match[1] ?? ''),
  );
  expect(shown).toEqual([JSON.parse(read('test/dist/runners/jest-esm/jest.config.json'))]);
});

it('test/dist runs Jest with its default settings, too', () => {
  const files = readdirSync(new URL('../dist/runners/jest-cjs/', import.meta.url));
  const tests = files.filter((file) => file.endsWith('.test.js'));
  expect(files.sort()).toEqual([...tests, 'package.json'].sort());
  expect(JSON.parse(read('test/dist/runners/jest-cjs/package.json'))).toEqual({ private: true });
});
