import { execFile } from 'node:child_process';
import {
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../../src/cli/service/json.js';
import { ServiceContractError, ServiceError } from '../../../src/services/index.js';
import { answers, documentOf, written } from './written.js';

/** What `holdfast service` writes, as a project has it: compiled under strict options, imported, and sent to a real server. */

const root = fileURLToPath(new URL('../../../', import.meta.url));
const orders = JSON.parse(
  readFileSync(join(root, 'test/fixtures/openapi/orders.json'), 'utf8'),
) as Json;

let directory: string;
beforeAll(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-service-')));
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'), 'junction');
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }\n');
  writeFileSync(
    join(directory, 'tsconfig.json'),
    JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      compilerOptions: {
        typeRoots: [join(root, 'node_modules/@types')],
        paths: { 'holdfast/services': [join(root, 'src/services/index.ts')] },
      },
      include: ['*.ts'],
    }),
  );
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What the compiler says about these files. */
function compile(files: Readonly<Record<string, string>>): Promise<string> {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  const args = [
    join(root, 'node_modules/typescript/bin/tsc'),
    '-p',
    directory,
    '--pretty',
    'false',
  ];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: directory }, (error, stdout, stderr) => {
      for (const name of Object.keys(files)) rmSync(join(directory, name));
      resolve(error === null ? '' : `${error.code} ${stdout}${stderr}`);
    });
  });
}

/** Uses every operation as its types want it. */
const USES = `
import { ordersApi, type Order, type OrderInput } from './zod.js';
import { shop } from './none.js';

export async function uses(input: OrderInput): Promise<Order> {
  const page = await ordersApi.listOrders({ query: { limit: 3, state: ['open', "it's gone"] }, headers: { 'X-Tenant': 'ab/1', Authorization: 'Bearer x' } });
  const cents: number = page.items[0]?.lines[0]?.cents ?? 0;
  const order = await ordersApi.createOrder({ headers: { 'X-Tenant': 'ab/1', 'X-Channel': 'web' }, body: { ...input, note: String(cents) } });
  await ordersApi.changeOrder({ params: { orderId: order.id }, body: { note: null } });
  await ordersApi.changeOrder({ params: { orderId: order.id } });
  const nothing: undefined = await ordersApi.cancelOrder({ params: { orderId: order.id } });
  const payment = await ordersApi.getPayment({ params: { orderId: order.id } });
  const kind: 'card' | 'invoice' = payment.kind;
  const tree = await ordersApi.categoryTree();
  const parent: string | undefined = tree[0]?.children[0]?.parent?.of?.name;
  const response: Response = await ordersApi.downloadInvoice({ params: { orderId: order.id } });
  const text: string = await ordersApi.health();
  const hits = await ordersApi.search({ query: { q: 'x', 'filter[state]': 'open' } });
  const hit: number | undefined = hits['a'];
  try {
    const same = await shop.getOrder({ params: { orderId: 'x' } });
    const id: string = same.id;
    return { ...order, id };
  } catch (error) {
    if (ordersApi.createOrder.isError(error, 422)) error.data.faults.map((each) => each.length);
    void [nothing, kind, parent, response, text, hit];
    throw error;
  }
}

export const wrong = [
  // @ts-expect-error: the tenant is missing
  () => ordersApi.listOrders({ headers: {} }),
  // @ts-expect-error: no such state
  () => ordersApi.listOrders({ headers: { 'X-Tenant': 'ab/1' }, query: { state: ['lost'] } }),
  // @ts-expect-error: the id is made by the service, and the pin is missing
  (order: Order) => ordersApi.createOrder({ headers: { 'X-Tenant': 'ab/1', 'X-Channel': 'web' }, body: order }),
  // @ts-expect-error: the parameter is missing
  () => ordersApi.getOrder({}),
  // @ts-expect-error: a line has no price
  () => ordersApi.putOrdersByOrderIdLinesByLine({ params: { orderId: 'x', line: 1 }, body: { sku: 'ABC-1' } }),
  // @ts-expect-error: the same without zod
  () => shop.putOrdersByOrderIdLinesByLine({ params: { orderId: 'x', line: 1 }, body: { sku: 'ABC-1' } }),
];
`;

