// holdfast brings the parts of zod that it uses. A project may have no zod, or any version of its own.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const require = createRequire(import.meta.url);
const manifest = require('holdfast/package.json');
const folder = dirname(require.resolve('holdfast/package.json'));
const hasZod = existsSync(join(dirname(folder), 'zod'));

const load = {
  import: () => import('holdfast'),
  require: () => require(join(folder, manifest.exports['.'].require.default)),
};

/** What zod's versions keep for all copies in the process. */
const state = () => Object.keys(globalThis).filter((name) => /zod/i.test(name));

/** What is said about wrong options: made by zod, with our texts. */
function complaints({ circuitBreaker, ConfigError, retry, standard, timeout }) {
  const wrong = [
    () => retry({ maxRetries: -1 }),
    () => retry({ maxRetrys: 3 }),
    () => timeout('5 parsecs'),
    () => circuitBreaker({ failureRate: 2, window: { calls: 'many' } }),
    () => standard({ retry: { maxRetries: 1, budget: 7 } }),
  ];
  return wrong.map((make) => {
    try {
      make();
    } catch (error) {
      assert.ok(error instanceof ConfigError, String(error));
      return error.message;
    }
    return assert.fail('not refused');
  });
}

test('zod is not installed with the package', () => {
  assert.equal(manifest.dependencies.zod, undefined);
  assert.equal(existsSync(join(folder, 'node_modules/zod')), false);
});

for (const [form, get] of Object.entries(load)) {
  test(`${form}: options are checked without a trace on the global object`, async () => {
    const before = state();
    const holdfast = await get();
    assert.match(complaints(holdfast)[0], /retry\.maxRetries: must be a whole number >= 0/);
    assert.deepEqual(state(), before);
  });

  test(`${form}: a configuration of another zod changes nothing`, async () => {
    const holdfast = await get();
    const expected = complaints(holdfast);
    const refuse = () => {
      throw new Error('not yours');
    };
    const names = ['__zod_globalConfig', '__zod_globalRegistry'];
    const kept = names.map((name) => Object.getOwnPropertyDescriptor(globalThis, name));
    for (const name of names)
      Object.defineProperty(globalThis, name, { configurable: true, get: refuse });
    try {
      assert.deepEqual(complaints(holdfast), expected);
      const { bulkhead, pipeline, retry } = holdfast;
      const calls = pipeline({ name: 'a' }, retry({ maxRetries: 2 }), bulkhead({ maxQueued: 3 }));
      assert.equal(await calls.execute(() => 7), 7);
    } finally {
      for (const [i, name] of names.entries()) {
        delete globalThis[name];
        if (kept[i]) Object.defineProperty(globalThis, name, kept[i]);
      }
    }
  });

  test(`${form}: beside zod 4 and zod 3`, { skip: !hasZod }, async () => {
    const holdfast = await get();
    const expected = complaints(holdfast);
    const zod = await import('zod');
    const { z: zod3 } = await import('zod3');
    assert.equal(zod3.string().safeParse(1).success, false);

    const said = () => zod.string().safeParse(1).error.issues[0].message;
    const before = said();
    zod.config({ customError: () => 'mine', localeError: () => 'mine', jitless: true });
    try {
      assert.equal(said(), 'mine');
      assert.deepEqual(complaints(holdfast), expected);
      assert.equal(said(), 'mine');
      assert.equal(zod.config().jitless, true);
    } finally {
      zod.config({ customError: undefined, localeError: undefined, jitless: undefined });
    }
    zod.string().register(zod.globalRegistry, { id: 'holdfast-beside' });
    assert.deepEqual(complaints(holdfast), expected);
    zod.globalRegistry.clear();
    assert.equal(typeof before, 'string');
  });
}
