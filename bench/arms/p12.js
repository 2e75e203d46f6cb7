// @ts-check
import { bundleSize, parts } from '../bundles.js';
import { packedSize } from '../packed.js';

/** @typedef {import('../types.d.ts').Subject & { source: string }} Bundled */

const KB = 1_000;
const measures = /** @type {const} */ ([
  { id: 'initial', title: 'loaded at once, gzipped', unit: 'kB' },
  { id: 'lazy', title: 'loaded when needed', unit: 'kB' },
  { id: 'minified', title: 'at once, before gzip', unit: 'kB' },
]);

/** @type {readonly Bundled[]} */
const arms = [
  {
    id: 'holdfast-three',
    label: 'holdfast',
    library: 'holdfast',
    group: 'three',
    source: parts.three,
  },
  {
    id: 'cockatiel-three',
    label: 'cockatiel',
    library: 'cockatiel',
    group: 'three',
    source:
      'export { retry, circuitBreaker, timeout, wrap, handleAll, ExponentialBackoff, SamplingBreaker, TimeoutStrategy } ' +
      "from 'cockatiel4';",
  },
  { id: 'holdfast', label: 'holdfast', library: 'holdfast', group: 'core', source: parts.core },
  {
    id: 'cockatiel',
    label: 'cockatiel',
    library: 'cockatiel',
    group: 'core',
    source: "export * from 'cockatiel4';",
  },
  {
    id: 'opossum',
    label: 'opossum',
    library: 'opossum',
    group: 'core',
    source: "export { default } from 'opossum';",
  },
  {
    id: 'mollitia',
    label: 'mollitia',
    library: 'mollitia',
    group: 'core',
    source: "export * from 'mollitia';",
  },
  {
    id: 'holdfast-fetch',
    label: 'holdfast/fetch',
    library: 'holdfast',
    group: 'fetch',
    source: parts.fetch,
  },
  { id: 'ky', label: 'ky', library: 'ky', group: 'fetch', source: "export { default } from 'ky';" },
  {
    id: 'got',
    label: 'got',
    library: 'got',
    group: 'fetch',
    source: "export { default } from 'got';",
  },
];

/** @type {import('../types.d.ts').Subject} */
const packed = {
  id: 'holdfast-packed',
  label: 'holdfast',
  library: 'holdfast',
  group: 'package',
};

/** @type {import('../types.d.ts').OwnPath} */
export default {
  id: 'P12',
  kind: 'own',
  // Every run gives the same.
  mostRuns: 1,
  title: 'What a bundle grows by, and the package',
  about:
    'Made by esbuild with every dependency inside, minified, gzipped, and with chunks of their own for what is only loaded when it is needed.',
  groups: [
    { id: 'three', title: 'retry + breaker + timeout', measures: [...measures] },
    { id: 'core', title: 'everything in the package', measures: [...measures] },
    { id: 'fetch', title: 'fetch', measures: [...measures] },
    {
      id: 'package',
      title: 'the package as it is published, its documentation included',
      measures: [
        { id: 'tarball', title: 'tarball', unit: 'kB' },
        { id: 'unpacked', title: 'unpacked', unit: 'kB' },
      ],
    },
  ],
  arms: [...arms, packed],
  anyNode: true,
  async measure() {
    /** @type {Record<string, import('../types.d.ts').OwnSample>} */
    const result = {};
    for (const { id, source } of arms) {
      const { initial, lazy, minified } = await bundleSize(source);
      result[id] = { initial: initial / KB, lazy: lazy / KB, minified: minified / KB };
    }
    const { tarball, unpacked } = packedSize();
    result[packed.id] = { tarball: tarball / KB, unpacked: unpacked / KB };
    return result;
  },
};
