import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { root } from './pages.js';

const bench = pathToFileURL(join(root, 'bench/'));

interface PathResult {
  readonly runs: number;
  readonly quick?: boolean;
  readonly seconds?: number;
  readonly processes?: number;
  readonly repeated?: number;
  readonly date: string;
  readonly arms: readonly {
    readonly id: string;
    readonly label: string;
    readonly library: string;
    readonly group: string;
    readonly values: Record<string, number[]>;
  }[];
}

interface Results {
  readonly node: string;
  readonly v8: string;
  readonly cpu: string;
  readonly cores: number;
  readonly libraries: Record<string, string>;
  readonly paths: Record<string, PathResult>;
}

interface WriteModule {
  readonly readResults: () => Promise<Map<string, Results>>;
  readonly filesOf: (
    all: ReadonlyMap<string, Results>,
    reasons: Record<string, Record<string, string>>,
  ) => Record<string, string>;
}

interface GoalsModule {
  readonly goals: readonly { readonly id: string; readonly path: string }[];
}

interface PathsModule {
  readonly paths: readonly {
    readonly id: string;
    readonly kind: string;
    readonly groups: readonly { readonly id: string; readonly bare: string }[];
    readonly arms: readonly {
      readonly id: string;
      readonly group: string;
      readonly library: string;
      readonly create: unknown;
    }[];
  }[];
}

type RunResult = Record<string, { readonly ns: number }>;

interface FloorModule {
  readonly measureQuietly: (
    bare: string,
    measure: () => Promise<RunResult>,
  ) => Promise<{ result: RunResult; repeats: number }>;
}

interface PlanModule {
  readonly planText: (
    paths: PathsModule['paths'],
    runs: number,
    effort: 'quick' | 'full',
    all: ReadonlyMap<string, Results>,
    major: string,
  ) => string;
}

interface BundlesModule {
  readonly bundleSize: (
    source: string,
    directory: string,
  ) => Promise<{ initial: number; lazy: number; minified: number; inputs: string[] }>;
}

const module = async <T>(name: string): Promise<T> =>
  (await import(new URL(name, bench).href)) as T;
const text = (path: string): string => readFileSync(join(root, path), 'utf8');
const reasons = (): Record<string, Record<string, string>> =>
  JSON.parse(text('bench/reasons.json'));

/** What one Node measured of P1: the bare call takes 100 ns, holdfast's so many more. */
const measured = (node: string, net: number, quick?: true): Results => {
  const arm = (id: string, library: string, ns: number): PathResult['arms'][number] => ({
    id,
    label: id,
    library,
    group: 'five',
    values: { ns: [ns, ns, ns], mean: [ns, ns, ns] },
  });
  return {
    node: `v${node}.1.0`,
    v8: '1',
    cpu: 'a processor',
    cores: 2,
    libraries: { holdfast: '1.0.0' },
    paths: {
      P1: {
        runs: 3,
        date: '2026-01-01',
        ...(quick && { quick }),
        arms: [
          arm('bare', 'bare', 100),
          arm('bare-again', 'bare', 100),
          arm('holdfast', 'holdfast', 100 + net),
          arm('cockatiel', 'cockatiel', 9_000),
        ],
      },
    },
  };
};

const pagesOf = async (
  all: Record<string, Results>,
  why: Record<string, Record<string, string>> = {},
): Promise<{ page: string; readme: string }> => {
  const { filesOf } = await module<WriteModule>('report/write.js');
  const files = filesOf(new Map(Object.entries(all)), why);
  return { page: files['docs/performance.md'] ?? '', readme: files['bench/README.md'] ?? '' };
};

const goalRow = (readme: string, goal: string): string[] =>
  readme
    .split('\n')
    .find((line) => line.includes(`| ${goal} |`))
    ?.split('|')
    .slice(3, -1)
    .map((cell) => cell.trim()) ?? [];

