import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../src/cli/service/json.js';
import { UsageError } from '../../../src/cli/usage.js';
import { answering, answers, documentOf, run, written } from './written.js';

const orders = JSON.parse(
  readFileSync(new URL('../../fixtures/openapi/orders.json', import.meta.url), 'utf8'),
) as JsonObject;

const get = (more: JsonObject): JsonObject => ({ get: { responses: {}, ...more } });
const operationsOf = (document: Json) => run(written(document)).declaration.operations;
const inPath = (name: string, schema: Json = { type: 'string' }): JsonObject => ({
  name,
  in: 'path',
  required: true,
  schema,
});
const inQuery = (name: string, more: JsonObject): JsonObject => ({ name, in: 'query', ...more });

function fault(document: Json, baseUrl?: string): string {
  try {
    written(document, baseUrl === undefined ? {} : { baseUrl });
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return 'none';
}

describe('a declaration', () => {
  it('has each operation of the document, with its method, path and parts', () => {
    const { name, declaration } = run(written(orders));
    expect([name, declaration.baseUrl]).toEqual(['shop', 'https://eu.orders.example/v2']);
    const shown = Object.entries(declaration.operations).map(([key, { method, path, ...parts }]) =>
      [key, method, path, ...Object.keys(parts).filter((part) => part !== 'summary')].join(' '),
    );
    expect(shown).toEqual([
      'listOrders GET /orders query headers response errors',
      'createOrder POST /orders headers body response errors idempotencyKey',
      'getOrder GET /orders/:orderId params response errors',
      'changeOrder PATCH /orders/:orderId params body response errors',
      'cancelOrder DELETE /orders/:orderId deprecated params',
      'putOrdersByOrderIdLinesByLine PUT /orders/:orderId/lines/:line params body response',
      'getPayment GET /orders/:orderId/payment params response',
      'downloadInvoice GET /orders/:orderId/invoice.pdf params as',
      'attachFile POST /orders/:orderId/attachments params body response',
      'categoryTree GET /categories response',
      'health GET /health as',
      'search GET /search query response',
    ]);
    const { listOrders, createOrder, getOrder, attachFile, downloadInvoice, health } =
      declaration.operations;
    expect(Object.keys(listOrders?.['errors'] as object)).toEqual(['default']);
    expect(Object.keys(createOrder?.['errors'] as object)).toEqual(['409', '422']);
    expect(Object.keys(getOrder?.['errors'] as object)).toEqual(['404', '5xx']);
    expect([attachFile?.['body'], downloadInvoice?.['as'], health?.['as']]).toEqual([
      'raw',
      'response',
      'text',
    ]);
  });

  it('says in comments what does not fit into one', () => {
    const text = written(orders);
    for (const comment of [
      '// Note: credentials: bearer (Authorization: bearer)',
      '// Note: another server: http://localhost:8080/v2',
      '// Left out: GET /export/{from}-{to}: {from}-{to} is a parameter and more in one segment of the path',
      '// credentials: none',
      '// the cookie session is not part of the declaration: send it in the header Cookie',
      '// 404: There is none (without a body)',
      '// the answer is application/pdf: read the Response',
      '// the body is multipart/form-data: give a FormData',
      '// the query parameter filter is an object: give its keys as the service expects them',
      '/* an array as one text, with commas between its values */',
      '/** @deprecated */',
    ])
      expect(text).toContain(comment);
  });

  it('names operations without an id by method and path, and resolves names that clash', () => {
    const document = documentOf({
      '/a/{id}/b-c': { ...get({ parameters: [inPath('id')] }), put: { responses: {} } },
      '/b': get({ operationId: 'same name' }),
      '/c': get({ operationId: 'sameName' }),
      '/d': get({ operationId: 'then' }),
      '/e': get({ operationId: '$42' }),
      '/f': get({ operationId: '---' }),
      '/g': get({ operationId: '注文 é' }),
    });
    expect(Object.keys(operationsOf(document))).toEqual([
      'getAByIdBC',
      'putAByIdBC',
      'sameName',
      'sameName2',
      'thenOperation',
      '_42',
      'getF',
      'e',
    ]);
    expect(written(document)).toContain(
      '// Note: GET /c is called sameName2, because sameName is taken',
    );
  });

  it('keeps names of schemas apart from each other and from what the file imports', () => {
    const text = written(
      answers(
        {
          anyOf: ['z', 'class', 'a-b', 'AB', 'aB', 'defineService', 'shop'].map((name) => ({
            $ref: `#/components/schemas/${name}`,
          })),
        },
        Object.fromEntries(
          ['z', 'class', 'a-b', 'AB', 'aB', 'defineService', 'shop'].map((name) => [
            name,
            { type: 'string' },
          ]),
        ),
      ),
    );
    const names = [...text.matchAll(/^export const (\S+) =/gm)].map(([, name]) => name);
    expect(new Set(names).size).toBe(8);
    expect(names).toEqual(
      expect.arrayContaining(['zSchema', 'classSchema', 'AB', 'AB2', 'aB', 'shop', 'shop2']),
    );
    run(text);
  });

  it('has the parameters of the path, and those of the operation in their place', () => {
    const { thing } = operationsOf(
      documentOf({
        '/{a}/{b-c}/{b.c}/x%y z': {
          parameters: [
            inPath('a'),
            inPath('b-c'),
            inQuery('q', { required: true, schema: { type: 'string' } }),
          ],
          get: {
            operationId: 'thing',
            responses: {},
            parameters: [
              inPath('a', { type: 'integer' }),
              inQuery('q', { schema: { type: 'integer' } }),
            ],
          },
        },
      }),
    );
    expect(thing?.['path']).toBe('/:a/:bC/:bC2/x%25y%20z');
    const params = thing?.['params'] as { safeParse(value: unknown): { success: boolean } };
    expect(params.safeParse({ a: 1, bC: 'x', bC2: 'y' }).success).toBe(true);
    expect(params.safeParse({ a: 'x', bC: 'x', bC2: 'y' }).success).toBe(false);
    const query = thing?.['query'] as typeof params;
    expect([query.safeParse({}).success, query.safeParse({ q: 'x' }).success]).toEqual([
      true,
      false,
    ]);
  });

  it.each([
    ['/a{b}', 'a{b} is a parameter and more'],
    ['/:a', 'a segment that begins with :'],
    ['/a//b', 'an empty segment'],
    ['/a/../b', '.. cannot be in a path'],
    ['/a?b=c', 'a?b=c cannot be in a path'],
    ['/a/\ud800', 'a broken character'],
  ])('leaves out %s and says why', (path, why) => {
    const text = written(documentOf({ [path]: get({}), '/good': get({ operationId: 'good' }) }));
    expect(/^\/\/ Left out: .*/m.exec(text)?.[0]).toContain(why);
    expect(Object.keys(run(text).declaration.operations)).toEqual(['good']);
  });

  it('takes bodies as they are if they are no JSON, and sends none with GET', () => {
    const sends = (content: JsonObject, method = 'post') =>
      documentOf({
        '/thing': {
          [method]: {
            operationId: 'thing',
            responses: {},
            requestBody: { content, required: true },
          },
        },
      });
    for (const [type, how] of [
      ['application/x-www-form-urlencoded', 'give a URLSearchParams'],
      ['multipart/form-data', 'give a FormData'],
      ['application/octet-stream', 'give the bytes or the text'],
    ] as const) {
      expect(operationsOf(sends({ [type]: {} }))['thing']?.['body']).toBe('raw');
      expect(written(sends({ [type]: {} }))).toContain(how);
    }
    const both = sends({
      'text/xml': {},
      'application/json; charset=utf-8': { schema: { type: 'string' } },
    });
    expect(operationsOf(both)['thing']?.['body']).not.toBe('raw');
    expect(written(both)).toContain('// the body may also be text/xml');
    expect(written(sends({ 'application/merge-patch+json': {} }))).toContain(
      '// the content type is application/merge-patch+json',
    );
    expect(operationsOf(sends({ 'application/json': {} }, 'get'))['thing']).not.toHaveProperty(
      'body',
    );
    expect(written(sends({ 'application/json': {} }, 'get'))).toContain(
      '// a body for GET is not sent',
    );
  });

  it('reads answers by their statuses and types', () => {
    const json = { content: { 'application/json': { schema: { type: 'string' } } } };
    const thing = (responses: JsonObject) =>
      operationsOf(documentOf({ '/thing': get({ operationId: 'thing', responses }) }))['thing'];
    expect(thing({ 204: {} })).toEqual({ method: 'GET', path: '/thing' });
    expect(thing({ default: json })).toHaveProperty('response');
    expect(thing({ 200: json, 204: {} })).toMatchObject({ as: 'response' });
    expect(
      thing({
        200: json,
        202: { content: { 'application/json': { schema: { type: 'integer' } } } },
      }),
    ).toHaveProperty('response');
    expect(thing({ 200: { content: { 'text/event-stream': {} } } })).toMatchObject({
      as: 'response',
    });
    expect(thing({ 200: { content: { 'text/csv': {} } } })).toMatchObject({ as: 'text' });
    expect(
      Object.keys(
        thing({ '4XX': json, 304: json, 500: { content: { 'text/html': {} } }, 'x-a': json })?.[
          'errors'
        ] as object,
      ),
    ).toEqual(['304', '4xx']);
  });

  it('leaves out of what is sent what only answers have, and the other way round', () => {
    const user = {
      type: 'object',
      required: ['id', 'name', 'password'],
      properties: {
        id: { type: 'integer', readOnly: true },
        name: { type: 'string' },
        password: { type: 'string', writeOnly: true },
      },
    };
    const ref = { $ref: '#/components/schemas/User' };
    const content = { 'application/json': { schema: { type: 'array', items: ref } } };
    const { thing } = operationsOf(
      documentOf(
        {
          '/thing': {
            post: {
              operationId: 'thing',
              requestBody: { required: true, content },
              ...answering(ref),
            },
          },
        },
        { User: user },
      ),
    );
    const passes = (part: unknown, value: unknown): boolean =>
      (part as { safeParse(value: unknown): { success: boolean } }).safeParse(value).success;
    expect(passes(thing?.['body'], [{ name: 'a', password: 'b' }])).toBe(true);
    expect(passes(thing?.['body'], [{ id: 1, name: 'a' }])).toBe(false);
    expect(passes(thing?.['response'], { id: 1, name: 'a' })).toBe(true);
    expect(passes(thing?.['response'], { name: 'a', password: 'b' })).toBe(false);
  });

  it('has types and no zod on request', () => {
    const text = written(orders, { schemas: 'none' });
    expect(text).not.toContain("'zod'");
    expect(text).toContain('response: unchecked<OrderPage>(),');
    expect(text).toContain('body: unchecked<OrderInput>(),');
    run(text);
  });
});

describe('a document that cannot be read', () => {
  it.each<[string, Json, string]>([
    ['is no object', [], 'no OpenAPI document'],
    ['has no version', { swagger: undefined, info: {} }, 'no OpenAPI document'],
    ['is Swagger 2.0', { swagger: '2.0' }, 'convert it first (npx swagger2openapi'],
    ['is of the future', { openapi: '4.0.0' }, '"4.0.0", and 3.0 or 3.1 is read'],
    ['has no operation', documentOf({}), 'no operation that can be declared'],
    [
      'refers to another file',
      answers({ $ref: 'order.json#/Order' }),
      '"order.json#/Order" leads out of the document',
    ],
    [
      'refers to nothing',
      answers({ $ref: '#/components/schemas/Odrer' }),
      '"#/components/schemas/Odrer" leads to nothing',
    ],
    [
      'refers to what objects have from birth',
      answers({ $ref: '#/components/schemas/constructor' }),
      'leads to nothing',
    ],
    ['refers by an anchor', answers({ $ref: '#order' }), '"#order" is not understood'],
    ['refers with a broken escape', answers({ $ref: '#/%E0%A4%A' }), 'is not understood'],
    [
      'has a parameter that refers to itself',
      {
        ...documentOf({ '/a': get({ parameters: [{ $ref: '#/components/parameters/A' }] }) }),
        components: { parameters: { A: { $ref: '#/components/parameters/A' } } },
      },
      'leads back to itself',
    ],
    [
      'has no server',
      { ...answers({}), servers: [] },
      'names no server: say where the service is, such as --base-url',
    ],
    [
      'has a relative server',
      { ...answers({}), servers: [{ url: '/v1' }] },
      'server "/v1" is no absolute URL with http: or https:: say where',
    ],
    [
      'has a server with a variable without a value',
      { ...answers({}), servers: [{ url: 'https://{host}/' }] },
      'is no absolute URL',
    ],
    [
      'has a server of another protocol',
      { ...answers({}), servers: [{ url: 'wss://a.example' }] },
      'is no absolute URL',
    ],
    [
      'has a server with a query',
      { ...answers({}), servers: [{ url: 'https://a.example/?x' }] },
      'a query or a fragment',
    ],
    [
      'has a server with a password',
      { ...answers({}), servers: [{ url: 'https://a:secret@a.example' }] },
      'a user or a password',
    ],
  ])('%s', (_what, document, message) => {
    expect(fault(document)).toContain(message);
    expect(fault(document)).not.toContain('secret');
  });

  it('takes the address that is given in place of the document', () => {
    const relative = { ...answers({}), servers: [{ url: '/v1' }] };
    expect(run(written(relative, { baseUrl: 'http://localhost:80/v1/' })).declaration.baseUrl).toBe(
      'http://localhost:80/v1',
    );
    expect(fault(relative, 'localhost:80')).toContain(
      '--base-url "localhost:80" is no absolute URL',
    );
  });
});
