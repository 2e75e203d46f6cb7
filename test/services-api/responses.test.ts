import { Readable } from 'node:stream';
import { pipeline as flow } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import { type } from 'arktype';
import {
  CircuitOpenError,
  ContractError,
  circuitBreaker,
  pipeline,
  retry,
  TimeoutError,
  timeout,
} from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import {
  type ContractOptions,
  type ContractReport,
  defineService,
  ServiceContractError,
  ServiceError,
} from 'holdfast/services';
import { logEvents } from 'holdfast/telemetry';
import { startOver, VirtualClock } from 'holdfast/testing';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { origin } from './support/origin.js';

const server = origin();
const Order = z.object({ id: z.string(), items: z.array(z.object({ price: z.number() })) });
const good = { id: 'a', items: [{ price: 1 }] };
const bad = { id: 'a', items: [{ price: 1 }, { price: 'SECRET' }] };

const policies = () => [
  timeout('1m'),
  retry({ maxRetries: 2, initialDelay: 0, budget: false }),
  circuitBreaker({ consecutiveFailures: 2, failingFor: 0 }),
];

function orders(contract?: ContractOptions, more: object = {}) {
  return defineService('orders', {
    baseUrl: server.url,
    registry: false,
    policies: policies(),
    ...(contract === undefined ? {} : { contract }),
    operations: {
      get: { method: 'GET', path: '/orders/:id', response: Order, ...more },
    },
  });
}

const fails = (promise: Promise<unknown>): Promise<ServiceContractError> =>
  promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error as ServiceContractError,
  );

