import { ConfigError, ContractError } from 'holdfast';
import { defineService, ServiceContractError } from 'holdfast/services';
import { afterEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { origin } from './support/origin.js';

const server = origin();
const Receipt = z.object({ id: z.string() });
const disposing: { dispose(): void }[] = [];

afterEach(() => {
  for (const each of disposing.splice(0)) each.dispose();
});

function email(baseUrl: string | URL | (() => string | URL) = server.url) {
  const made = defineService('email', {
    baseUrl,
    registry: false,
    operations: {
      send: {
        method: 'POST',
        path: '/v1/orders/:orderId/confirmation',
        body: z.object({ to: z.string(), copies: z.number().default(1) }),
        response: Receipt,
        idempotencyKey: true,
      },
      find: {
        method: 'GET',
        path: '/v1/orders',
        query: z.object({
          state: z.array(z.string()).optional(),
          since: z.date().optional(),
          page: z.number().optional(),
        }),
        headers: z.object({ 'X-Tenant': z.string().optional() }),
        as: 'json',
      },
      file: { method: 'GET', path: '/f/:a/x/:b', as: 'text' },
      upload: { method: 'PUT', path: '/up', body: 'raw', as: 'text' },
      note: { method: 'POST', path: '/note', body: z.string() },
      any: { method: 'POST', path: '/any', body: z.any() },
      maybe: { method: 'POST', path: '/maybe', body: z.object({ a: z.number() }).optional() },
    },
  });
  disposing.push(made.$);
  return made;
}

const fails = (promise: Promise<unknown>): Promise<ServiceContractError> =>
  promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error as ServiceContractError,
  );

