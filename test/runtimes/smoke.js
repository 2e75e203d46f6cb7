/**
 * What the core and a resilient fetch have to do wherever they run, tried on the built package in this runtime: `node`, `bun` or `deno run -A`,
 * then this file. Needs dist/ (npm run build). Ends by itself: nothing that holdfast leaves behind keeps a process alive.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { CircuitOpenError, TimeoutError } from 'holdfast';
import { classifyFetchError, resilientFetch } from 'holdfast/fetch';
import { coreChecks } from './core-checks.js';
import { fetchChecks } from './fetch-checks.js';
import { startOrigin } from './origin.js';
import { servicesChecks } from './services-checks.js';

const policies = {
  retry: { initialDelay: 20, maxDelay: 20, budget: false },
  circuitBreaker: false,
};

const closing = [];

async function listen(server, port = 0) {
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return server.address().port;
}

/** A server that answers by a script of functions, the last for ever, and keeps what came. */
async function origin(...script) {
  const came = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      came.push({ method: request.method, path: request.url, headers: request.headers, body });
      script[Math.min(came.length, script.length) - 1](response);
    });
  });
  const url = `http://127.0.0.1:${await listen(server)}`;
  return { url, came, server };
}

const status =
  (code, headers = {}) =>
  (response) =>
    response.writeHead(code, { connection: 'close', ...headers }).end('body');
const hang = () => {};