describe('a response', () => {
  it('N3: is what its schema makes of it', async () => {
    server.json({ ...good, more: 1 });
    expect(await orders().get({ params: { id: 1 } })).toEqual(good);
  });

  it('N3: that breaks its contract is an error with the place of the fault, and is not retried', async () => {
    server.json(bad);
    const error = await fails(orders().get({ params: { id: 1 } }));
    expect(error).toBeInstanceOf(ServiceContractError);
    expect(error).toBeInstanceOf(ContractError);
    expect(error.message).toBe(
      'orders.get: the response (200) breaks its contract: body.items[1].price: expected number, got string',
    );
    expect(error).toMatchObject({
      code: 'ERR_SERVICE_CONTRACT',
      side: 'response',
      status: 200,
      service: 'orders',
      operation: 'get',
      method: 'GET',
      pipeline: 'orders',
    });
    expect(error.url).toBe(`${server.url}/orders/{id}`);
    expect(server.got).toHaveLength(1);
  });

  it('N4: that breaks its contract is a failure of the service: its breaker opens, and says why', async () => {
    server.json(bad);
    const service = orders();
    const outcomes: unknown[] = [];
    service.$.on('attempt', ({ outcome, error }) =>
      outcomes.push([outcome, error instanceof ServiceContractError]),
    );
    for (let i = 0; i < 2; i++) await fails(service.get({ params: { id: 1 } }));
    const refused = await fails(service.get({ params: { id: 1 } }));
    expect(refused).toBeInstanceOf(CircuitOpenError);
    expect(refused.cause).toBeInstanceOf(ServiceContractError);
    expect(refused).toMatchObject({
      service: 'orders',
      operation: 'get',
      url: `${server.url}/orders/{id}`,
    });
    expect(outcomes).toEqual([
      ['failure', true],
      ['failure', true],
    ]);
    expect(server.got).toHaveLength(2);
  });

  it('N4: counts for the policies of a pipeline around it, too', async () => {
    server.json(bad);
    const service = orders();
    const around = pipeline('around', circuitBreaker({ consecutiveFailures: 1, failingFor: 0 }));
    const call = () => around.execute(() => service.get({ params: { id: 1 } }));
    expect(await fails(call())).toBeInstanceOf(ServiceContractError);
    expect(await fails(call())).toBeInstanceOf(CircuitOpenError);
  });

  it('N4: does not count if that is said: its status decides', async () => {
    server.json(bad);
    const service = orders({ countFailures: false });
    for (let i = 0; i < 5; i++) {
      expect(await fails(service.get({ params: { id: 1 } }))).toBeInstanceOf(ServiceContractError);
    }
    expect(server.got).toHaveLength(5);
    const [state] = Object.values(service.$.snapshot());
    expect(state?.policies).toMatchObject({
      circuit_breaker: { state: 'closed', window: { failures: 0 } },
    });
  });

  it('N3: that breaks its contract is retried if classify asks for that', async () => {
    server.json(bad);
    const service = orders(undefined, {
      classify: (outcome: { kind: string; error?: unknown }) =>
        outcome.kind === 'failure' && outcome.error instanceof ServiceContractError
          ? 'retry'
          : undefined,
    });
    await fails(service.get({ params: { id: 1 } }));
    expect(server.got).toHaveLength(3);
  });

  it('N5: in warn mode passes as it came, is reported, and counts as a success', async () => {
    server.json(bad);
    const reports: ContractReport[] = [];
    const service = orders({ mode: 'warn', onReport: (report) => reports.push(report) });
    const heard: ContractReport[] = [];
    const stop = service.$.onContract((report) => heard.push(report));
    expect(await service.get({ params: { id: 1 } })).toEqual(bad);
    expect(reports).toEqual([
      {
        kind: 'broken',
        service: 'orders',
        operation: 'get',
        side: 'response',
        status: 200,
        enforced: false,
        faults: [{ path: 'body.items[1].price', message: 'expected number, got string' }],
      },
    ]);
    expect(heard).toEqual(reports);
    stop();
    await service.get({ params: { id: 1 } });
    expect([reports.length, heard.length]).toEqual([2, 1]);
    const [state] = Object.values(service.$.snapshot());
    expect(state?.policies).toMatchObject({ circuit_breaker: { window: { failures: 0 } } });
  });

  it('N5: what is reported is logged, too', async () => {
    server.json(bad);
    const lines: unknown[] = [];
    const line = (fields: object, message: string) => lines.push([fields, message]);
    const service = orders({ mode: 'warn' });
    const stop = logEvents(service.$, { debug: line, info: line, warn: line, error: line });
    await service.get({ params: { id: 1 } });
    stop();
    await service.get({ params: { id: 1 } });
    expect(lines).toEqual([
      [
        {
          'holdfast.pipeline': 'orders',
          'holdfast.operation': 'get',
          'http.response.status_code': 200,
          'holdfast.enforced': false,
          faults: ['body.items[1].price: expected number, got string'],
        },
        'a response of orders.get breaks its contract',
      ],
    ]);
  });

  it('N5: a watcher that throws changes nothing', async () => {
    server.json(bad);
    const service = orders({
      mode: 'warn',
      onReport: () => {
        throw new Error('a');
      },
    });
    service.$.onContract(() => {
      throw new Error('b');
    });
    expect(await service.get({ params: { id: 1 } })).toEqual(bad);
  });

  it('N5: a watcher that fails, at once or later, keeps nothing from the others', async () => {
    server.json(bad);
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', note);
    const service = orders({ mode: 'warn', onReport: () => Promise.reject(new Error('a')) });
    service.$.onContract(() => {
      throw new Error('b');
    });
    const heard: ContractReport[] = [];
    service.$.onContract((report) => heard.push(report));
    expect(await service.get({ params: { id: 1 } })).toEqual(bad);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    expect(heard).toHaveLength(1);
    expect(unhandled).toEqual([]);
  });

  it('N5: unknown fields pass, and are reported on request, by name only if that is asked for', async () => {
    server.json({
      ...good,
      SECRET: 1,
      items: [
        { price: 1, vat: 2 },
        { price: 3, vat: 4 },
      ],
    });
    for (const [unknownFields, paths] of [
      ['ignore', undefined],
      ['report', ['body.*', 'body.items[*].*']],
      ['name', ['body.SECRET', 'body.items[*].vat']],
    ] as const) {
      const reports: ContractReport[] = [];
      const service = orders({ unknownFields, onReport: (report) => reports.push(report) });
      await service.get({ params: { id: 1 } });
      expect(reports[0]?.faults.map(({ path }) => path)).toEqual(paths);
      if (paths !== undefined) expect(reports[0]?.kind).toBe('unknown_fields');
    }
  });

  it('N6: one that is no JSON, empty, mistyped, in another encoding or too large is a clear error', async () => {
    const json = { 'content-type': 'application/json' };
    for (const [body, headers, says] of [
      [
        '<html>SECRET',
        { 'content-type': 'text/html; charset=utf-8' },
        'is text/html by its content-type, not JSON',
      ],
      ['{}', { 'content-type': 'secret/SECRET' }, 'is another type by its content-type'],
      ['{"SECRET', json, 'is no JSON (8 bytes)'],
      ['', json, 'is empty'],
      ['', {}, 'is empty'],
      [new Uint8Array([123, 34, 255, 254, 34, 125]), json, 'is not UTF-8'],
      ['null', json, 'expected object, got null'],
      ['[]', json, 'expected object, got array'],
      ['['.repeat(100_000), json, 'is no JSON'],
      ['['.repeat(100_000) + ']'.repeat(100_000), json, 'expected object, got array'],
      ['{"id":"a","id":5,"items":[]}', json, 'body.id: expected string, got number'],
      [`"${'x'.repeat(300)}"`, json, 'is larger than 256 bytes'],
    ] as const) {
      server.raw(body, headers as never);
      const error = await fails(
        orders(undefined, body.length === 302 ? { maxResponseBytes: 256 } : {}).get({
          params: { id: 1 },
        }),
      );
      expect(error).toBeInstanceOf(ServiceContractError);
      expect(error.message).toContain(says);
      expect(error.message).not.toMatch(/secret/i);
    }
  });

  it('N6: a schema that goes as deep as the payload does not end the process', async () => {
    type Tree = { readonly in?: Tree | undefined };
    const tree: z.ZodType<Tree> = z.lazy(() => z.object({ in: tree.optional() }));
    const deep = `${'{"in":'.repeat(100_000)}{}${'}'.repeat(100_000)}`;
    server.raw(deep, { 'content-type': 'application/json' });
    const reports: ContractReport[] = [];
    const error = await fails(
      orders({ onReport: (report) => reports.push(report) }, { response: tree }).get({
        params: { id: 1 },
      }),
    );
    expect(error.message).toContain('its schema threw a RangeError');
    server.raw(deep, { 'content-type': 'application/json' });
    const any = orders({ unknownFields: 'report' }, { response: z.unknown() });
    await any.get({ params: { id: 1 } });
  });

  it('N5: what is told of unknown fields stays short, however deep they are', async () => {
    const deep = `${'{"in":'.repeat(1_000)}{"x":1}${'}'.repeat(1_000)}`;
    server.raw(deep, { 'content-type': 'application/json' });
    const reports: ContractReport[] = [];
    const empty = (value: unknown): unknown =>
      value === 1 || Object.hasOwn(Object(value), 'x') ? {} : { in: empty(Object(value).in) };
    const validate = (value: unknown) => ({ value: empty(value) });
    const response = { '~standard': { version: 1, vendor: 'test', validate } } as never;
    const onReport = (report: ContractReport) => reports.push(report);
    await orders({ unknownFields: 'report', onReport }, { response }).get({ params: { id: 1 } });
    expect(JSON.stringify(reports).length).toBeLessThan(2_000);
  });

  it('N6: an answer without content has no type', async () => {
    const service = orders(undefined, { response: Order.optional() });
    for (const status of [204, 205]) {
      server.answer = (response) =>
        response.writeHead(status, { 'content-type': 'text/html' }).end();
      expect(await service.get({ params: { id: 1 } })).toBe(undefined);
    }
  });

  it('N6: a BOM, another JSON type, and no type at all are accepted', async () => {
    const text = JSON.stringify(good);
    for (const [body, headers] of [
      [`\ufeff${text}`, { 'content-type': 'application/json; charset=utf-8' }],
      [text, { 'content-type': 'application/vnd.api+json' }],
      [text, {}],
    ] as const) {
      server.raw(body, headers as never);
      expect(await orders().get({ params: { id: 1 } })).toEqual(good);
    }
    server.raw(text, { 'content-type': 'text/plain' });
    expect(await orders(undefined, { as: 'json' }).get({ params: { id: 1 } })).toEqual(good);
  });

  it('N6: a huge answer is cut while it is read, compressed or not, and its connection is closed', async () => {
    const most = 1024 * 1024;
    const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024, 32));
    let written = 0;
    const closed: Promise<unknown>[] = [];
    const seen = new WeakSet<object>();
    for (const answer of [
      () => server.raw(bomb, { 'content-type': 'application/json', 'content-encoding': 'gzip' }),
      () => server.raw('x', { 'content-type': 'application/json', 'content-length': '200000000' }),
      () => {
        server.answer = (response) => {
          response.writeHead(200, { 'content-type': 'application/json' });
          const chunk = Buffer.alloc(64 * 1024, 32);
          const chunks = Readable.from(
            (function* () {
              for (; written < 200 * 1024 * 1024; written += chunk.length) yield chunk;
            })(),
          );
          return flow(chunks, response);
        };
      },
    ]) {
      answer();
      const inner = server.answer;
      server.answer = (response, got) => {
        if (response.socket !== null && !seen.has(response.socket)) {
          seen.add(response.socket);
          const { socket } = response;
          closed.push(new Promise((resolve) => socket.once('close', resolve)));
        }
        return inner(response, got);
      };
      const error = await fails(
        orders(undefined, { maxResponseBytes: most }).get({ params: { id: 1 } }),
      );
      expect(error.message).toContain(`is larger than ${most} bytes`);
    }
    expect(written).toBeLessThan(50 * 1024 * 1024);
    // The body of a request may still be under way, so that its connection is not closed for that reason.
    const post = defineService('posting', {
      baseUrl: server.url,
      registry: false,
      maxResponseBytes: most,
      operations: { send: { method: 'POST', path: '/', body: 'raw', response: z.unknown() } },
    });
    written = 0;
    expect((await fails(post.send({ body: 'x' }))).message).toContain('is larger than');
    await Promise.all(closed);
    expect(closed).toHaveLength(4);
  });

  it('N6: a slow schema is a part of the attempt, and is cut by its deadline', async () => {
    server.json(good);
    const clock = new VirtualClock();
    let asked = 0;
    let ask = (): void => {};
    const isAsked = new Promise<void>((resolve) => {
      ask = resolve;
    });
    const slow = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: () => {
          asked++;
          ask();
          return new Promise<never>(() => {});
        },
      },
    } as never;
    const service = defineService('slow', {
      baseUrl: server.url,
      registry: false,
      clock,
      policies: [timeout('1m')],
      operations: { get: { method: 'GET', path: '/', response: slow } },
    });
    const failed = fails(service.get());
    await isAsked;
    await clock.advance('1m');
    const error = await failed;
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ service: 'slow', operation: 'get' });
    expect(asked).toBe(1);
  });

  it('N6: a schema is asked once, about the answer that counts', async () => {
    let asked = 0;
    const validate = async (value: unknown) => {
      asked++;
      return { value };
    };
    const counted = { '~standard': { version: 1, vendor: 'test', validate } } as never;
    const script = [503, 503, 200];
    server.answer = (response) =>
      response
        .writeHead(script.shift() ?? 500, { 'content-type': 'application/json' })
        .end('{"id":"a"}');
    const service = defineService('once', {
      baseUrl: server.url,
      registry: false,
      policies: policies(),
      operations: { get: { method: 'GET', path: '/', response: counted } },
    });
    expect(await service.get()).toEqual({ id: 'a' });
    expect([asked, server.got.length]).toEqual([1, 3]);
  });

  it('N3: schemas of valibot and arktype do, too', async () => {
    for (const response of [
      v.object({ id: v.string(), items: v.array(v.object({ price: v.number() })) }),
      type({ id: 'string', items: type({ price: 'number' }).array() }),
    ]) {
      const service = defineService('any', {
        baseUrl: server.url,
        registry: false,
        operations: { get: { method: 'GET', path: '/', response } },
      });
      server.json(good);
      const { id, items } = await service.get();
      expect([id.toUpperCase(), items[0]?.price.toFixed()]).toEqual(['A', '1']);
      server.json(bad);
      const error = await fails(service.get());
      expect(error.faults).toEqual([
        { path: 'body.items[1].price', message: 'expected number, got string' },
      ]);
    }
  });
});