describe('a request', () => {
  it('N1: is made of its parts, with what the schemas make of them', async () => {
    server.json({ id: 'r1' });
    const receipt = await email().send({ params: { orderId: 'a/b c' }, body: { to: 'x' } });
    expect(receipt).toEqual({ id: 'r1' });
    const [got] = server.got;
    expect(got).toMatchObject({
      method: 'POST',
      url: '/v1/orders/a%2Fb%20c/confirmation',
      body: '{"to":"x","copies":1}',
    });
    expect(got?.headers['content-type']).toBe('application/json');
    expect(got?.headers['accept']).toBe('application/json');
    expect(got?.headers['idempotency-key']).toMatch(/^"[\w-]{36}"$/);
  });

  it('N1: has the path of the base URL before its own, whichever form that has', async () => {
    server.raw('ok');
    for (const base of [
      `${server.url}/api/v2`,
      `${server.url}/api/v2/`,
      new URL(`${server.url}/api/v2`),
      () => `${server.url}/api/v2`,
    ]) {
      await email(base).upload({ body: 'x' });
    }
    expect(server.got.map(({ url }) => url)).toEqual(Array(4).fill('/api/v2/up'));
  });

  it('N1: a query has arrays as repeated keys, dates as ISO texts, and nothing for undefined', async () => {
    server.json([]);
    const since = new Date(0);
    await email().find({
      query: { state: ['a&b', 'ü'], since, page: undefined },
      headers: { 'X-Tenant': 't' },
    });
    expect(server.got[0]?.url).toBe(
      '/v1/orders?state=a%26b&state=%C3%BC&since=1970-01-01T00%3A00%3A00.000Z',
    );
    expect(server.got[0]?.headers['x-tenant']).toBe('t');
    await email().find();
    expect(server.got[1]?.url).toBe('/v1/orders');
  });

  it('N1: sends what fetch takes as it is, and everything else as JSON', async () => {
    server.raw('ok');
    const service = email();
    const form = new FormData();
    form.set('a', 'b');
    await service.upload({ body: 'text' });
    await service.upload({ body: new URLSearchParams({ a: 'b' }) });
    await service.upload({ body: new Blob(['blob'], { type: 'x/y' }) });
    await service.upload({ body: new TextEncoder().encode('bytes') });
    await service.upload({ body: form });
    await service.upload({
      body: () =>
        new ReadableStream({
          start(controller) {
            controller.enqueue(new TextEncoder().encode('stream'));
            controller.close();
          },
        }),
    });
    await service.note({ body: 'plain' });
    await service.maybe();
    await service.maybe({ body: { a: 1 } });
    expect(server.got.map(({ body }) => body.replace(/-{4,}[\s\S]*/, 'form'))).toEqual([
      'text',
      'a=b',
      'blob',
      'bytes',
      'form',
      'stream',
      'plain',
      '',
      '{"a":1}',
    ]);
    expect(server.got[6]?.headers['content-type']).not.toBe('application/json');
  });

  it('N2: a value never changes the path: it stays one segment, or nothing is sent', async () => {
    server.raw('ok');
    const service = email();
    for (const [value, sent] of [
      ['a/../b', 'a%2F..%2Fb'],
      ['%2e%2e', '%252e%252e'],
      ['..\\', '..%5C'],
      ['a?b#c', 'a%3Fb%23c'],
      ['...', '...'],
      [' ', '%20'],
      [0, '0'],
      [false, 'false'],
      ['__proto__', '__proto__'],
    ] as const) {
      server.got.length = 0;
      await service.file({ params: { a: value, b: 'z' } });
      expect(server.got[0]?.url).toBe(`/f/${sent}/x/z`);
    }
    server.got.length = 0;
    for (const value of [
      '',
      '.',
      '..',
      '\ud800',
      Number.NaN,
      null,
      undefined,
      {},
      [],
      Symbol('a'),
      () => 1,
    ]) {
      const error = await fails(service.file({ params: { a: value as never, b: 'z' } }));
      expect(error).toBeInstanceOf(ServiceContractError);
      expect(error.faults.map(({ path }) => path)).toEqual(['params.a']);
    }
    expect(server.got).toEqual([]);
  });

  it('N2: what cannot be sent is an error before anything is sent, with no permit taken and nothing counted', async () => {
    const service = email();
    const events: string[] = [];
    service.$.on(({ type }) => events.push(type));
    const call = service as unknown as Record<string, (request?: unknown) => Promise<unknown>>;
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    for (const [operation, request, path] of [
      ['send', undefined, 'body'],
      ['send', { params: { orderId: 'a' }, body: { to: 1 } }, 'body.to'],
      ['send', { params: { orderId: 'a', x: 1 }, body: { to: 'a' } }, 'params.*'],
      ['send', { params: 'a', body: { to: 'a' } }, 'params'],
      ['send', 5, 'request'],
      ['send', { param: {}, params: { orderId: 'a' }, body: { to: 'a' } }, 'request'],
      ['find', { query: { page: 'x' } }, 'query.page'],
      ['find', { headers: { 'X-Tenant': 'a\r\nb: c' } }, 'headers.X-Tenant'],
      ['find', { headers: new Headers({ 'X-Tenant': 'a' }) }, 'headers'],
      ['find', { headers: [['X-Tenant', 'a']] }, 'headers'],
      ['find', { query: new URLSearchParams({ page: '1' }) }, 'query'],
      ['find', { query: null }, 'query'],
      ['find', { body: {} }, 'body'],
      ['file', { params: { a: 1, b: 2 }, headers: { 'a b': 'c' } }, 'headers.*'],
      ['file', { params: { a: 1, b: 2 }, headers: { a: 'ā' } }, 'headers.*'],
      ['file', { params: { a: 1, b: 2 }, query: {} }, 'query'],
      ['upload', {}, 'body'],
      ['upload', { body: { a: 1 } }, 'body'],
      ['upload', { body: new Map([['a', 1]]) }, 'body'],
      ['any', { body: new Map([['a', 1]]) }, 'body'],
      ['any', { body: new Set([1]) }, 'body'],
      ['any', { body: [1].values() }, 'body'],
    ] as const) {
      const error = await fails(call[operation]!(request));
      expect(error).toBeInstanceOf(ContractError);
      expect([error.side, error.service, error.operation]).toEqual(['request', 'email', operation]);
      expect(error.faults.map((fault) => fault.path)).toContain(path);
    }
    expect(server.got).toEqual([]);
    expect(events).toEqual([]);
    expect(service.$.snapshot()).toEqual({});
  });

  it('N2: a schema that is asynchronous, that throws or that answers nonsense, is a clear error', async () => {
    const schemaOf = (validate: (value: unknown) => unknown) =>
      ({ '~standard': { version: 1, vendor: 'test', validate } }) as never;
    for (const [validate, says] of [
      [async () => ({ value: {} }), 'asynchronous'],
      [() => Promise.reject(new Error('SECRET')), 'asynchronous'],
      [
        () => {
          throw new RangeError('SECRET');
        },
        'threw a RangeError',
      ],
      [
        () => {
          throw 'SECRET';
        },
        'no error',
      ],
      [() => 5, 'answered nothing'],
      [() => undefined, 'threw a TypeError'],
      [() => ({ issues: [] }), 'not as its schema declares'],
      [() => ({ issues: 5 }), 'threw a TypeError'],
    ] as const) {
      const made = defineService('x', {
        baseUrl: server.url,
        registry: false,
        operations: { a: { method: 'POST', path: '/', body: schemaOf(validate) } },
      });
      const error = await fails(made.a({ body: {} } as never));
      expect(error).toBeInstanceOf(ServiceContractError);
      expect(error.message).toContain(says);
      expect(error.message).not.toContain('SECRET');
    }
    expect(server.got).toEqual([]);
  });

  it('N1: the address may be looked up at each call; what is none is an error then', async () => {
    let address: unknown = server.url;
    const service = email((() => address) as never);
    server.raw('ok');
    await service.upload({ body: 'a' });
    for (address of [
      '/relative',
      'ftp://a',
      'http://user:pass@a',
      5,
      Promise.resolve('http://a'),
    ]) {
      const error = await fails(service.upload({ body: 'a' }));
      expect(error).toBeInstanceOf(ConfigError);
      expect(error.message).not.toContain('pass@');
    }
    expect(server.got).toHaveLength(1);
  });

  it('N8: where no address is found, the fallback answers, and the error names service and operation', async () => {
    const nowhere = (more: { fallback?: string } = {}) =>
      defineService('nowhere', {
        baseUrl: () => {
          throw new Error('no instance');
        },
        registry: false,
        operations: { get: { method: 'GET', path: '/', as: 'text', ...more } },
      });
    expect(await nowhere({ fallback: 'instead' }).get()).toBe('instead');
    const error = await fails(nowhere().get());
    expect(error).toMatchObject({
      message: 'no instance',
      service: 'nowhere',
      operation: 'get',
    });
  });

  it('N1: a service that is not there fails as fetch does, and the error names service and operation', async () => {
    const error = await fails(email('http://127.0.0.1:1').upload({ body: 'a' }, { retry: false }));
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({ service: 'email', operation: 'upload' });
  });
});
