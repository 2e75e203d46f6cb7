// @ts-check
/**
 * A process that measures what loading a library costs, started by fresh.js. It loads nothing but what it measures.
 *
 * @module
 */

import { median } from './stats.js';

/**
 * @typedef {object} FreshTask
 * @property {readonly string[]} imports what is imported, one after the other
 * @property {keyof typeof makers | undefined} [make] the pipeline that is made then
 * @property {boolean} [count] counts the files, with a debugger that makes everything slower
 */

const LATER = 200;
const MB = 1_000_000;

/** @param {FreshTask} task */
async function perform({ imports, make, count }) {
  const files = count ? await watchFiles() : undefined;
  const heapBefore = heapUsed();
  const rssBefore = process.memoryUsage.rss();
  const started = performance.now();
  for (const name of imports) await import(name);
  const ns = (performance.now() - started) * 1e6;
  const rss = (process.memoryUsage.rss() - rssBefore) / MB;
  if (files) return { files: files.size };
  if (make === undefined) return { ns, rss, heap: (heapUsed() - heapBefore) / MB };
  return await making(await makers[make]());
}

/** @param {() => import('../types.d.ts').Call} make */
async function making(make) {
  const started = performance.now();
  const call = make();
  const made = performance.now();
  await call();
  const called = performance.now();
  const later = [];
  for (let i = 0; i < LATER; i++) {
    const before = performance.now();
    make();
    later.push(performance.now() - before);
  }
  return {
    first: (made - started) * 1e6,
    call: (called - made) * 1e6,
    later: median(later) * 1e6,
  };
}

function heapUsed() {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

/** The files that are compiled from now on, ES modules and CommonJS alike. */
async function watchFiles() {
  const { Session } = await import('node:inspector');
  /** @type {Set<string>} */
  const files = new Set();
  const session = new Session();
  session.connect();
  // What is compiled already is told at once.
  let told = true;
  session.on('Debugger.scriptParsed', ({ params: { url } }) => {
    if (!told && url.startsWith('file:')) files.add(url);
  });
  session.post('Debugger.enable');
  told = false;
  return files;
}

/** Its own files are loaded before anything is timed, the library has been. */
const makers = {
  async holdfast() {
    const { pipeline } = await import('holdfast');
    const { ofHoldfast: h } = await import('../libraries/holdfast.js');
    const operation = await succeeds();
    return () => {
      const policy = pipeline(
        'five',
        h.fallback(),
        h.retry(),
        h.breaker(),
        h.timeout({}),
        h.bulkhead(),
      );
      return () => policy.execute(operation);
    };
  },
  async cockatiel() {
    const { wrap } = await import('cockatiel4');
    const { ofCockatiel: c } = await import('../libraries/cockatiel.js');
    const operation = await succeeds();
    return () => {
      const policy = wrap(c.fallback(), c.retry(), c.breaker(), c.timeout({}), c.bulkhead());
      return () => policy.execute(operation);
    };
  },
  async mollitia() {
    const { Circuit } = await import('mollitia');
    const { ofMollitia: m } = await import('../libraries/mollitia.js');
    const operation = await succeeds();
    return () => {
      const modules = [m.fallback(), m.retry(), m.breaker(), m.timeout({}), m.bulkhead()];
      const policy = new Circuit({ func: operation, options: { modules } });
      return () => policy.execute();
    };
  },
  async opossum() {
    const { default: CircuitBreaker } = await import('opossum');
    const { ofOpossum: o } = await import('../libraries/opossum.js');
    const operation = await succeeds();
    return () => {
      const options = { ...o.breaker, ...o.timeout({}), ...o.bulkhead };
      const policy = new CircuitBreaker(operation, options);
      policy.fallback(() => undefined);
      return () => policy.fire();
    };
  },
};

const succeeds = async () => (await import('../settings.js')).operation;

/** @type {FreshTask} */
const task = JSON.parse(process.argv[2] ?? '{}');
console.log(JSON.stringify(await perform(task)));
// Peers keep timers armed.
process.exit();