describe('an answer that is no success', () => {
  const NotFound = z.object({ reason: z.string() });
  const stock = (more: object = {}) =>
    defineService('stock', {
      baseUrl: server.url,
      registry: false,
      policies: policies(),
      operations: {
        get: {
          method: 'GET',
          path: '/stock/:sku',
          response: z.object({ count: z.number() }),
          errors: {
            404: NotFound,
            '4xx': z.object({ code: z.number() }),
            default: z.object({ any: z.string() }),
          },
          ...more,
        },
        plain: { method: 'DELETE', path: '/stock' },
      },
    });

  it('N7: is an error with the data that the operation declares for its status', async () => {
    const service = stock();
    for (const [status, data, declared] of [
      [404, { reason: 'gone' }, '404'],
      [409, { code: 1 }, '4xx'],
      [500, { any: 'x' }, 'default'],
    ] as const) {
      server.json({ ...data, extra: 'SECRET' }, status);
      const error = await fails(service.get({ params: { sku: 1 } }));
      if (!(error instanceof ServiceError)) throw error;
      expect(error).toMatchObject({ status, declared, service: 'stock', operation: 'get' });
      expect(error.data).toEqual(data);
      expect(service.get.isError(error)).toBe(true);
      expect(service.get.isError(error, status)).toBe(true);
      expect(service.get.isError(error, 418)).toBe(false);
      expect(service.plain.isError(error)).toBe(false);
      expect(JSON.stringify(error)).not.toContain('reason');
    }
    const error: unknown = await fails(service.get({ params: { sku: 1 } }));
    if (service.get.isError(error, 404)) error.data.reason.toUpperCase();
    if (service.get.isError(error, '4xx')) error.data.code.toFixed();
  });

  it('N7: that nobody declared is one, too, with its body as it came, which no log shows', async () => {
    for (const [body, headers, data] of [
      ['{"a":"SECRET"}', { 'content-type': 'application/json' }, { a: 'SECRET' }],
      ['SECRET', { 'content-type': 'text/plain' }, 'SECRET'],
      ['', {}, undefined],
    ] as const) {
      server.raw(body, headers as never, 418);
      const error = (await fails(stock().plain())) as unknown as ServiceError;
      expect(error).toBeInstanceOf(ServiceError);
      expect(error.message).toBe('stock.plain: answered 418');
      expect([error.status, error.data]).toEqual([418, data]);
      expect(`${JSON.stringify(error)} ${String(error.stack)}`).not.toContain('SECRET');
    }
  });

  it('N7: counts by its status, and not by what is done with it: a 404 is an answer, a 503 a failure', async () => {
    const service = stock();
    server.json({ reason: 'a' }, 404);
    for (let i = 0; i < 5; i++) await fails(service.get({ params: { sku: 1 } }));
    expect(server.got).toHaveLength(5);
    server.json({ any: 'a' }, 503);
    const error = await fails(service.get({ params: { sku: 1 } }));
    expect(error).toMatchObject({ status: 503 });
    expect(server.got).toHaveLength(8);
  });

  it('N7: one whose body breaks its own contract is a contract error with the status', async () => {
    server.json({ reason: 5 }, 404);
    const error = await fails(stock().get({ params: { sku: 1 } }));
    expect(error).toBeInstanceOf(ServiceContractError);
    expect(error).toMatchObject({
      status: 404,
      faults: [{ path: 'body.reason', message: 'expected string, got number' }],
    });
  });

  it('N8: a fallback answers when the service fails, and not when the request is at fault', async () => {
    const told: unknown[] = [];
    const fallback = (error: unknown, context: object) => {
      told.push([(error as Error).name, context]);
      return { count: -1 };
    };
    const service = stock({ fallback });
    server.json({ any: 'a' }, 503);
    expect(await service.get({ params: { sku: 1 } })).toEqual({ count: -1 });
    server.json({ count: 'x' });
    expect(await service.get({ params: { sku: 1 } })).toEqual({ count: -1 });
    expect(told).toEqual([
      [
        'ServiceError',
        { service: 'stock', operation: 'get', request: { params: { sku: 1 } }, signal: undefined },
      ],
      ['ServiceContractError', expect.anything()],
    ]);
    service.$.dispose();
    server.json({ reason: 'a' }, 404);
    expect(await fails(service.get({ params: { sku: 1 } }))).toMatchObject({ status: 404 });
    expect(await fails(service.get({ params: { sku: '' } }))).toMatchObject({ side: 'request' });
    const aborted = AbortSignal.abort(new Error('mine'));
    expect(await fails(service.get({ params: { sku: 1 } }, { signal: aborted }))).toBe(
      aborted.reason,
    );
    expect(told).toHaveLength(2);
    const value = stock({ fallback: { count: 0 }, path: '/x' });
    server.answer = (response) => response.destroy();
    expect(await value.get({ params: { sku: 1 } } as never).catch((error) => error)).toMatchObject({
      side: 'request',
    });
  });

  it('N8: a fallback that fails throws its own error, with the first one as its cause', async () => {
    server.json({}, 500);
    const service = stock({
      fallback: () => {
        throw new Error('no');
      },
    });
    const error = await fails(service.get({ params: { sku: 1 } }));
    expect(error.message).toBe('no');
    expect(error.cause).toBeInstanceOf(ServiceContractError);
  });
});

