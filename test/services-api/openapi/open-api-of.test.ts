import { readFileSync } from 'node:fs';
import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Json } from '../../../src/cli/service/json.js';
import type { OperationModel, ParameterModel } from '../../../src/cli/service/model.js';
import { RESERVED_OPERATIONS } from '../../../src/cli/service/names.js';
import { readModel } from '../../../src/cli/service/read-model.js';
import { ConfigError } from '../../../src/errors.js';
import { defineService, openApiOf } from '../../../src/services/index.js';
import { run, written } from '../../cli/service/written.js';

const Order = z.object({ id: z.string(), lines: z.array(z.object({ sku: z.string() })) });
const Problem = z.object({ title: z.string() });

const shop = () =>
  defineService('shop', {
    baseUrl: 'https://shop.example/v1/',
    registry: false,
    operations: {
      list: {
        method: 'GET',
        path: '/orders',
        summary: 'All of them',
        query: z.object({
          state: z.array(z.string()).optional(),
          limit: z.number().default(20).describe('How many'),
        }),
        headers: z.looseObject({ 'X-Tenant': z.string() }),
        response: z.array(Order),
      },
      create: {
        method: 'POST',
        path: '/orders',
        body: Order,
        response: Order,
        errors: { 404: Problem, '4xx': Problem, default: z.unknown() },
        idempotencyKey: true,
      },
      change: {
        method: 'PATCH',
        path: '/orders/:id/lines/:line',
        params: z.object({ id: z.string(), line: z.int() }),
        body: z.object({ note: z.string() }).optional(),
        deprecated: true,
      },
      upload: { method: 'PUT', path: '/files/:name', body: 'raw', as: 'text' },
      download: { method: 'GET', path: '/files/:name', as: 'response' },
    },
  });

const facts = { version: '1.2.3' };

