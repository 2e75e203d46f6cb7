import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';

interface Bundles {
  readonly parts: Readonly<Record<'three' | 'core' | 'fetch', string>>;
  bundleParts(source: string): Promise<{ readonly minified: ReadonlyMap<string, number> }>;
}

const specifier: string = pathToFileURL('bench/bundles.js').href;
const { parts, bundleParts } = (await import(specifier)) as Bundles;

/** The files of a registry that a bundle of this source has. */
async function ofRegistry(source: string): Promise<string[]> {
  const { minified } = await bundleParts(source);
  return [...minified]
    .filter(([file, bytes]) => bytes > 0 && file.startsWith('src/registry/'))
    .map(([file]) => file.slice('src/registry/'.length))
    .sort();
}

describe('a bundle', () => {
  it('M1: without a registry has only what joins one', { timeout: 30_000 }, async () => {
    expect(await ofRegistry(parts.three)).toEqual(['join.ts', 'roster.ts']);
    const fetch = await ofRegistry(parts.fetch);
    expect(fetch).toContain('keyed.ts');
    for (const file of ['registry.ts', 'report.ts', 'health.ts', 'requirements.ts']) {
      expect(fetch).not.toContain(file);
    }
    expect(await ofRegistry("export { registry } from 'holdfast';")).toContain('health.ts');
  });
});
