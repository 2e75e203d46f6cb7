/**
 * Cloudflare's workerd, where timers and promises belong to a request: requests that are under way at the same time share policies. With
 * and without the flag that lets one request settle another's promises.
 */
import assert from 'node:assert/strict';
import { get as httpGet } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { Miniflare } from 'miniflare';
import { bundle } from './bundle.js';
import { startOrigin } from './origin.js';

const COMPATIBILITY = {
  'a current compatibility date': [],
  'promises bound to requests': ['no_handle_cross_request_promise_resolution'],
  'Node’s modules': ['nodejs_compat'],
};

/** Bound where something hangs: CI may be slow. */
const HUNG_MS = 15_000;

for (const [title, compatibilityFlags] of Object.entries(COMPATIBILITY)) {
  describe(`workerd: ${title}`, () => {
    let worker;
    let url;
    let origin;

    before(async () => {
      const script = await bundle('worker.js', {
        format: 'esm',
        conditions: ['workerd', 'worker'],
      });
      origin = await startOrigin();
      const compatibilityDate = '2026-01-01';
      worker = new Miniflare({ modules: true, script, compatibilityDate, compatibilityFlags });
      url = await worker.ready;
    });

    after(async () => {
      origin.close();
      await worker.dispose();
    });

    const at = (path) => {
      const target = new URL(path, url);
      target.searchParams.set('origin', origin.url);
      return target;
    };
    const get = async (path) => {
      const response = await fetch(at(path), { signal: AbortSignal.timeout(HUNG_MS) });
      const text = await response.text();
      assert.equal(response.status, 200, text);
      return JSON.parse(text);
    };
    const all = async (...paths) => Promise.all(paths.map(get));

    it('a timeout passes in time while the timers of other requests are armed, and after they ended', async () => {
      const quick = get('quick');
      const first = await get('late');
      const second = get('late');
      await wait(100);
      const third = get('late');
      for (const { error, ms } of [first, await second, await third]) {
        assert.equal(error, 'TimeoutError');
        assert.ok(ms >= 299 && ms < 2_000, `${ms} ms`);
      }
      assert.deepEqual((await quick).error, undefined);
    });

    it('a retry waits in its own request', async () => {
      for (const { value, ms } of await all('retried', 'retried', 'retried')) {
        assert.equal(value, 2);
        assert.ok(ms < 5_000, `${ms} ms`);
      }
    });

    it('calls of other requests wait for a slot of a bulkhead', async () => {
      for (const { error } of await all('narrow', 'narrow', 'narrow', 'narrow')) {
        assert.equal(error, undefined);
      }
    });

    it('one that gives up while it waits lets the next one in', async () => {
      const first = get('slow');
      await wait(100);
      const [leaver, last] = await all('leaver', 'narrow');
      assert.equal(leaver.error, 'TimeoutError');
      assert.equal(last.error, undefined);
      assert.equal((await first).error, undefined);
    });

    it('one that waits too long for a slot is refused', async () => {
      const errors = (await all('impatient', 'impatient', 'impatient')).map(({ error }) => error);
      assert.deepEqual(errors.sort(), ['BulkheadFullError', 'BulkheadFullError', undefined]);
    });

    it('calls of other requests wait for an adaptive limit', async () => {
      for (const { error } of await all('adaptive', 'adaptive', 'adaptive')) {
        assert.equal(error, undefined);
      }
    });

    it('calls of other requests wait for permits of a rate limiter, at its rate', async () => {
      const startedAt = Date.now();
      for (const { value } of await all('limited', 'limited', 'limited', 'limited')) {
        assert.equal(value, 1);
      }
      assert.ok(Date.now() - startedAt >= 290, `${Date.now() - startedAt} ms`);
    });

    it('a breaker that one request opened lets another one probe, and its listeners hear of it', async () => {
      assert.equal((await get('fail')).error, 'Error');
      assert.equal((await get('guarded')).error, 'CircuitOpenError');
      await wait(1_700);
      assert.equal((await get('guarded')).value, 1);
      assert.equal((await get('states')).value, 'open,half_open,closed');
    });

    it('fetch retries, and ends a body that stalls', async () => {
      const [one, two, stalled, other] = await all('fetched', 'fetched', 'stalled', 'stalled');
      assert.equal(one.value, '200 GET ');
      assert.equal(two.value, '200 GET ');
      for (const { error, ms } of [stalled, other]) {
        assert.equal(error, 'TimeoutError');
        assert.ok(ms < 5_000, `${ms} ms`);
      }
    });

    for (const policy of ['bulkhead', 'limiter', 'standard']) {
      it(`Q5: a call that is given up gives its slot back, though its operation never settles: ${policy}`, async () => {
        assert.equal((await get(`givenUp?policy=${policy}`)).error, 'TimeoutError');
        const { error, value } = await get(`afterwards?policy=${policy}`);
        assert.equal(error, undefined);
        assert.equal(value, 1);
      });
    }

    for (const path of ['passedIdle', 'passedBody']) {
      it(`a body that stalls is ended when it is passed on through a TransformStream: ${path}`, async () => {
        // The client hears of the end as the host tells it: by an error, or by the end of the body.
        const ended = await new Promise((resolve, reject) => {
          // A connection of its own, because the host may reset it.
          const request = httpGet(at(path), { agent: false }, (response) => {
            response.resume().on('close', () => resolve(response.statusCode));
          });
          request.on('error', reject);
          request.setTimeout(HUNG_MS, () => reject(new Error('nothing has ended the body')));
        });
        assert.equal(ended, 200);
      });
    }

    it('does what every runtime does', async () => {
      const { value } = await get('checks');
      assert.deepEqual(
        value.filter(([, failure]) => failure !== undefined && failure !== null),
        [],
      );
    });
  });
}
