// @ts-check
/**
 * An HTTP server in a process of its own: what it costs to answer is not the client's. It ends with the process that
 * started it.
 *
 * @module
 */

import { fork } from 'node:child_process';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

const OWN = fileURLToPath(import.meta.url);
export const ANSWER_TEXT = '{"sku":42,"stock":17}';

if (process.argv[1] === OWN) serve();

function serve() {
  let failures = 0;
  const server = createServer((request, response) => {
    request.resume();
    // For the checks: fails as often as the path says, then answers.
    const [, wanted] = /^\/fails\/(\d+)/.exec(request.url ?? '') ?? [];
    if (wanted !== undefined && failures < Number(wanted)) {
      failures++;
      response.writeHead(503, { 'content-length': 0 }).end();
      return;
    }
    failures = 0;
    response.writeHead(200, { 'content-type': 'application/json' }).end(ANSWER_TEXT);
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    process.send?.(typeof address === 'object' ? address?.port : undefined);
  });
  process.on('disconnect', () => process.exit());
}

/** @type {Promise<string> | undefined} */
let origin;

/**
 * Starts it, once a process.
 * @returns {Promise<string>}
 */
export function upstreamOrigin() {
  origin ??= new Promise((resolve, reject) => {
    const child = fork(OWN, [], { execArgv: [] });
    child.once('error', reject);
    child.once('message', (port) => {
      child.unref();
      child.channel?.unref();
      resolve(`http://127.0.0.1:${port}`);
    });
  });
  return origin;
}
