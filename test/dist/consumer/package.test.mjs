// Runs inside a project that installed the packed package: nothing here may know the repository.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import * as cockatiel from 'cockatiel';
import {
  BulkheadFullError,
  bulkhead,
  CircuitOpenError,
  ConfigError,
  circuitBreaker,
  fallback,
  keyed,
  pipeline,
  retry,
  standard,
  TimeoutError,
  timeout,
} from 'holdfast';

const require = createRequire(import.meta.url);
const manifest = require('holdfast/package.json');
const hasUndici = await import('undici').then(
  () => true,
  () => false,
);

const fivePolicies = () =>
  pipeline(
    'inventory',
    fallback(() => 1),
    timeout('5s'),
    retry({ maxRetries: 3, backoff: new cockatiel.ConstantBackoff(0) }),
    circuitBreaker(),
    timeout('1s'),
    bulkhead(),
  );

const subpaths = Object.keys(manifest.exports)
  .filter((path) => path !== './package.json')
  .map((path) => path.replace(/^\./, 'holdfast'));

for (const subpath of subpaths) {
  if (subpath === 'holdfast/undici' && !hasUndici) {
    test('holdfast/undici says what is missing', async () => {
      await assert.rejects(import(subpath), { code: 'ERR_MODULE_NOT_FOUND', message: /undici/ });
      assert.throws(() => require(subpath), {
        code: /^(ERR_)?MODULE_NOT_FOUND$/,
        message: /undici/,
      });
    });
    continue;
  }

  test(`${subpath} can be imported and required`, async () => {
    const imported = await import(subpath);
    const required = require(subpath);
    assert.notEqual(Object.keys(imported).length, 0);
    assert.deepEqual(Object.keys(required).sort(), Object.keys(imported).sort());
    // Before Node 20.19 and 22.12 there are two, which forms.test.mjs tries together.
    if (process.features.require_module !== true) return;
    for (const name of Object.keys(imported)) assert.equal(required[name], imported[name], name);
  });
}

test('the five policies carry a successful call', async () => {
  const inventory = fivePolicies();
  assert.equal(await inventory.execute(() => 42), 42);
  assert.equal(await inventory.execute(async ({ signal }) => (signal.aborted ? 0 : 43)), 43);
});

test('the five policies retry, then fall back', async () => {
  let calls = 0;
  const flaky = () => {
    calls++;
    if (calls < 3) throw new Error('not yet');
    return calls;
  };
  assert.equal(await fivePolicies().execute(flaky), 3);

  calls = 0;
  const broken = () => {
    calls++;
    throw new Error('never');
  };
  assert.equal(await fivePolicies().execute(broken), 1);
  assert.equal(calls, 4);
});

test('wrap keeps the arguments, settle never throws', async () => {
  const bare = pipeline('bare', bulkhead());
  const add = bare.wrap((_context, a, b) => a + b);
  assert.equal(await add(20, 22), 42);
  const wrong = new Error('no');
  const failed = await bare.settle(() => Promise.reject(wrong));
  assert.equal(failed.status, 'rejected');
  assert.equal(failed.reason, wrong);
  assert.deepEqual({ ...(await bare.settle(() => 7)) }, { status: 'fulfilled', value: 7 });
});

test('a timeout, a full bulkhead and an open breaker reject with their own errors', async () => {
  const slow = pipeline('slow', timeout(20));
  await assert.rejects(
    slow.execute(() => new Promise(() => {})),
    TimeoutError,
  );

  const narrow = pipeline('narrow', bulkhead({ maxConcurrent: 1 }));
  let release;
  const first = narrow.execute(
    () =>
      new Promise((resolve) => {
        release = resolve;
      }),
  );
  await assert.rejects(
    narrow.execute(() => 1),
    BulkheadFullError,
  );
  release?.(1);
  await first;

  const broken = pipeline('broken', circuitBreaker({ consecutiveFailures: 2, failingFor: 0 }));
  for (let i = 0; i < 2; i++) await broken.settle(() => Promise.reject(new Error('down')));
  await assert.rejects(
    broken.execute(() => 1),
    (error) => error instanceof CircuitOpenError && error.retryAfter > 0,
  );
});

