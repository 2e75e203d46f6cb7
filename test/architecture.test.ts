import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/** The rules of docs/architecture.md that a compiler does not know: what may import what, and what no file may use. */

const src = fileURLToPath(new URL('../src/', import.meta.url));

interface Source {
  readonly path: string;
  /** The folder below src/, or the file's own name at the top. */
  readonly part: string;
  /** Without comments; strings are kept. */
  readonly code: string;
  readonly imports: readonly string[];
}

function withoutComments(text: string): string {
  const token =
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;
  return text.replace(token, (each) => (/^\/[/*]/.test(each) ? ' ' : each));
}

function read(path: string): Source {
  const code = withoutComments(readFileSync(join(src, path), 'utf8'));
  const imports = [
    ...code.matchAll(/\b(?:import|export)\b[^'";]*?\bfrom\s*'([^']+)'/g),
    ...code.matchAll(/\bimport\s*\(?\s*'([^']+)'/g),
  ].map((match) => {
    const target = match[1] ?? '';
    return target.startsWith('.') ? posix.join(posix.dirname(path), target) : target;
  });
  return { path, part: path.split('/')[0] ?? '', code, imports };
}

const sources = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => read(path.split(sep).join('/')));

const isOwn = (target: string): boolean => target.endsWith('.js');
const partOf = (target: string): string => target.split('/')[0]?.replace(/\.js$/, '.ts') ?? '';

function offenders(fault: (source: Source) => readonly string[]): string[] {
  return sources.flatMap((source) => fault(source).map((what) => `src/${source.path}: ${what}`));
}

/** Outermost last: a part may import itself and what stands here. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  'copies.ts': [],
  'resilience-error.ts': ['copies.ts'],
  'errors.ts': ['resilience-error.ts'],
  'error-kinds.ts': ['errors.ts'],
  'revive-error.ts': ['errors.ts'],
  'host.ts': [],
  windows: ['errors.ts'],
  config: ['errors.ts', 'time'],
  time: ['copies.ts', 'errors.ts', 'host.ts', 'config'],
  pipeline: ['copies.ts', 'errors.ts', 'host.ts', 'error-kinds.ts', 'config', 'time', 'windows'],
  policies: [
    'copies.ts',
    'errors.ts',
    'host.ts',
    'error-kinds.ts',
    'config',
    'time',
    'windows',
    'pipeline',
  ],
  deadlines: ['copies.ts', 'errors.ts', 'host.ts', 'config', 'time', 'pipeline', 'policies'],
};
const CORE = [...Object.keys(MAY_IMPORT), 'index.ts'];
/** What joins the core and what is built on it. */
const ROOT = ['create.ts', 'index.ts'];
/** Where the globals of time are used. */
const TIME_OF_THE_HOST = ['clock', 'fakes', 'followed-time', 'host-timers'].map(
  (name) => `time/${name}.ts`,
);
/** Parts that must also run in Bun, Deno, workers and browsers. */
const ANYWHERE = [
  ...CORE,
  'create.ts',
  'cockatiel',
  'registry',
  'fetch',
  'grpc',
  'telemetry',
  'simulator',
  'services',
];

/** Circles that wait for a change elsewhere. */
const KNOWN_CIRCLES: readonly string[] = [];

/**
 * Files that lead back to themselves, circle by circle (the strongly connected components, by Tarjan's algorithm). Imports of types count:
 * to a reader, they lead there too.
 */
function circlesIn(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const circles: string[] = [];
  const order = new Map<string, number>();
  const open: string[] = [];
  const visit = (path: string): number => {
    const own = order.size;
    order.set(path, own);
    open.push(path);
    let first = own;
    for (const to of imports.get(path) ?? []) {
      if (!imports.has(to)) continue;
      const known = order.get(to);
      if (known === undefined) first = Math.min(first, visit(to));
      else if (open.includes(to)) first = Math.min(first, known);
    }
    if (first === own) {
      const circle = open.splice(open.indexOf(path)).sort();
      if (circle.length > 1 || imports.get(path)?.includes(path) === true) {
        circles.push(circle.join(' <-> '));
      }
    }
    return first;
  };
  for (const path of imports.keys()) if (!order.has(path)) visit(path);
  return circles.sort();
}

describe('architecture', () => {
  it('is read right by this test', () => {
    expect(sources.length).toBeGreaterThan(10);
    expect(sources.find(({ path }) => path === 'time/clock.ts')?.imports).not.toContain('');
    expect(withoutComments("a('//x') // y\n/* z */b")).toBe("a('//x')  \n b");
  });

  it('dependencies between the parts of the core point one way', () => {
    const wrong = offenders(({ part, imports }) => {
      const allowed = MAY_IMPORT[part];
      if (allowed === undefined) return [];
      return imports.filter(
        (to) => isOwn(to) && partOf(to) !== part && !allowed.includes(partOf(to)),
      );
    });
    expect(wrong).toEqual([]);
  });

  it('no file leads back to itself', () => {
    const imports = new Map(
      sources.map(({ path, imports }) => [path, imports.map((to) => to.replace(/\.js$/, '.ts'))]),
    );
    expect(circlesIn(imports).filter((circle) => !KNOWN_CIRCLES.includes(circle))).toEqual([]);
  });

  it('finds circles', () => {
    const circles = (edges: Record<string, string[]>) => circlesIn(new Map(Object.entries(edges)));
    expect(circles({ a: ['b', 'c'], b: ['c'], c: [] })).toEqual([]);
    expect(circles({ a: ['b'], b: ['c'], c: ['b'], d: ['d', 'a'] })).toEqual(['b <-> c', 'd']);
  });

  it('the core knows nothing that is built on it', () => {
    const wrong = offenders(({ part, imports }) => {
      const known = ROOT.includes(part)
        ? [...CORE, ...ROOT, 'cockatiel', 'registry', 'telemetry']
        : CORE.filter((each) => !ROOT.includes(each));
      return CORE.includes(part) || ROOT.includes(part)
        ? imports.filter((to) => isOwn(to) && !known.includes(partOf(to)))
        : [];
    });
    expect(wrong).toEqual([]);
  });

  it('the simulator knows the core, what joins it, and telemetry, and nothing else that is built on it', () => {
    const wrong = offenders(({ part, imports }) =>
      part === 'simulator'
        ? imports.filter(
            (to) => isOwn(to) && ![...CORE, ...ROOT, 'telemetry', part].includes(partOf(to)),
          )
        : [],
    );
    expect(wrong).toEqual([]);
  });

  it('only the packages that users are told about are imported', () => {
    const allowed = new Set(['cockatiel', 'zod/mini', 'zod/v4/core', '@opentelemetry/api']);
    const wrong = offenders(({ part, imports }) =>
      imports.filter(
        (to) =>
          !isOwn(to) &&
          !to.startsWith('node:') &&
          !allowed.has(to) &&
          !(to === 'undici' && part === 'undici'),
      ),
    );
    expect(wrong).toEqual([]);
  });

  it('what must run anywhere imports nothing of Node', () => {
    const wrong = offenders(({ part, code, imports }) =>
      ANYWHERE.includes(part)
        ? [
            ...imports.filter((to) => to.startsWith('node:')),
            // Not a method of this name, as a registry has one.
            ...[
              ...code.matchAll(
                /(?<![.\w'])(?:process|Buffer|setImmediate|require)\b(?=[.(])(?!\(\.{3}|\(\$\{)/g,
              ),
            ].map(([what]) => what),
          ]
        : [],
    );
    expect(wrong).toEqual([]);
  });

  it('zod is imported by tools alone, as zod/mini and as a namespace; the rest imports types of its core', () => {
    const wrong = offenders(({ part, code }) =>
      [...code.matchAll(/\bimport\s+[^;]*?from\s+'zod\/?[^']*'/g)]
        .map(([what]) => what)
        .filter((what) =>
          ['simulator', 'testing', 'cli'].includes(part)
            ? what !== "import * as z from 'zod/mini'"
            : what !== "import type * as core from 'zod/v4/core'",
        ),
    );
    expect(wrong).toEqual([]);
  });

  it('what is exported is never assigned again, since CommonJS shares values', () => {
    const wrong = offenders(({ code }) => code.match(/^export (?:let|var)\b.*/gm) ?? []);
    expect(wrong).toEqual([]);
  });

  it('one file reads the clock', () => {
    const wrong = offenders(({ path, part, code }) =>
      ANYWHERE.includes(part) && !TIME_OF_THE_HOST.includes(path)
        ? [
            ...code.matchAll(
              /\b(?:Date\.now|performance\.now|setTimeout|setInterval|AbortSignal\.timeout)\(|\bnew Date\(\)/g,
            ),
          ].map(([what]) => what)
        : [],
    );
    expect(wrong).toEqual([]);
  });

  it('nothing is evaluated from text, and no type is forced', () => {
    const wrong = offenders(({ path, code }) =>
      [
        ...code.matchAll(
          /\beval\(|\bnew Function\b|\bas any\b|:\s*any\b|<any>|AbortSignal\.any\b/g,
        ),
        ...readFileSync(join(src, path), 'utf8').matchAll(/@ts-(?:ignore|nocheck|expect-error)/g),
      ].map(([what]) => what),
    );
    expect(wrong).toEqual([]);
  });

  it('no module waits while it is loaded', () => {
    const wrong = offenders(({ code }) =>
      [...code.matchAll(/^(?:(?:export\s+)?const\s[^=]*=\s*)?await\b.*$/gm)].map(([what]) => what),
    );
    expect(wrong).toEqual([]);
  });

  it('each entry is a list of re-exports and nothing else', () => {
    const manifest = JSON.parse(readFileSync(join(dirname(src), 'package.json'), 'utf8')) as {
      exports: Record<string, unknown>;
    };
    const entries = Object.keys(manifest.exports)
      .filter((subpath) => subpath !== './package.json')
      .map((subpath) => posix.join(subpath, 'index.ts'));
    expect(entries).toContain('index.ts');
    const wrong = entries.filter((entry) => {
      const source = sources.find(({ path }) => path === entry);
      const statement = /export\s+(?:type\s+)?(?:\*|\{[^}]*\})(?:\s+as\s+\w+)?\s+from\s+'[^']+';?/g;
      return source === undefined || source.code.replace(statement, '').trim() !== '';
    });
    expect(wrong).toEqual([]);
  });
});