async function deadPort() {
  const server = createTcpServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const failing = (promise) =>
  promise.then(
    () => assert.fail('an answer'),
    (error) => error,
  );

const checks = {
  'a 503 is retried'() {
    return withOrigin([status(503), status(503), status(200)], async ({ url, came }) => {
      const response = await resilientFetch({ policies })(url);
      assert.equal(response.status, 200);
      assert.equal(await response.text(), 'body');
      assert.equal(came.length, 3);
    });
  },
  'a body is sent again whole'() {
    return withOrigin([status(503), status(200)], async ({ url, came }) => {
      const init = { method: 'PUT', body: new URLSearchParams({ a: '1' }) };
      assert.equal((await resilientFetch({ policies })(url, init)).status, 200);
      assert.deepEqual(
        came.map(({ body }) => body),
        ['a=1', 'a=1'],
      );
    });
  },
  'a stream is sent once'() {
    return withOrigin([status(503), status(200)], async ({ url, came }) => {
      const body = new Blob(['abc']).stream();
      const init = { method: 'POST', body, duplex: 'half', holdfast: { idempotent: true } };
      assert.equal((await resilientFetch({ policies })(url, init)).status, 503);
      assert.equal(came.length, 1);
    });
  },
  'a refused connection is `connect`'() {
    return deadPort().then(async (port) => {
      const error = await failing(fetch(`http://127.0.0.1:${port}/`));
      assert.equal(classifyFetchError(error), 'connect');
    });
  },
  async 'a POST whose connection was refused is sent again'() {
    const port = await deadPort();
    const fetch = resilientFetch({ policies });
    const came = [];
    const server = createServer((request, response) => {
      came.push(request.method);
      response.end('body');
    });
    fetch.on('retry', () => {
      if (!server.listening) void listen(server, port);
    });
    const response = await fetch(`http://127.0.0.1:${port}/orders`, { method: 'POST', body: 'a' });
    assert.equal(response.status, 200);
    await response.text();
    assert.deepEqual(came, ['POST']);
  },
  async 'a POST that was redirected to a refused connection is not'() {
    const port = await deadPort();
    const location = `http://127.0.0.1:${port}/receipt`;
    await withOrigin([status(303, { location }), status(200)], async ({ url, came }) => {
      const error = await failing(resilientFetch({ policies })(url, { method: 'POST', body: 'a' }));
      assert.ok(error instanceof Error);
      assert.equal(came.length, 1);
    });
  },
  'a POST is redirected as by fetch'() {
    const location = '/receipt?of=42';
    return withOrigin([status(302, { location }), status(200)], async ({ url, came }) => {
      const init = {
        method: 'POST',
        body: 'a',
        headers: { 'content-type': 'text/plain', 'x-a': 'b' },
      };
      const response = await resilientFetch({ policies })(url, init);
      assert.equal(response.status, 200);
      assert.equal(response.redirected, true);
      assert.equal(response.url, `${url}${location}`);
      const { method, path, headers, body } = came[1];
      assert.deepEqual({ method, path, body }, { method: 'GET', path: location, body: '' });
      assert.equal(headers['content-type'], undefined);
      assert.equal(headers['x-a'], 'b');
    });
  },
  'a POST that is passed on keeps its body, and no credentials for another origin'() {
    return withOrigin([status(200)], (target) =>
      withOrigin([status(307, { location: `${target.url}/orders` })], async ({ url }) => {
        const headers = { authorization: 'secret' };
        const response = await resilientFetch({ policies })(url, {
          method: 'POST',
          body: 'a',
          headers,
        });
        assert.equal(response.status, 200);
        const [{ method, body, headers: sent }] = target.came;
        assert.deepEqual({ method, body }, { method: 'POST', body: 'a' });
        assert.equal(sent.authorization, undefined);
      }),
    );
  },
  'a POST whose connection broke is not sent again'() {
    return withOrigin(
      [(response) => response.socket.destroy(), status(200)],
      async ({ url, came }) => {
        const error = await failing(
          resilientFetch({ policies })(url, { method: 'POST', body: 'a' }),
        );
        assert.equal(classifyFetchError(error), 'reset');
        assert.equal(came.length, 1);
      },
    );
  },
  'an attempt that takes too long is a TimeoutError'() {
    return withOrigin([hang], async ({ url }) => {
      const times = {
        ...policies,
        totalTimeout: 300,
        attemptTimeout: 100,
        retry: { maxRetries: 0 },
      };
      const error = await failing(resilientFetch({ policies: times })(url));
      assert.ok(error instanceof TimeoutError);
      assert.equal(error.timeoutMs, 100);
    });
  },
  'the caller’s abort ends the call with its reason'() {
    const caller = new AbortController();
    const reason = new Error('enough');
    return withOrigin([() => caller.abort(reason)], async ({ url, came }) => {
      const fetch = resilientFetch({ policies });
      assert.equal(await failing(fetch(url, { signal: caller.signal })), reason);
      assert.equal(came.length, 1);
    });
  },
  'the caller’s abort ends a body that stalls'() {
    return withOrigin([(response) => response.write('begin')], async ({ url }) => {
      const caller = new AbortController();
      const response = await resilientFetch({ policies })(url, { signal: caller.signal });
      setTimeout(() => caller.abort(new Error('enough')), 50);
      assert.match(String(await failing(response.text())), /enough|abort/i);
    });
  },
  async 'the breaker opens'() {
    const port = await deadPort();
    const circuitBreaker = { consecutiveFailures: 3, failingFor: 0 };
    const fetch = resilientFetch({ policies: { circuitBreaker, retry: false } });
    let last;
    for (let call = 0; call < 5; call++) last = await failing(fetch(`http://127.0.0.1:${port}/`));
    assert.ok(last instanceof CircuitOpenError, String(last));
  },
};

async function withOrigin(script, test) {
  const made = await origin(...script);
  await test(made);
}

const runtime = globalThis.Deno
  ? `Deno ${Deno.version.deno}`
  : globalThis.Bun
    ? `Bun ${Bun.version}`
    : `Node ${process.versions.node}`;

const shared = await startOrigin();
const all = {
  ...coreChecks,
  ...fetchChecks(shared.url),
  ...servicesChecks(shared.url),
  ...checks,
};
let failed = 0;
for (const [name, check] of Object.entries(all)) {
  try {
    await check();
    console.log(`  ok      ${name}`);
  } catch (error) {
    failed++;
    console.log(`  FAILED  ${name}\n${error?.stack ?? error}`);
  }
  for (const close of closing.splice(0)) void close();
}
shared.close();
console.log(`${runtime}: ${Object.keys(all).length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