test('a wrong option is a ConfigError that names it', () => {
  for (const make of [
    () => retry({ maxRetries: -1 }),
    () => retry({ maxRetrys: 3 }),
    () => timeout('5 parsecs'),
    () => bulkhead({ maxConcurrent: Number.NaN }),
    () => circuitBreaker({ failureRate: 2 }),
  ]) {
    assert.throws(make, (error) => {
      assert.ok(error instanceof ConfigError, String(error));
      assert.notEqual(error.path, '');
      return true;
    });
  }
});

test('the standard policies work, and keyed pipelines keep their state apart', async () => {
  assert.equal(await pipeline('standard', ...standard()).execute(() => 1), 1);

  const perHost = keyed(pipeline('per host', circuitBreaker({ consecutiveFailures: 1 })));
  await perHost.get('a').settle(() => Promise.reject(new Error('down')));
  assert.equal((await perHost.get('a').settle(() => 1)).status, 'rejected');
  assert.equal(await perHost.get('b').execute(() => 1), 1);
});

test("filters, backoffs and breakers of the project's own cockatiel are taken", async () => {
  const handled = retry({
    maxRetries: 1,
    handle: cockatiel.handleType(TypeError),
    backoff: new cockatiel.ConstantBackoff(0),
  });
  let calls = 0;
  const call = (error) => () => {
    calls++;
    return Promise.reject(error);
  };
  await pipeline('filtered', handled).settle(call(new TypeError('yes')));
  assert.equal(calls, 2);
  await pipeline('filtered', handled).settle(call(new RangeError('no')));
  assert.equal(calls, 3);

  const tripped = pipeline(
    'tripped',
    circuitBreaker({ breaker: new cockatiel.ConsecutiveBreaker(1) }),
  );
  await tripped.settle(() => Promise.reject(new Error('down')));
  await assert.rejects(
    tripped.execute(() => 1),
    CircuitOpenError,
  );
});

test('a call over a real socket', async () => {
  let requests = 0;
  const server = createServer((_request, response) => {
    requests++;
    response.statusCode = requests === 1 ? 503 : 200;
    response.end('ok');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const read = fivePolicies().wrap(async ({ signal }, path) => {
      const answer = await fetch(`http://127.0.0.1:${server.address().port}${path}`, { signal });
      const text = await answer.text();
      if (!answer.ok) throw new Error(String(answer.status));
      return text;
    });
    assert.equal(await read('/stock'), 'ok');
    assert.equal(requests, 2);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

/** Answers 503 twice, then 200, again and again. */
async function withUpstream(run) {
  let requests = 0;
  const server = createServer((request, response) => {
    request.resume();
    response.statusCode = ++requests % 3 === 0 ? 200 : 503;
    response.end('ok');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await run(`http://127.0.0.1:${server.address().port}/stock`, () => requests);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

test('resilientFetch retries what is safe to send twice, and nothing else', async () => {
  const { resilientFetch } = await import('holdfast/fetch');
  await withUpstream(async (url, requests) => {
    const send = resilientFetch();
    const answer = await send(url);
    assert.equal(answer.status, 200);
    assert.equal(await answer.text(), 'ok');
    assert.equal(requests(), 3);
    const posted = await send(url, { method: 'POST', body: 'x' });
    assert.equal(posted.status, 503);
    await posted.text();
    assert.equal(requests(), 4);
    assert.deepEqual(Object.keys(send.snapshot()), [new URL(url).origin]);
  });
});

test('resilience() and resilientRequest do so through undici', { skip: !hasUndici }, async () => {
  const { resilience, resilientRequest } = await import('holdfast/undici');
  const { Agent, request } = await import('undici');
  const agent = new Agent();
  try {
    await withUpstream(async (url, requests) => {
      const through = await request(url, { dispatcher: agent.compose(resilience()) });
      assert.equal(through.statusCode, 200);
      assert.equal(await through.body.text(), 'ok');
      const { statusCode, body } = await resilientRequest()(url, { dispatcher: agent });
      assert.equal(statusCode, 200);
      assert.equal(await body.text(), 'ok');
      assert.equal(requests(), 6);
    });
  } finally {
    await agent.close();
  }
});