/** Schemas that compilers find hard: each way in which one can be made from itself. */
const KNOTS = answers(
  { $ref: '#/components/schemas/A' },
  {
    A: {
      type: 'object',
      required: ['b'],
      properties: {
        b: { $ref: '#/components/schemas/B' },
        maybe: { allOf: [{ $ref: '#/components/schemas/A' }], nullable: true },
      },
    },
    B: {
      anyOf: [
        { type: 'string' },
        { type: 'array', items: { $ref: '#/components/schemas/B' } },
        { $ref: '#/components/schemas/C' },
      ],
    },
    C: { type: 'object', additionalProperties: { $ref: '#/components/schemas/C' } },
    D: {
      allOf: [
        { $ref: '#/components/schemas/E' },
        {
          type: 'object',
          properties: {
            of: { $ref: '#/components/schemas/D' },
            more: { $ref: '#/components/schemas/F' },
          },
          additionalProperties: { type: 'integer' },
        },
      ],
    },
    E: {
      oneOf: [
        { $ref: '#/components/schemas/D' },
        {
          type: 'object',
          properties: { d: { enum: [1, 'a', null, true] } },
          additionalProperties: false,
        },
      ],
    },
    F: {
      type: 'array',
      minItems: 1,
      prefixItems: [{ $ref: '#/components/schemas/D' }, { type: 'integer', format: 'int64' }],
      items: { $ref: '#/components/schemas/F' },
    },
    G: { $ref: '#/components/schemas/G' },
    H: {
      type: 'object',
      required: ['id', 'h'],
      properties: {
        id: { type: 'string', readOnly: true, format: 'date-time' },
        h: { type: 'array', items: { $ref: '#/components/schemas/H' } },
        any: {},
      },
    },
  },
);
const knotted = documentOf(
  {
    '/{a}': {
      post: {
        operationId: 'tie',
        requestBody: {
          content: {
            'application/json': {
              schema: {
                anyOf: ['A', 'D', 'G', 'H'].map((name) => ({
                  $ref: `#/components/schemas/${name}`,
                })),
              },
            },
          },
        },
        responses: {
          default: {
            content: {
              'application/json': {
                schema: { type: 'array', items: { $ref: '#/components/schemas/H' } },
              },
            },
          },
        },
      },
    },
  },
  (KNOTS['components'] as { schemas: object })['schemas'] as never,
);

describe('a written declaration compiles', () => {
  it('under strict options, with types that let right calls through and no others', async () => {
    const zod = written(orders).replaceAll('shop', 'ordersApi');
    const files = {
      'zod.ts': zod,
      'none.ts': written(orders, { schemas: 'none' }),
      'uses.ts': USES,
      'knots.ts': written(KNOTS),
      'knotted.ts': written(knotted),
      'knotted-none.ts': written(knotted, { schemas: 'none' }),
    };
    expect(await compile(files)).toBe('');
  }, 300_000);
});

const ID = '0190a0b0-0000-7000-8000-000000000001';
const LINE = { cents: 250, sku: 'ABC-12', tags: ['a', 'a'] };
const ORDER = {
  id: ID,
  state: 'open',
  lines: [LINE],
  placedAt: '2026-01-02T03:04:05Z',
  note: null,
};

