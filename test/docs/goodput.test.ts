import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { root } from './pages.js';

const bench = pathToFileURL(join(root, 'bench/goodput/'));

interface Outcome {
  readonly back: number;
}

interface PageModule {
  readonly filesOf: (results: unknown, reasons: unknown) => Record<string, string>;
}

interface ResultsModule {
  readonly parseResults: (text: string) => {
    readonly rows: Record<string, Record<string, Outcome[]>>;
  };
  readonly textOf: (results: unknown) => string;
}

interface VerdictModule {
  readonly judge: (
    goal: object,
    arms: Record<string, object[]>,
    ours: string,
  ) => { readonly value: number; readonly limit: number; readonly met: boolean };
}

const module = async <T>(name: string): Promise<T> =>
  (await import(new URL(name, bench).href)) as T;

const text = (path: string): string => readFileSync(join(root, path), 'utf8');

describe('docs/goodput.md', () => {
  it('is what `npm run bench:goodput -- --page` makes of the results, as are its pictures', async () => {
    const { filesOf } = await module<PageModule>('page.js');
    const { parseResults } = await module<ResultsModule>('results.js');
    const made = filesOf(
      parseResults(text('bench/results/goodput.json')),
      JSON.parse(text('bench/goodput/reasons.json')),
    );
    const pictures = readdirSync(join(root, 'docs/goodput')).map((name) => `goodput/${name}`);
    expect(Object.keys(made).sort()).toEqual(['goodput.md', ...pictures].sort());
    for (const [path, expected] of Object.entries(made)) {
      expect(text(`docs/${path}`) === expected, `docs/${path} is out of date`).toBe(true);
    }
  });

  it('has results that survive being written and read', async () => {
    const { parseResults, textOf } = await module<ResultsModule>('results.js');
    const written = text('bench/results/goodput.json');
    const results = parseResults(written);
    expect(textOf(results)).toBe(written);
    const never = Object.values(results.rows).flatMap((arms) =>
      Object.values(arms).flatMap((runs) => runs.filter(({ back }) => back === Infinity)),
    );
    expect(never.length).toBeGreaterThan(0);
  });

  it('holds times to the worst seed and shares to the mean', async () => {
    const { judge } = await module<VerdictModule>('verdict.js');
    const ours = [
      { back: 0, during: 0.5 },
      { back: 3, during: 0.4 },
    ];
    const none = [
      { back: 9, during: 0.46 },
      { back: 9, during: 0.46 },
    ];
    const verdict = (goal: object): object => judge(goal, { none, ours }, 'ours');
    expect(verdict({ figure: 'back', atMost: 2 })).toEqual({ value: 3, limit: 2, met: false });
    expect(verdict({ figure: 'during', atLeast: 0.45 })).toMatchObject({ value: 0.45, met: true });
    expect(verdict({ figure: 'during', belowNone: 0.01 })).toMatchObject({ limit: 0.45 });
    const late = [{ back: Infinity }, { back: 0 }];
    expect(judge({ figure: 'back', atMost: 9 }, { ours: late }, 'ours').met).toBe(false);
  });
});
