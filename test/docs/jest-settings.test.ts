import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

it('docs/testing.md shows the settings of Jest that test/dist runs', () => {
  const section = /^## Jest$([\s\S]*?)^## /m.exec(read('docs/testing.md'))?.[1] ?? '';
  const shown = [...section.matchAll(/```json\n([\s\S]*?)```/g)].map((match) =>
    JSON.parse(match[1] ?? ''),
  );
  const run = ['jest-esm', 'jest-cjs'].map((folder) =>
    JSON.parse(read(`test/dist/runners/${folder}/jest.config.json`)),
  );
  expect(shown).toEqual(run);
});