describe('docs/performance.md and bench/README.md', () => {
  // The arms import every library that is compared.
  beforeAll(() => module<WriteModule>('report/write.js'), 120_000);

  it('are what `node bench/report/write.js` makes of the results, as are the pictures', async () => {
    const { filesOf, readResults } = await module<WriteModule>('report/write.js');
    const made = filesOf(await readResults(), reasons());
    const pictures = readdirSync(join(root, 'docs/performance')).map(
      (name) => `docs/performance/${name}`,
    );
    expect(Object.keys(made).sort()).toEqual(
      ['bench/README.md', 'docs/performance.md', ...pictures].sort(),
    );
    for (const [path, expected] of Object.entries(made)) {
      expect(text(path) === expected, `${path} is out of date`).toBe(true);
    }
  });

  it('show Node 24 and 26 first, and draw 24', async () => {
    const all = { 20: measured('20', 20), 24: measured('24', 24), 26: measured('26', 26) };
    const { page, readme } = await pagesOf(all);
    expect(page).toContain('|  | Node 24 | Node 26 | Node 20 | others, Node 24 |');
    expect(page).toContain('| holdfast | 24 ns | 26 ns | 20 ns |  |');
    expect(page).toContain('Node 24](performance/p1.svg)');
    expect(readme).toContain('|  | goal | aim | Node 24 | Node 26 | Node 20 |');
  });

  it('keep goals and misses out of the page, and give each miss its reason', async () => {
    const all = { 20: measured('20', 170), 24: measured('24', 140) };
    const { page, readme } = await pagesOf(all, { 'P1-net': { 24: 'Promises are slow.' } });
    expect(page).not.toMatch(/missed/i);
    expect(goalRow(readme, 'five policies: net over bare')).toEqual([
      'at most 1.3 x; Node 20: at most 1.5 x',
      '1.40 x **MISSED**',
      '1.70 x **MISSED**',
    ]);
    expect(readme).toContain('Node 24 1.40 x, aim at most 1.3 x: Promises are slow.');
    expect(readme).toContain('Node 20 1.70 x, aim at most 1.5 x: **no reason is given**');
  });

  it('show a reason only where its goal is missed: one of a Node, or one for all of them', async () => {
    const all = { 24: measured('24', 140), 26: measured('26', 150), 20: measured('20', 100) };
    const why = { 'P1-net': { 26: 'Not yet.', all: 'Promises are slow.', 20: 'Never mind.' } };
    const { readme } = await pagesOf(all, why);
    expect(readme).toContain('Node 24 1.40 x, aim at most 1.3 x: Promises are slow.');
    expect(readme).toContain('Node 26 1.50 x, aim at most 1.3 x: Not yet.');
    expect(readme).not.toContain('Never mind.');
    expect(readme).not.toMatch(/five policies: net over bare.*no reason is given/);
  });

  it('show where the time of a call goes apart from the comparison, each row with what it adds', async () => {
    const { paths, ...rest } = measured('24', 140);
    const arm = (id: string, group: string, ns: number): PathResult['arms'][number] => ({
      id,
      label: id,
      library: 'bare',
      group,
      values: { ns: [ns] },
    });
    const p1a = {
      runs: 1,
      date: '2026-01-01',
      arms: [
        arm('bare', 'shapes', 100),
        arm('derived', 'shapes', 130),
        arm('bare-none', 'none', 200),
        arm('none', 'none', 300),
      ],
    };
    const { page, readme } = await pagesOf({ 24: { ...rest, paths: { ...paths, P1A: p1a } } });
    expect(readme).toMatch(/\| by hand \| a promise derived from .* \| 0\.30 x \|/);
    expect(readme).toContain('| holdfast | a pipeline with no policy | 0.50 x (+0.20 x) |');
    expect(page).not.toContain('P1A');
  });

  it('say how many measurements were repeated, and how long a run takes', async () => {
    const { paths, ...rest } = measured('24', 140);
    const p1 = { ...(paths['P1'] as PathResult), seconds: 60, processes: 9, repeated: 2 };
    const { readme } = await pagesOf({ 24: { ...rest, paths: { P1: p1 } } });
    expect(readme).toContain('3 runs, 9 processes, 2 measurements repeated, 2026-01-01');
    expect(readme).toContain('- On Node 24: P1 20 s.');
  });

  it('leave out what was measured before its groups had a bare call of their own', async () => {
    const { paths, ...rest } = measured('24', 140);
    const p1 = paths['P1'] as PathResult;
    const four = {
      ...p1.arms[2],
      id: 'holdfast-four',
      group: 'four',
    } as PathResult['arms'][number];
    const old = { ...rest, paths: { P1: { ...p1, arms: [...p1.arms, four] } } };
    const { page, readme } = await pagesOf({ 24: old });
    for (const text of [page, readme]) {
      expect(text).not.toContain("opossum's four");
      expect(text).not.toContain('NaN');
    }
  });

  it('hold Node 20 to a goal of its own where it has one', async () => {
    const all = { 20: measured('20', 140), 24: measured('24', 140), 26: measured('26', 120) };
    const { readme } = await pagesOf(all);
    const [, ...cells] = goalRow(readme, 'five policies: net over bare');
    expect(cells).toEqual(['1.40 x **MISSED**', '1.20 x', '1.40 x']);
  });

  it('say of a goal that nothing measured it', async () => {
    const { readme } = await pagesOf({ 24: measured('24', 24) });
    expect(goalRow(readme, 'making a keyed copy')).toEqual(['at most 3 us', 'not measured']);
  });

  it('show what is no call: on every Node, or once where the Node does not matter', async () => {
    const figures = (node: string, ms: number): Results => {
      const { paths, ...rest } = measured(node, 24);
      const arm = (id: string, group: string, values: Record<string, number[]>) => ({
        id,
        label: id,
        library: 'holdfast',
        group,
        values,
      });
      const imported = { ns: [ms * 1e6], files: [30], rss: [8], heap: [2] };
      const bundled = { initial: [31], lazy: [7], minified: [90] };
      const one = { runs: 1, date: '2026-01-01' };
      const p11 = { ...one, arms: [arm('holdfast', 'import', imported)] };
      const p12 = { ...one, arms: [arm('holdfast-three', 'three', bundled)] };
      return { ...rest, paths: { ...paths, P11: p11, P12: p12 } };
    };
    const { page, readme } = await pagesOf({ 24: figures('24', 80), 26: figures('26', 95) });
    expect(page).toContain('| holdfast | 80.0 ms | 95.0 ms | 30 | 8.0 MB | 2.0 MB |');
    expect(page).toContain('| holdfast | 31.0 kB | 7.0 kB | 90.0 kB |');
    expect(page).toContain('![What a bundle grows by, and the package](performance/p12.svg)');
    expect(page).toContain('| cold import | 80.0 ms | 95.0 ms |  |');
    const imported = goalRow(readme, 'cold import of `holdfast`');
    expect(imported).toEqual(['at most 90 ms', '80.0 ms', '95.0 ms **MISSED**']);
  });

  it('say which figures come from quick runs', async () => {
    const all = { 20: measured('20', 20), 24: measured('24', 24, true) };
    const { page, readme } = await pagesOf(all);
    expect(page).toContain('Quick runs, less sure than full ones: Node 24.');
    expect(readme.match(/quick runs, less sure than full ones/g)).toHaveLength(1);
    const full = await pagesOf({ 24: measured('24', 24) });
    expect(full.page).not.toContain('Quick runs');
  });

  it('know the goal of every reason', async () => {
    const { goals } = await module<GoalsModule>('goals.js');
    const ids = goals.map(({ id }) => id);
    expect(Object.keys(reasons()).filter((id) => !ids.includes(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('a benchmark', () => {
  /** Compared with itself, with telemetry and without; the others hold one pipeline a process. */
  const TWO_PIPELINES = ['P9', 'P9M', 'P9S'];

  it('measures one pipeline of holdfast a process, beside the bare call, which is measured twice', async () => {
    const { paths } = await module<PathsModule>('paths.js');
    const calls = paths.filter(({ kind }) => kind !== 'own');
    expect(calls.map(({ id }) => id)).toContain('P1');
    for (const { id, groups, arms } of calls) {
      expect(new Set(arms.map((arm) => arm.id)).size, `${id}: ids of arms`).toBe(arms.length);
      const named = groups.map((group) => group.id);
      expect(arms.filter(({ group }) => !named.includes(group))).toEqual([]);
      for (const { id: group, bare } of groups) {
        const own = arms.filter((arm) => arm.group === group);
        const bares = own.filter((arm) => arm.id === bare || arm.id === `${bare}-again`);
        expect(bares, `${id}, ${group}: the bare call`).toHaveLength(2);
        expect(bares[1]?.create).toBe(bares[0]?.create);
        const pipelines = own.filter(({ library }) => library === 'holdfast').length;
        if (!TWO_PIPELINES.includes(id)) expect(pipelines, `${id}, ${group}`).toBeLessThan(2);
      }
    }
  });

  const runs = (floors: readonly number[]) => {
    let run = 0;
    return async (): Promise<RunResult> => {
      const floor = floors[run++] ?? Number.NaN;
      return { bare: { ns: 100 }, 'bare-again': { ns: 100 * floor }, holdfast: { ns: run } };
    };
  };

  it.each([
    { floors: [1.1, 1], repeats: 0, kept: 1 },
    { floors: [0.9, 1], repeats: 0, kept: 1 },
    { floors: [1.3, 1.1, 1], repeats: 1, kept: 2 },
    { floors: [0.7, 0.5, 0.99, 1], repeats: 2, kept: 3 },
    { floors: [1.3, 2, 0.6, 1], repeats: 2, kept: 1 },
  ])(
    'is repeated where bare and bare again differ, whatever the others show: $floors',
    async ({ floors, repeats, kept }) => {
      const { measureQuietly } = await module<FloorModule>('harness/floor.js');
      const { result, repeats: made } = await measureQuietly('bare', runs(floors));
      expect(made).toBe(repeats);
      expect(result['holdfast']).toEqual({ ns: kept });
    },
  );

  it('tells how long it will take, by the last results', async () => {
    const { paths } = await module<PathsModule>('paths.js');
    const { planText } = await module<PlanModule>('report/plan.js');
    const { paths: results, ...rest } = measured('24', 140);
    const p1 = { ...(results['P1'] as PathResult), seconds: 60 };
    const all = new Map([['24', { ...rest, paths: { P1: p1 } }]]);
    const chosen = paths.filter(({ id }) => ['P1', 'P2', 'P12'].includes(id));
    expect(planText(chosen, 5, 'full', all, '26')).toBe(
      '5 runs, about 2 min by the last results: P1 2 min, P2 ?, P12 ?',
    );
    expect(planText(chosen, 3, 'quick', all, '24')).toContain('P1 30 s');
  });
});

describe('the size of a bundle', () => {
  let directory = '';
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('counts dependencies, and apart from the rest what is loaded when needed', async () => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-bundle-'));
    const filler = (length: number): string =>
      Array.from({ length }, (_, i) => ((i * 7919) % 9973).toString(36)).join('');
    const files: Record<string, string> = {
      'node_modules/dependency/package.json': JSON.stringify({
        name: 'dependency',
        type: 'module',
        exports: './index.js',
        sideEffects: false,
      }),
      'node_modules/dependency/index.js': `export const used = '${filler(400)}';
export const unused = '${filler(4_000)}';
export const later = () => import('./later.js');`,
      'node_modules/dependency/later.js': `export const late = '${filler(1_000)}';`,
    };
    for (const [path, contents] of Object.entries(files)) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), contents);
    }
    const { bundleSize } = await module<BundlesModule>('bundles.js');
    const small = await bundleSize("export { used } from 'dependency';", directory);
    expect(small.minified).toBeGreaterThan(filler(400).length);
    expect(small.minified).toBeLessThan(filler(4_000).length);
    expect(small.initial).toBeGreaterThan(100);
    expect(small.initial).toBeLessThan(small.minified);
    expect(small.inputs).toContain('node_modules/dependency/index.js');
    expect(small.lazy).toBe(0);

    const split = await bundleSize("export { used, later } from 'dependency';", directory);
    expect(split.lazy).toBeGreaterThan(500);
    expect(split.minified).toBeLessThan(small.minified + filler(1_000).length);
    expect(split.inputs).not.toContain('node_modules/dependency/later.js');
  });
});
