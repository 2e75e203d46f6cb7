import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Gate, type Policy, pipeline, standard } from '../../src/index.js';
import { VirtualClock } from '../../src/testing/index.js';
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
    readonly choices: Record<string, Record<string, Outcome[]>>;
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

interface ChoicesModule {
  readonly choices: readonly {
    readonly id: string;
    readonly policies: (deadline: number) => Policy[];
  }[];
  readonly situations: readonly { readonly row: string }[];
}

interface SemianModule {
  readonly SemianBreaker: new () => Gate;
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

  it('has all choices in all situations, and no others', async () => {
    const { parseResults } = await module<ResultsModule>('results.js');
    const { choices, situations } = await module<ChoicesModule>('choices.js');
    const found = parseResults(text('bench/results/goodput.json')).choices;
    expect(Object.keys(found)).toEqual(situations.map(({ row }) => row));
    for (const each of Object.values(found)) {
      expect(Object.keys(each)).toEqual(choices.map(({ id }) => id));
    }
  });
});

describe('the choices beside standard()', () => {
  const names = (policies: readonly Policy[]): string[] =>
    policies.map(({ name, type }) => name ?? type);

  it('are its pipeline with one thing different, also where the list is written by hand', async () => {
    const { choices } = await module<ChoicesModule>('choices.js');
    const usual = names(standard({ totalTimeout: 1_000 }));
    for (const id of ['throttle', 'semian']) {
      const made = choices.find((choice) => choice.id === id)?.policies(1_000) ?? [];
      const expected = usual.map((name) => (name === 'circuit_breaker' ? id : name));
      expect(names(made)).toEqual(expected);
    }
  });

  it("Semian's breaker refuses the share of calls by which errors are above 5%, and none once they end", async () => {
    const { SemianBreaker } = await module<SemianModule>('semian.js');
    const clock = new VirtualClock();
    const pipe = pipeline({ name: 'x', clock, telemetry: false }, new SemianBreaker());
    /** How many of the calls of 10 s it lets in. */
    const admitted = async (failed: (call: number) => boolean): Promise<number> => {
      let count = 0;
      for (let call = 0; call < 500; call++) {
        await clock.advance(20);
        const asked = pipe.execute(async () => {
          count++;
          if (failed(call)) throw new Error('failed');
        });
        await asked.catch(() => undefined);
      }
      return count;
    };
    expect(await admitted(() => false)).toBe(500);
    await admitted((call) => call % 2 === 0);
    const half = await admitted((call) => call % 2 === 0);
    expect(half).toBeGreaterThan(220);
    expect(half).toBeLessThan(330);
    await admitted(() => false);
    expect(await admitted(() => false)).toBe(500);
  });
});
