// @ts-check
import { readdirSync } from 'node:fs';
import { bundleParts, parts } from '../bundles.js';
import { packedParts } from '../packed.js';

/** @typedef {import('../types.d.ts').OwnSample} OwnSample */

const KB = 1_000;
const GROUP = 'parts';
const SOURCE = new URL('../../src/', import.meta.url);
/** Large folders are shown by what is in them. */
const SPLIT = ['pipeline', 'policies', 'fetch'];
const FILES = 'files beside these folders';
const named = ['zod', 'cockatiel'];

/** @param {string} name */
function packageOf(name) {
  return `package: ${name}`;
}

/** @param {string} folder */
function restOf(folder) {
  return `${folder}/, its other files`;
}

/** @param {string} folder below src/ */
const foldersIn = (folder) =>
  readdirSync(new URL(folder, SOURCE), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

/** The parts that there can be: folders of the source, and packages. */
const rows = [
  ...foldersIn('.').flatMap((name) =>
    SPLIT.includes(name)
      ? [...foldersIn(`${name}/`).map((inner) => `${name}/${inner}`), restOf(name)]
      : [name],
  ),
  FILES,
  ...named.map(packageOf),
  packageOf('others'),
];
const TOTAL = 'all';

/** @param {string} file as esbuild names it */
function partOf(file) {
  const [, ofPackage] =
    /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(file) ?? [];
  if (ofPackage !== undefined) return packageOf(named.includes(ofPackage) ? ofPackage : 'others');
  const [, first, second] = /^src\/(?:([^/]+)\/)?(?:([^/]+)\/)?/.exec(file) ?? [];
  if (first === undefined) return FILES;
  if (!SPLIT.includes(first)) return first;
  return second === undefined ? restOf(first) : `${first}/${second}`;
}

const TOOLS = 'ES modules: simulator, testing';
const CLIENTS = 'ES modules: fetch, services, gRPC, undici';
const INLINED = 'ES modules: zod and cockatiel';
/**
 * The parts of the package, by what their paths begin with. The last that fits counts.
 * @type {readonly (readonly [start: string, title: string])[]}
 */
const PACKED = [
  ['', 'README, changelog, licenses, manifest'],
  ['dist/', 'ES modules: the other entries'],
  ['dist/shared/', 'ES modules: what several load'],
  ['dist/shared/core.js', 'ES modules: `holdfast`'],
  ['dist/shared/simulator', TOOLS],
  ['dist/shared/testing', TOOLS],
  ['dist/shared/zod', INLINED],
  ['dist/shared/cockatiel', INLINED],
  ['dist/shared/fetch', CLIENTS],
  ['dist/shared/services', CLIENTS],
  ['dist/shared/grpc', CLIENTS],
  ['dist/shared/undici', CLIENTS],
  ['dist/cli/', 'the command'],
  ['dist/cjs/', 'CommonJS: the other entries'],
  ['dist/cjs/shared/core.cjs', 'CommonJS: `holdfast`, zod and cockatiel included'],
  ['dist/types/', 'declarations'],
  ['dashboards/', 'dashboard and alerts'],
  ['docs/', 'pages: all others'],
  ['docs/api/', 'pages: API reference'],
  ['docs/policies/', 'pages: policies'],
  ['docs/recipes/', 'pages: recipes'],
];
const PACKAGE = 'package';
const packedTitles = [...new Set(PACKED.map(([, title]) => title)), TOTAL];
const packedRow = (/** @type {string} */ title) => `${PACKAGE}: ${title}`;

/** @param {string} path */
const packedPart = (path) =>
  packedRow(PACKED.filter(([start]) => path.startsWith(start)).at(-1)?.[1] ?? '');

/**
 * @param {string} id
 * @param {string} label
 * @param {string} group
 * @returns {import('../types.d.ts').Subject}
 */
const armOf = (id, label, group) => ({ id, label, library: 'holdfast', group });

/** @type {import('../types.d.ts').OwnPath} */
export default {
  id: 'P12A',
  kind: 'own',
  account: true,
  mostRuns: 1,
  anyNode: true,
  title: 'What the bundles and the package are made of',
  about:
    'The bundles of P12, what is loaded at once, by folders below `src/` and by packages. They are made from the source, since what is published is in chunks; so ' +
    'the sum differs a little from P12. esbuild tells the minified bytes of each file; the gzipped bytes of the whole are shared out in their proportion. ' +
    'The tarball is shared out by what each file is when it is compressed alone.',
  groups: [
    {
      id: GROUP,
      title: 'gzipped',
      measures: [
        { id: 'three', title: 'retry + breaker + timeout', unit: 'kB' },
        { id: 'core', title: 'everything in `holdfast`', unit: 'kB' },
        { id: 'fetch', title: '`holdfast/fetch`', unit: 'kB' },
      ],
    },
    {
      id: PACKAGE,
      title: 'the package',
      measures: [
        { id: 'tarball', title: 'tarball', unit: 'kB' },
        { id: 'unpacked', title: 'unpacked', unit: 'kB' },
      ],
    },
  ],
  arms: [
    ...[...rows, TOTAL].map((id) => armOf(id, id, GROUP)),
    ...packedTitles.map((title) => armOf(packedRow(title), title, PACKAGE)),
  ],
  async measure() {
    /** @type {Record<string, OwnSample>} */
    const result = Object.fromEntries([...rows, TOTAL].map((id) => [id, {}]));
    for (const [part, source] of Object.entries(parts)) {
      const { minified, initial } = await bundleParts(source);
      const sum = [...minified.values()].reduce((total, bytes) => total + bytes, 0);
      const share = (/** @type {number} */ bytes) => (bytes * initial) / sum / KB;
      for (const id of rows) result[id] = { ...result[id], [part]: 0 };
      for (const [file, bytes] of minified) {
        const row = result[partOf(file)] ?? {};
        row[part] = (row[part] ?? 0) + share(bytes);
      }
      result[TOTAL] = { ...result[TOTAL], [part]: share(sum) };
    }
    const all = { tarball: 0, unpacked: 0 };
    for (const title of packedTitles) result[packedRow(title)] = { tarball: 0, unpacked: 0 };
    for (const [id, { tarball, unpacked }] of packedParts(packedPart)) {
      result[id] = { tarball: tarball / KB, unpacked: unpacked / KB };
      all.tarball += tarball / KB;
      all.unpacked += unpacked / KB;
    }
    result[packedRow(TOTAL)] = all;
    return result;
  },
};
