// @ts-check
/**
 * A real HTTP server with some workers and a queue without end, that goes on working for callers who are gone. Started by http.js.
 *
 * @module
 */

import { createServer } from 'node:http';

/** @typedef {import('./types.d.ts').HttpPlan} HttpPlan */
/** @typedef {import('node:http').ServerResponse} ServerResponse */

let factor = 1;
const counts = { requests: 0, workedMs: 0, wastedMs: 0 };

process.once('message', (/** @type {HttpPlan} */ { workers, serviceMs }) => {
  /** @type {ServerResponse[]} */
  const queue = [];
  let served = 0;
  let idle = workers;

  /** Begins when it is due and not when a timer of the host fires, so that no capacity is lost. */
  const work = (/** @type {ServerResponse} */ response, /** @type {number} */ startMs) => {
    const ms = -serviceMs * factor * Math.log(1 - Math.random());
    const endMs = startMs + ms;
    setTimeout(() => {
      counts.workedMs += ms;
      if (response.destroyed) counts.wastedMs += ms;
      else response.end('answer');
      const next = queue[served];
      if (next === undefined) {
        idle++;
        return;
      }
      served++;
      work(next, endMs);
    }, endMs - performance.now());
  };

  const server = createServer((_request, response) => {
    counts.requests++;
    if (idle === 0) {
      queue.push(response);
      return;
    }
    idle--;
    work(response, performance.now());
  });
  server.listen(0, '127.0.0.1', () => {
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    process.send?.({ port });
  });
  process.on('message', (/** @type {'forget' | 'counts' | { factor: number }} */ message) => {
    if (message === 'counts') process.send?.(counts);
    else if (message === 'forget') Object.assign(counts, { requests: 0, workedMs: 0, wastedMs: 0 });
    else factor = message.factor;
  });
});