describe('openApiOf', () => {
  it('has each operation under its path and method', () => {
    const document = openApiOf(shop(), { ...facts, title: 'Shop', description: 'Orders' });
    expect(document).toMatchObject({
      openapi: '3.1.1',
      info: { title: 'Shop', version: '1.2.3', description: 'Orders' },
      servers: [{ url: 'https://shop.example/v1' }],
    });
    expect(
      Object.entries(document.paths).map(([path, item]) => [path, ...Object.keys(item)]),
    ).toEqual([
      ['/orders', 'get', 'post'],
      ['/orders/{id}/lines/{line}', 'patch'],
      ['/files/{name}', 'put', 'get'],
    ]);
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
    expect(openApiOf(shop(), facts).info.title).toBe('shop');
  });

  it('describes parameters, bodies and answers', () => {
    const { paths, components } = openApiOf(shop(), facts);
    expect(paths['/orders']?.['get']).toMatchObject({
      operationId: 'list',
      summary: 'All of them',
      parameters: [
        {
          name: 'state',
          in: 'query',
          required: false,
          schema: { type: 'array', items: { type: 'string' } },
        },
        {
          name: 'limit',
          in: 'query',
          required: true,
          description: 'How many',
          schema: { type: 'number', default: 20 },
        },
        { name: 'X-Tenant', in: 'header', required: true, schema: { type: 'string' } },
      ],
      responses: { '2XX': { content: { 'application/json': { schema: { type: 'array' } } } } },
    });
    const problem = {
      content: { 'application/json': { schema: { $ref: '#/components/schemas/CreateError404' } } },
    };
    expect(paths['/orders']?.['post']).toMatchObject({
      parameters: [{ name: 'Idempotency-Key', in: 'header' }],
      requestBody: {
        required: true,
        content: { 'application/json': { schema: { $ref: '#/components/schemas/CreateRequest' } } },
      },
      responses: { '2XX': {}, '404': problem, '4XX': problem, default: {} },
    });
    expect(Object.keys(components?.schemas ?? {})).toContain('CreateError404');
    expect(paths['/orders/{id}/lines/{line}']?.['patch']).toMatchObject({
      deprecated: true,
      parameters: [
        { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
        { name: 'line', in: 'path', required: true, schema: { type: 'integer' } },
      ],
      requestBody: {
        required: false,
        content: { 'application/json': { schema: { type: 'object' } } },
      },
      responses: { '2XX': { description: 'Done. A body is not read' } },
    });
    expect(paths['/files/{name}']).toMatchObject({
      put: {
        requestBody: { content: { '*/*': {} } },
        responses: { '2XX': { content: { 'text/plain': {} } } },
      },
      get: {
        parameters: [{ name: 'name', in: 'path', schema: { type: 'string' } }],
        responses: { '2XX': { content: { '*/*': {} } } },
      },
    });
  });

  it('shows what is on the wire: what a request schema makes, and what a response schema accepts', () => {
    const Cents = z.string().transform(Number).pipe(z.number());
    const service = defineService('wire', {
      baseUrl: 'http://a.example',
      registry: false,
      operations: {
        thing: {
          method: 'POST',
          path: '/',
          body: z.object({ cents: Cents, at: z.date() }),
          response: z.object({ cents: Cents }),
        },
      },
    });
    const { post } = openApiOf(service, facts).paths['/'] as Record<string, object>;
    expect(post).toMatchObject({
      requestBody: {
        content: {
          'application/json': { schema: { properties: { cents: { type: 'number' }, at: {} } } },
        },
      },
      responses: {
        '2XX': {
          content: {
            'application/json': { schema: { properties: { cents: { type: 'string' } } } },
          },
        },
      },
    });
  });

  it('gives schemas that refer to themselves a place, to which their references lead', () => {
    const Tree = z.object({
      name: z.string(),
      get of() {
        return z.array(Tree);
      },
    });
    const service = defineService('trees', {
      baseUrl: 'http://a.example',
      registry: false,
      operations: {
        tree: { method: 'GET', path: '/', response: Tree },
        list: { method: 'GET', path: '/list', response: z.array(Tree) },
      },
    });
    const document = openApiOf(service, facts);
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#([^"]*)"/g)].map(
      ([, pointer = '']) => pointer,
    );
    expect(references.length).toBeGreaterThan(2);
    for (const pointer of references) {
      const found = pointer
        .split('/')
        .slice(1)
        .reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], document);
      expect([pointer, typeof found]).toEqual([pointer, 'object']);
      expect(JSON.stringify(found)).toContain('name');
    }
  });

  it('takes schemas of other libraries, with a converter for those that have none', () => {
    const service = defineService('mixed', {
      baseUrl: () => 'http://a.example',
      registry: false,
      operations: {
        thing: {
          method: 'POST',
          path: '/',
          body: type({ a: 'string' }),
          response: v.object({ b: v.string() }),
        },
      },
    });
    const { servers, paths } = openApiOf(service, facts);
    expect(servers).toBeUndefined();
    const schemas = (post: unknown) => JSON.parse(JSON.stringify(post)) as unknown;
    expect(schemas(paths['/']?.['post'])).toMatchObject({
      requestBody: {
        content: { 'application/json': { schema: { type: 'object', required: ['a'] } } },
      },
      responses: {
        '2XX': {
          content: {
            'application/json': {
              schema: { description: expect.stringContaining('no JSON Schema') },
            },
          },
        },
      },
    });
    const sides: string[] = [];
    const converted = openApiOf(service, {
      ...facts,
      toJsonSchema: (schema, side) => {
        sides.push(`${schema['~standard'].vendor} ${side}`);
        return schema['~standard'].vendor === 'valibot'
          ? { $schema: 'x', type: 'object', title: 'B' }
          : undefined;
      },
    });
    expect(converted.paths['/']?.['post']).toMatchObject({
      requestBody: { content: { 'application/json': { schema: { required: ['a'] } } } },
      responses: {
        '2XX': { content: { 'application/json': { schema: { type: 'object', title: 'B' } } } },
      },
    });
    expect(sides).toEqual(['arktype request', 'valibot response']);
  });

  it('says so when a path and a method have two operations, and names QUERY by its version', () => {
    const service = defineService('twice', {
      baseUrl: 'http://a.example',
      registry: false,
      operations: {
        one: { method: 'GET', path: '/a' },
        two: { method: 'GET', path: '/a' },
        ask: { method: 'QUERY', path: '/a', body: 'raw' },
      },
    });
    const { openapi, paths } = openApiOf(service, facts);
    expect([openapi, paths['/a']?.['get']]).toEqual([
      '3.2.0',
      expect.objectContaining({
        operationId: 'one',
        description: 'The service declares this as two, too.',
      }),
    ]);
  });

  it.each<[unknown, unknown, string]>([
    [{}, facts, 'openApiOf.service'],
    [undefined, facts, 'openApiOf.service'],
    [shop(), undefined, 'openApiOf.version'],
    [shop(), { version: ' ' }, 'openApiOf.version'],
    [shop(), { ...facts, tilte: 'x' }, 'openApiOf.tilte'],
    [shop(), { ...facts, toJsonSchema: {} }, 'openApiOf.toJsonSchema'],
  ])('refuses %#', (service, options, path) => {
    const make = () => openApiOf(service as ReturnType<typeof shop>, options as typeof facts);
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(expect.objectContaining({ path }));
  });
});

