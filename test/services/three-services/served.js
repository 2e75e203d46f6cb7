/**
 * What the three services have in common: HTTP routes; a map and a health report of theirs; and a fault that a test can give them.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { defaultRegistry } from 'holdfast';

/** Longer than anybody waits. */
const SLOW_MS = 6_000;

let fault = 'none';

/** What is wrong with this service: `none`, `slowed` or `nonsense`. */
export const currentFault = () => fault;

/** Keeps a slowed service from answering. */
export async function beSlow() {
  if (fault === 'slowed') await sleep(SLOW_MS);
}

async function bodyOf(request) {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text === '' ? undefined : JSON.parse(text);
}

const own = {
  'GET /ready': () => ({}),
  'GET /map': () => defaultRegistry.map({ addresses: [process.env.OWN_ADDRESS] }),
  'GET /health': () => defaultRegistry.health(),
  'POST /fault': (_id, body) => {
    fault = body.fault;
    return {};
  },
};

/**
 * @param routes By method and path, in which `:id` is a segment: functions of the id and the body, which return JSON, or a status and JSON.
 * @param nonsense What it answers with when it is to make no sense: a content type and a body.
 */
export async function serve(port, routes, [type, nonsense]) {
  const server = createServer(async (request, response) => {
    const [, first, id, ...rest] = request.url.split('/');
    const path = [first, ...(id === undefined ? [] : [':id']), ...rest].join('/');
    const name = `${request.method} /${path}`;
    const answer = (status, value, as = 'application/json') => {
      response.writeHead(status, { 'content-type': as });
      response.end(as === 'application/json' ? JSON.stringify(value) : value);
    };
    try {
      const body = await bodyOf(request);
      if (own[name] !== undefined) return answer(200, await own[name](id, body));
      await beSlow();
      if (fault === 'nonsense') {
        response.writeHead(200, { 'content-type': type });
        return response.end(nonsense);
      }
      const [status, value] = (await routes[name]?.(id, body)) ?? [404, { error: 'no such thing' }];
      answer(status, value);
    } catch (error) {
      answer(500, { error: error.name });
    }
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
}

/** Lines of JSON in a file: what a service has written down survives its end. */
export function journal(file) {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  return {
    entries: lines.map((line) => JSON.parse(line)),
    write: (entry) => appendFileSync(file, `${JSON.stringify(entry)}\n`),
  };
}
