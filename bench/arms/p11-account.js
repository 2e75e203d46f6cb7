// @ts-check
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundleTo } from '../bundles.js';
import { inFreshProcess } from '../harness/fresh.js';
import { median } from '../harness/stats.js';

/** @typedef {import('../types.d.ts').OwnSample} OwnSample */

const PROCESSES = { smoke: 1, quick: 3, full: 5 };
const GROUP = 'parts';

/** `source`: bundled into one file first, with all that it needs. */
const rows = /** @type {const} */ ([
  { id: 'nothing', label: 'a file with nothing in it', library: 'bare', source: '' },
  { id: 'zod', label: 'zod/mini', library: 'zod', imports: ['zod/mini'] },
  {
    id: 'zod-one',
    label: 'zod/mini, in one file',
    library: 'zod',
    source: "export * from 'zod/mini';",
  },
  { id: 'cockatiel', label: 'cockatiel', library: 'cockatiel', imports: ['cockatiel'] },
  {
    id: 'cockatiel-one',
    label: 'cockatiel, in one file',
    library: 'cockatiel',
    source: "export * from 'cockatiel';",
  },
  { id: 'holdfast', label: 'holdfast', library: 'holdfast', imports: ['holdfast'] },
  {
    id: 'holdfast-one',
    label: 'holdfast with all that it needs, in one file',
    library: 'holdfast',
    source: "export * from 'holdfast';",
  },
]);

/** @type {import('../types.d.ts').OwnPath} */
export default {
  id: 'P11A',
  kind: 'own',
  account: true,
  mostRuns: 3,
  title: 'What an import is made of',
  about:
    'Cold imports of holdfast and of the packages that it needs, as they are published and bundled into one file by esbuild, not minified. One file shows what is left when no ' +
    'file but one has to be found and read.',
  groups: [
    {
      id: GROUP,
      title: 'cold import',
      measures: [
        { id: 'ns', title: 'time', unit: 'ns' },
        { id: 'files', title: 'files', unit: 'files' },
        { id: 'rss', title: 'memory', unit: 'MB' },
        { id: 'heap', title: 'of it heap', unit: 'MB' },
      ],
    },
  ],
  arms: rows.map(({ id, label, library }) => ({ id, label, library, group: GROUP })),
  async measure({ effort }) {
    const directory = await mkdtemp(join(tmpdir(), 'holdfast-import-'));
    try {
      /** @type {Record<string, OwnSample>} */
      const result = {};
      const tasks = [];
      for (const row of rows) {
        const imports =
          'imports' in row
            ? row.imports
            : [pathToFileURL(await bundleTo(join(directory, row.id), row.source)).href];
        tasks.push({ id: row.id, imports, samples: /** @type {OwnSample[]} */ ([]) });
      }
      for (let i = 0; i < PROCESSES[effort]; i++) {
        for (const { imports, samples } of tasks) samples.push(await inFreshProcess({ imports }));
      }
      for (const { id, imports, samples } of tasks) {
        const of = (/** @type {string} */ key) =>
          median(samples.map((sample) => sample[key] ?? Number.NaN));
        const { files = 0 } = await inFreshProcess({ imports, count: true });
        result[id] = { ns: of('ns'), files, rss: of('rss'), heap: of('heap') };
      }
      return result;
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
};