describe('a document that became a declaration and then a document', () => {
  const parameters = (list: readonly ParameterModel[]) =>
    list.map(({ name, required }) => `${name}${required ? '' : '?'}`);
  /** What has to survive. */
  const shown = ({ operations }: { operations: readonly OperationModel[] }) =>
    operations.map(
      ({
        name,
        method,
        path,
        summary,
        deprecated,
        params,
        query,
        headers,
        idempotencyKey,
        body,
        as,
        response,
        errors,
      }) => ({
        ...{ name, method, path, summary, deprecated, idempotencyKey, as },
        params: parameters(params),
        query: parameters(query),
        headers: parameters(headers),
        body: body === undefined || body === 'raw' ? body : body.required,
        answers: [response !== undefined, ...errors.map(({ key }) => key)],
      }),
    );

  it('has the same operations, parameters, bodies and statuses', () => {
    const fixture = new URL('../../fixtures/openapi/orders.json', import.meta.url);
    const first = JSON.parse(readFileSync(fixture, 'utf8')) as Json;
    const read = (document: Json) =>
      readModel(document, { baseUrl: undefined, taken: RESERVED_OPERATIONS });
    const { name, declaration } = run(written(first));
    const service = defineService(name, { ...declaration, registry: false } as never);
    const second = openApiOf(service, { version: '2' }) as unknown as Json;
    expect(shown(read(second))).toEqual(shown(read(first)));
    expect(read(second).baseUrl).toBe(read(first).baseUrl);

    // And its schemas accept and refuse the same.
    const schema = (operation: string, part: string) =>
      run(written(second)).declaration.operations[operation]?.[part] as z.ZodType;
    const id = '0190a0b0-0000-7000-8000-000000000001';
    const line = { cents: 250, sku: 'ABC-12' };
    const order = { id, state: "it's gone", lines: [line], placedAt: '2026-01-02T03:04:05Z' };
    const accepts = (value: object) => schema('getOrder', 'response').safeParse(value).success;
    expect(accepts(order)).toBe(true);
    expect(accepts({ ...order, state: 'lost' })).toBe(false);
    expect(accepts({ ...order, lines: [{ ...line, cents: 0.5 }] })).toBe(false);
    expect(schema('createOrder', 'body').safeParse({ ...order, pin: '12' }).success).toBe(false);
    const tree = { name: 'a', children: [{ name: 'b', children: [] }] };
    expect(schema('categoryTree', 'response').parse([tree])).toEqual([tree]);
    expect(
      schema('categoryTree', 'response').safeParse([{ ...tree, children: [{}] }]).success,
    ).toBe(false);
  });
});
