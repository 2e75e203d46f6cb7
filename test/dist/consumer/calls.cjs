// One call through each subpath, however the package was loaded.
const assert = require('node:assert/strict');

/** Runs what a subpath is for, with what it exports. */
const USES = {
  holdfast: async ({ circuitBreaker, pipeline, retry, timeout }) => {
    let attempts = 0;
    const calls = pipeline('smoke', timeout('5s'), retry({ initialDelay: 0 }), circuitBreaker());
    const answer = await calls.execute(() => {
      attempts++;
      return attempts === 1 ? Promise.reject(new Error('once')) : 42;
    });
    assert.deepEqual([answer, attempts], [42, 2]);
    assert.throws(() => retry({ maxRetrys: 1 }), /maxRetries/);
  },
  'holdfast/testing': async ({ VirtualClock }, { pipeline, timeout }) => {
    const clock = new VirtualClock();
    const hung = pipeline({ name: 'hung', clock }, timeout('1m')).settle(
      () => new Promise(() => {}),
    );
    await clock.advance(60_001);
    assert.equal((await hung).reason.timeoutMs, 60_000);
  },
  'holdfast/simulator': async ({ simulate }) => {
    assert.equal(typeof simulate, 'function');
  },
  'holdfast/cockatiel': async ({ fromCockatiel }, { pipeline }) => {
    const { handleAll, retry, ConstantBackoff } = require('cockatiel');
    const policy = retry(handleAll, { maxAttempts: 1, backoff: new ConstantBackoff(0) });
    const calls = pipeline('through cockatiel', fromCockatiel(policy));
    let attempts = 0;
    await calls.settle(() => Promise.reject(new Error(`attempt ${++attempts}`)));
    assert.equal(attempts, 2);
  },
  'holdfast/fetch': async ({ resilientFetch }) => {
    const send = resilientFetch({ fetch: async () => new Response('ok') });
    assert.equal(await (await send('http://upstream.example/')).text(), 'ok');
  },
  'holdfast/services': async ({ defineService, openApiOf, ServiceContractError }) => {
    const validate = (value) =>
      typeof value?.count === 'number'
        ? { value }
        : { issues: [{ message: 'no', path: ['count'] }] };
    const response = { '~standard': { version: 1, vendor: 'own', validate } };
    const answers = [{ count: 7 }, { count: 'many' }];
    const stock = defineService('stock', {
      baseUrl: 'http://stock.example/v1',
      fetch: async (url) => Response.json({ url: String(url.url ?? url), ...answers.shift() }),
      operations: { get: { method: 'GET', path: '/stock/:sku', response } },
    });
    const { url, count } = await stock.get({ params: { sku: 'a/b' } });
    assert.deepEqual([url, count], ['http://stock.example/v1/stock/a%2Fb', 7]);
    await assert.rejects(stock.get({ params: { sku: 'b' } }), ServiceContractError);
    assert.deepEqual(Object.keys(openApiOf(stock, { version: '1' }).paths), ['/stock/{sku}']);
    stock.$.dispose();
  },
  'holdfast/grpc': async ({ connectInterceptor, deadlineOf, grpcInterceptor }) => {
    assert.equal(typeof grpcInterceptor(), 'function');
    assert.equal(deadlineOf({ getDeadline: () => Infinity }), Infinity);
    const { signal } = new AbortController();
    const method = { name: 'Get', methodKind: 'unary', parent: { typeName: 'shop.Stock' } };
    const request = { stream: false, message: 'a', method, url: '', signal, header: new Headers() };
    const answer = { stream: false, header: new Headers(), trailer: new Headers() };
    const next = async ({ message }) => ({ ...answer, message: `7 of ${message}` });
    assert.equal((await connectInterceptor()(next)(request)).message, '7 of a');
  },
  'holdfast/undici': async ({ resilience, resilientRequest }) => {
    assert.equal(typeof resilience(), 'function');
    assert.equal(typeof resilientRequest(), 'function');
  },
  'holdfast/telemetry': async ({ logEvents }, { circuitBreaker, pipeline }) => {
    const lines = [];
    const line = (...words) => lines.push(words);
    const breaker = circuitBreaker();
    const calls = pipeline('logged', breaker);
    logEvents(calls, { trace: line, debug: line, info: line, warn: line, error: line });
    breaker.trip();
    await calls.settle(() => 1);
    assert.notEqual(lines.length, 0);
  },
};

/** `load` answers a module by its name: `require`, or a function around `import()`. */
module.exports = async function calls(load) {
  const { exports } = require('holdfast/package.json');
  const subpaths = Object.keys(exports).filter((subpath) => subpath !== './package.json');
  const core = await load('holdfast');
  for (const subpath of subpaths) {
    const name = subpath.replace(/^\./, 'holdfast');
    await USES[name](await load(name), core);
  }
  return subpaths.length;
};