describe('an answer that is read otherwise', () => {
  const files = () =>
    defineService('files', {
      baseUrl: server.url,
      registry: false,
      operations: {
        text: { method: 'GET', path: '/', as: 'text' },
        bytes: { method: 'GET', path: '/', as: 'bytes' },
        raw: { method: 'GET', path: '/', as: 'response' },
        head: { method: 'HEAD', path: '/', as: 'response' },
        none: { method: 'DELETE', path: '/' },
        checked: { method: 'GET', path: '/', as: 'text', response: z.string().max(3) },
      },
    });

  it('N3: as the Response itself, which is read after the call, and which a drain waits for', async () => {
    const service = defineService('downloads', {
      baseUrl: server.url,
      registry: false,
      operations: { get: { method: 'GET', path: '/', as: 'response' } },
    });
    let finish = (): void => {};
    server.answer = (response) => {
      response.write('a');
      finish = () => response.end('b');
    };
    const response = await service.get();
    const body = response.text();
    const drained = service.$.drain('1m');
    finish();
    expect(await body).toBe('ab');
    expect(await drained).toMatchObject({ inFlight: 0 });
  });

  it.each(['text', 'response'] as const)(
    'N6: one that is no success is read in the time of the call, and counts: %s',
    async (as) => {
      const service = defineService('stalled', {
        baseUrl: server.url,
        registry: false,
        policies: [timeout('1m'), circuitBreaker({ consecutiveFailures: 1, failingFor: 0 })],
        operations: {
          get: { method: 'GET', path: '/', as },
          find: { method: 'GET', path: '/', as, errors: { 404: z.object({ a: z.string() }) } },
        },
      });
      server.json({ a: 1 }, 404);
      expect(await fails(service.find())).toBeInstanceOf(ServiceContractError);
      expect(await fails(service.find())).toBeInstanceOf(CircuitOpenError);
      server.answer = (response) => response.writeHead(404).write('a');
      startOver(service.$);
      expect(await fails(service.get(undefined, { totalTimeout: 100 }))).toBeInstanceOf(
        TimeoutError,
      );
    },
  );

  it('N3: as a text, as bytes, as the Response itself, or not at all', async () => {
    server.raw('äöü', { 'content-type': 'text/plain; charset=utf-8' });
    const service = files();
    expect(await service.text()).toBe('äöü');
    expect((await service.bytes()).length).toBe(6);
    const response = await service.raw();
    expect(await response.text()).toBe('äöü');
    expect((await service.head()).status).toBe(200);
    expect(await service.none()).toBe(undefined);
    expect(await service.checked()).toBe('äöü');
    server.raw(new Uint8Array([228]), { 'content-type': 'text/plain; charset=iso-8859-1' });
    expect(await service.text()).toBe('ä');
    server.raw('no', {}, 404);
    expect(await fails(service.raw())).toMatchObject({ status: 404 });
    await resilientFetch().drain(1);
  });
});
