// @ts-check
import { strict as assert } from 'node:assert';
import { resilientFetch } from 'holdfast/fetch';
import { ANSWER_TEXT, upstreamOrigin } from '../harness/upstream.js';
import { CALLS, crowd } from './crowd.js';

/** @typedef {import('../types.d.ts').Arm} Arm */

/** @type {readonly (Pick<Arm, 'id' | 'label' | 'library' | 'group'> & Partial<Arm> & { send: () => (url: string) => Promise<{ text(): Promise<string> }> })[]} */
const rows = [
  { id: 'bare', label: 'fetch', library: 'bare', group: 'shapes', send: () => fetch },
  {
    id: 'signal',
    label: 'fetch with a signal of its own',
    library: 'bare',
    group: 'shapes',
    send: () => (url) => fetch(url, { signal: new AbortController().signal }),
  },
  ...holdfast('none', 'a client with no policies, bodies not watched', 'signal', () =>
    resilientFetch({ policies: [], idleTimeout: false }),
  ),
  ...holdfast('policies', 'and the standard policies', 'none', () =>
    resilientFetch({ idleTimeout: false }),
  ),
  ...holdfast('whole', 'and bodies watched, so that one that stalls is given up', 'policies', () =>
    resilientFetch(),
  ),
];

/**
 * A client of holdfast's, and the plain fetch of its process.
 * @param {string} id
 * @param {string} label
 * @param {string} after
 * @param {() => (url: string) => Promise<{ text(): Promise<string> }>} send
 * @returns {typeof rows}
 */
function holdfast(id, label, after, send) {
  return [
    { id: `bare-${id}`, label: 'fetch', library: 'bare', group: id, send: () => fetch },
    { id, label, library: 'holdfast', group: id, after, send },
  ];
}

/** @type {import('../types.d.ts').CallPath} */
export default {
  id: 'P10A',
  kind: 'time',
  show: 'total',
  account: true,
  mostRuns: 3,
  title: 'Where the time of a request goes',
  about:
    'The requests of P10 with the global fetch, with one thing more at a time. Beyond plain fetch, over it; in brackets what the row adds to the one above.',
  groups: ['shapes', 'none', 'policies', 'whole'].map((id) => ({
    id,
    title: id === 'shapes' ? 'by hand' : id,
    bare: id === 'shapes' ? 'bare' : `bare-${id}`,
  })),
  arms: rows.map(({ send, ...row }) => {
    const get = () => {
      const request = send();
      return async (/** @type {string} */ url) => (await request(url)).text();
    };
    return {
      ...row,
      policies: [],
      callsEach: CALLS,
      /** @type {Arm['create']} */
      create: (_operation, { requests }) => crowd(get(), requests),
      async check() {
        assert.equal(await get()(`${await upstreamOrigin()}/stock/42`), ANSWER_TEXT);
      },
    };
  }),
};
