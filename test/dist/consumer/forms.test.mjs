// Both forms of the package in one process, as when a dependency of an application requires what the application imports.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { mock, test } from 'node:test';
import { metrics } from '@opentelemetry/api';
import * as esm from 'holdfast';
import * as esmFetch from 'holdfast/fetch';
import * as esmTesting from 'holdfast/testing';

const require = createRequire(import.meta.url);
const manifest = require('holdfast/package.json');
const folder = dirname(require.resolve('holdfast/package.json'));

/** The CommonJS of a subpath, also where `require` would get the ES module. */
const commonJs = (subpath) => require(join(folder, manifest.exports[subpath].require.default));

const cjs = commonJs('.');
const cjsFetch = commonJs('./fetch');
const cjsTesting = commonJs('./testing');
const orders = [
  ['made by import, used by require', esm, cjs],
  ['made by require, used by import', cjs, esm],
];
const down = () => Promise.reject(new Error('down'));

test('both forms export the same names, and are two', async () => {
  for (const subpath of Object.keys(manifest.exports)) {
    if (subpath === './package.json' || subpath === './undici') continue;
    const imported = await import(subpath.replace(/^\./, 'holdfast'));
    assert.deepEqual(Object.keys(commonJs(subpath)).sort(), Object.keys(imported).sort(), subpath);
  }
  assert.notEqual(cjs.TimeoutError, esm.TimeoutError);
});

test('require() gets what import gets, wherever Node can', {
  skip: process.features.require_module !== true,
}, () => {
  assert.equal(require('holdfast'), esm);
  assert.equal(require('holdfast/fetch'), esmFetch);
});

for (const [how, made, used] of orders) {
  test(`G18: errors are instances of the same classes: ${how}`, () => {
    const classes = Object.keys(esm).filter(
      (name) => name.endsWith('Error') && name !== 'reviveError',
    );
    assert.ok(classes.length >= 12);
    for (const name of classes) {
      const error = new made[name]('x');
      assert.ok(error instanceof used[name], name);
      assert.ok(error instanceof used.ResilienceError, name);
      if (name !== 'TimeoutError') assert.ok(!(error instanceof used.TimeoutError), name);
    }
  });

  test(`G18: a breaker that opens in one is open in the other: ${how}`, async () => {
    const breaker = made.circuitBreaker({ consecutiveFailures: 1, failingFor: 0 });
    await made.pipeline('first', breaker).settle(down);
    assert.equal(breaker.state, 'open');
    await assert.rejects(
      used.pipeline('second', breaker).execute(() => 1),
      used.CircuitOpenError,
    );
  });

  test(`G18: pipelines nest, are copied by key, and drain: ${how}`, async () => {
    const inner = made.pipeline('inner', made.bulkhead({ maxConcurrent: 1 }));
    const outer = used.pipeline('outer', used.timeout('5s'), inner);
    assert.equal(await outer.execute(() => 7), 7);
    const byTenant = used.keyed(
      made.pipeline('tenants', made.circuitBreaker({ consecutiveFailures: 1 })),
    );
    await byTenant.settle('a', down);
    assert.equal((await byTenant.settle('a', () => 1)).status, 'rejected');
    assert.equal(await byTenant.execute('b', () => 1), 1);
    await byTenant.drain();
    await assert.rejects(
      byTenant.execute('b', () => 1),
      made.DrainingError,
    );
  });

  test(`G18: one starts over what the other made: ${how}`, async () => {
    const { startOver } = used === esm ? esmTesting : cjsTesting;
    const { resilientFetch } = made === esm ? esmFetch : cjsFetch;
    const breaker = made.circuitBreaker({ consecutiveFailures: 1, failingFor: 0 });
    let status = 503;
    const send = resilientFetch({
      fetch: async () => new Response('', { status }),
      policies: [breaker],
    });
    await send('http://upstream.example/');
    await assert.rejects(send('http://upstream.example/'), used.CircuitOpenError);
    status = 200;
    breaker.trip();
    startOver(send, breaker);
    assert.equal((await send('http://upstream.example/')).status, 200);
    assert.equal(breaker.state, 'closed');
  });

  test(`G13: both go by the same fake timers, and by the same time after them: ${how}`, async () => {
    const breaker = made.circuitBreaker({ openFor: '1m', random: () => 0.5, rampFor: 0 });
    const calls = used.pipeline('faked', used.timeout('30s'), breaker);
    mock.timers.enable({ apis: ['setTimeout', 'Date'] });
    try {
      breaker.trip();
      mock.timers.tick(59_999);
      assert.equal(breaker.state, 'open');
      mock.timers.tick(1);
      assert.equal(breaker.state, 'half_open');
      const hung = calls.settle(() => new Promise(() => {}));
      for (let i = 0; i < 20; i++) await undefined;
      mock.timers.tick(30_001);
      assert.ok((await hung).reason instanceof made.TimeoutError);
    } finally {
      mock.timers.reset();
    }
    assert.ok(Math.abs(made.systemClock.now() - used.systemClock.now()) < 1_000);
  });
}

test('both forms tick: reading the clock stays cheap under load, and the process still ends', async () => {
  for (const { pipeline, timeout, circuitBreaker } of [esm, cjs]) {
    const calls = pipeline('busy', timeout('1s'), circuitBreaker());
    for (let i = 0; i < 5_000; i++) await calls.execute(() => i);
    assert.equal(calls.snapshot().inFlight, 0);
  }
});

/** A meter provider that adds up what it is told. Observable instruments are not read. */
function counting() {
  const totals = new Map();
  const records = new Map();
  const readers = [];
  const read = () => {
    for (const callback of readers) callback({ observe() {} });
  };
  const key = (name, attributes) => `${name} ${attributes?.['holdfast.pipeline'] ?? ''}`;
  const add = (map, name) => (value, attributes) => {
    const at = key(name, attributes);
    map.set(at, (map.get(at) ?? 0) + (map === records ? 1 : value));
  };
  const observable = (callback) => readers.push(callback);
  const instrument = (name) => ({
    add: add(totals, name),
    record: add(records, name),
    addCallback: observable,
    removeCallback() {},
  });
  const meter = new Proxy(
    { addBatchObservableCallback: observable, removeBatchObservableCallback() {} },
    { get: (target, method) => target[method] ?? instrument },
  );
  return { provider: { getMeter: () => meter }, records, totals, read };
}

test('telemetry counts each call once, whichever form makes it', async () => {
  const { provider, records, totals, read } = counting();
  metrics.setGlobalMeterProvider(provider);
  try {
    const shared = esm.circuitBreaker();
    const calls = [esm.pipeline('counted-esm', shared), cjs.pipeline('counted-cjs', shared)];
    for (const each of calls) for (let i = 0; i < 3; i++) await each.execute(() => i);
    // Telemetry may load when there is somebody to tell.
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setTimeout(resolve, 1));
    read();
    for (const name of ['counted-esm', 'counted-cjs']) {
      assert.equal(totals.get(`holdfast.calls ${name}`), 3);
      assert.equal(totals.get(`holdfast.attempts ${name}`), 3);
      assert.equal(records.get(`holdfast.call.duration ${name}`), 3);
    }
  } finally {
    metrics.disable();
  }
});