interface Asked {
  readonly line: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** The service of the document, as far as the calls below need it. */
function answer({ line, body }: Asked): [status: number, body: unknown, type?: string] {
  const [method = '', url = ''] = line.split(' ');
  const { pathname } = new URL(url, 'http://a');
  if (pathname === '/v2/health') return [200, 'fine', 'text/plain'];
  if (pathname === '/v2/categories')
    return [200, [{ name: 'a', children: [{ name: 'b', children: [] }] }]];
  if (pathname === '/v2/search') return [200, { a: 0.5 }];
  if (pathname === '/v2/orders' && method === 'GET')
    return [200, { items: [ORDER], next: null, later: true }];
  if (pathname === '/v2/orders')
    return body.includes('"pin":"taken"')
      ? [422, { title: 'Invalid', faults: ['pin'] }, 'application/problem+json']
      : [201, ORDER];
  if (pathname.endsWith('/payment')) return [200, { kind: 'invoice', dueDate: '2026-01-02' }];
  if (pathname.endsWith('/invoice.pdf')) return [200, '%PDF', 'application/pdf'];
  if (pathname.endsWith('/attachments')) return [201, { id: 7 }];
  if (pathname.includes('/lines/')) return [200, JSON.parse(body)];
  if (method === 'DELETE') return [204, undefined];
  if (method === 'PATCH') return [200, { ...ORDER, state: 'lost' }];
  return [404, { title: 'There is none', status: 404 }, 'application/problem+json'];
}

describe('a written declaration works', () => {
  const asked: Asked[] = [];
  let server: Server;
  type Operation = (request?: object) => Promise<unknown>;
  let service: Readonly<Record<string, Operation>> & { $: { dispose(): void } };

  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.setEncoding('latin1');
      request.on('data', (data: string) => (body += data));
      request.on('end', () => {
        const call = { line: `${request.method} ${request.url}`, headers: request.headers, body };
        asked.push(call);
        const [status, made, type = 'application/json'] = answer(call);
        response.writeHead(status, made === undefined ? {} : { 'content-type': type });
        response.end(made === undefined || typeof made === 'string' ? made : JSON.stringify(made));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v2/`;
    const file = join(directory, 'orders.ts');
    writeFileSync(file, written(orders, { baseUrl }));
    const module = (await import(pathToFileURL(file).href)) as { shop: typeof service };
    service = module.shop;
  });
  afterAll(async () => {
    service?.$.dispose();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const call = (name: string, request?: object): Promise<unknown> => {
    asked.length = 0;
    return (service[name] as Operation)(request);
  };
  const tenant = { 'X-Tenant': 'ab/1' };
  const params = { orderId: ID };

  it('with each operation of the document', async () => {
    expect(
      await call('listOrders', {
        headers: tenant,
        query: { state: ['open', 'paid'], limit: 2, 'include-lines': true },
      }),
    ).toEqual({ items: [{ ...ORDER }], next: null });
    expect(asked[0]?.line).toBe('GET /v2/orders?state=open&state=paid&limit=2&include-lines=true');
    expect(asked[0]?.headers).toMatchObject({ 'x-tenant': 'ab/1' });

    const body = { state: 'open', lines: [LINE], pin: '1234' };
    expect(await call('createOrder', { headers: { ...tenant, 'X-Channel': 'web' }, body })).toEqual(
      ORDER,
    );
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual(body);
    expect(asked[0]?.headers['idempotency-key']).toMatch(/.{16}/);

    const attached = new FormData();
    attached.set('file', new Blob(['hi']), 'a.txt');
    expect(await call('attachFile', { params, body: attached })).toEqual({ id: 7 });
    expect(asked[0]?.headers['content-type']).toMatch(/^multipart\/form-data/);

    expect(
      await call('putOrdersByOrderIdLinesByLine', {
        params: { orderId: 'a/b', line: 3 },
        body: LINE,
      }),
    ).toEqual(LINE);
    expect(asked[0]?.line).toBe('PUT /v2/orders/a%2Fb/lines/3');
    expect(await call('cancelOrder', { params })).toBeUndefined();
    expect(await call('getPayment', { params })).toEqual({
      kind: 'invoice',
      dueDate: '2026-01-02',
    });
    expect(await ((await call('downloadInvoice', { params })) as Response).text()).toBe('%PDF');
    expect(await call('categoryTree')).toEqual([
      { name: 'a', children: [{ name: 'b', children: [] }] },
    ]);
    expect(await call('health')).toBe('fine');
    expect(await call('search', { query: { q: 'x', 'filter[state]': 'open' } })).toEqual({
      a: 0.5,
    });
    expect(asked[0]?.line).toBe('GET /v2/search?q=x&filter%5Bstate%5D=open');
  });

  it('with the errors that the document declares', async () => {
    const missing = await call('getOrder', { params }).catch((error: unknown) => error);
    expect(missing).toBeInstanceOf(ServiceError);
    expect(missing).toMatchObject({ status: 404, declared: '404' });
    expect((missing as ServiceError).data).toEqual({ title: 'There is none', status: 404 });
    const body = { state: 'open', lines: [LINE], pin: 'taken' };
    const invalid = await call('createOrder', {
      headers: { ...tenant, 'X-Channel': 'web' },
      body,
    }).catch((error: unknown) => error);
    expect((invalid as ServiceError).data).toEqual({ title: 'Invalid', faults: ['pin'] });
  });

  it('and refuses what breaks the contract: a request unsent, a response once it is there', async () => {
    await expect(call('getOrder', { params: { orderId: 'no-uuid' } })).rejects.toBeInstanceOf(
      ServiceContractError,
    );
    await expect(call('listOrders', { headers: { 'X-Tenant': 'nobody' } })).rejects.toBeInstanceOf(
      ServiceContractError,
    );
    expect(asked).toEqual([]);
    const lost = await call('changeOrder', { params, body: { note: 'x' } }).catch(
      (error: unknown) => error,
    );
    expect(lost).toMatchObject({ side: 'response', faults: [{ path: 'body.state' }] });
    expect(asked).toHaveLength(1);
  });
});
