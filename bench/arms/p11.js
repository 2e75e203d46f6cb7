// @ts-check
import { inFreshProcess } from '../harness/fresh.js';
import { median, rotate } from '../harness/stats.js';

/** @typedef {import('../types.d.ts').Subject & import('../harness/fresh-process.js').FreshTask} Fresh */
/** @typedef {import('../types.d.ts').OwnSample} OwnSample */

const PROCESSES = { smoke: 1, quick: 2, full: 3 };

/** @type {readonly Fresh[]} */
const imported = /** @type {const} */ ([
  { id: 'holdfast', label: 'holdfast', library: 'holdfast', imports: ['holdfast'] },
  {
    id: 'holdfast-fetch',
    label: 'holdfast/fetch',
    library: 'holdfast',
    imports: ['holdfast/fetch'],
  },
  { id: 'cockatiel', label: 'cockatiel', library: 'cockatiel', imports: ['cockatiel4'] },
  {
    id: 'cockatiel-zod',
    label: 'cockatiel + zod/mini',
    library: 'zod',
    imports: ['cockatiel', 'zod/mini'],
  },
  { id: 'opossum', label: 'opossum', library: 'opossum', imports: ['opossum'] },
  { id: 'mollitia', label: 'mollitia', library: 'mollitia', imports: ['mollitia'] },
  { id: 'ky', label: 'ky', library: 'ky', imports: ['ky'] },
  { id: 'got', label: 'got', library: 'got', imports: ['got'] },
]).map((one) => ({ ...one, group: 'import' }));

/** @type {readonly Fresh[]} */
const made = /** @type {const} */ ([
  { library: 'holdfast', label: 'holdfast', imports: ['holdfast'] },
  { library: 'cockatiel', label: 'cockatiel', imports: ['cockatiel4'] },
  { library: 'mollitia', label: 'mollitia', imports: ['mollitia'] },
  { library: 'opossum', label: 'opossum, its four', imports: ['opossum'] },
]).map((one) => ({ ...one, id: `${one.library}-made`, group: 'made', make: one.library }));

/** @type {import('../types.d.ts').OwnPath} */
export default {
  id: 'P11',
  kind: 'own',
  title: 'Loading the library and making a pipeline',
  about:
    'Each figure comes from processes that do nothing else; the libraries take turns. The files are in the cache of the operating system. ' +
    'The memory is what the process grows by (its resident set) and what of it is on the heap after a garbage collection. ' +
    'holdfast has the types of zod and needs some parts of cockatiel, so their sum is what it would cost to import them. ' +
    'The first pipeline and the first call pay for what is only set up when it is needed.',
  groups: [
    {
      id: 'import',
      title: 'cold import',
      measures: [
        { id: 'ns', title: 'time', unit: 'ns' },
        { id: 'files', title: 'files', unit: 'files' },
        { id: 'rss', title: 'memory', unit: 'MB' },
        { id: 'heap', title: 'of it heap', unit: 'MB' },
      ],
    },
    {
      id: 'made',
      title: 'fallback + retry + breaker + timeout + bulkhead, made',
      measures: [
        { id: 'first', title: 'the first of the process', unit: 'ns' },
        { id: 'later', title: 'a later one', unit: 'ns' },
        { id: 'call', title: 'the first call', unit: 'ns' },
      ],
    },
  ],
  arms: [...imported, ...made],
  async measure({ effort, turn }) {
    const all = rotate([...imported, ...made], turn);
    /** @type {Map<string, OwnSample[]>} */
    const samples = new Map(all.map(({ id }) => [id, []]));
    for (let i = 0; i < PROCESSES[effort]; i++) {
      for (const { id, imports, make } of all) {
        samples.get(id)?.push(await inFreshProcess({ imports, make }));
      }
    }
    /** @type {Record<string, OwnSample>} */
    const result = Object.fromEntries([...samples].map(([id, each]) => [id, medians(each)]));
    for (const { id, imports } of imported) {
      Object.assign(result[id] ?? {}, await inFreshProcess({ imports, count: true }));
    }
    return result;
  },
};

/** @param {readonly OwnSample[]} samples */
function medians(samples) {
  const keys = Object.keys(samples[0] ?? {});
  return Object.fromEntries(
    keys.map((key) => [key, median(samples.map((sample) => sample[key] ?? Number.NaN))]),
  );
}
