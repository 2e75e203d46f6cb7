import { ConfigError, registry } from 'holdfast';
import { defineService } from 'holdfast/services';
import { startOver } from 'holdfast/testing';
import { afterEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { addressOf } from '../../src/services/base-url.js';
import { fillPath, parsePath, valueFault } from '../../src/services/path-template.js';

const made: { readonly $: { dispose(): void } }[] = [];
afterEach(() => {
  for (const { $ } of made.splice(0)) $.dispose();
});

const get = { method: 'GET', path: '/a' };
const S = z.object({ a: z.string() });

function define(declaration: unknown, name: unknown = 'x') {
  const service = defineService(name as never, declaration as never) as unknown as {
    readonly $: { dispose(): void };
  };
  made.push(service);
  return service;
}

function faultOf(declaration: unknown, name?: unknown): ConfigError {
  try {
    define(declaration, name);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

const withOperation = (operation: unknown, name = 'op') => ({
  baseUrl: 'http://a.internal',
  operations: { [name]: operation },
});

describe('a declaration', () => {
  it.each([
    [{ ...get, path: 'a' }, 'path', 'must begin with "/"'],
    [{ ...get, path: '/a?b=c' }, 'path', 'query'],
    [{ ...get, path: '/a#b' }, 'path', 'fragment'],
    [{ ...get, path: '//evil.example' }, 'path', 'empty segment'],
    [{ ...get, path: '/a/../b' }, 'path', 'dots'],
    [{ ...get, path: '/%2e%2E/b' }, 'path', 'dots'],
    [{ ...get, path: '/a b' }, 'path', 'percent-encoded'],
    [{ ...get, path: '/a\\b' }, 'path', 'percent-encoded'],
    [{ ...get, path: '/a%zz' }, 'path', 'percent-encoded'],
    [{ ...get, path: '/{a}' }, 'path', ':name'],
    [{ ...get, path: '/:a/:a' }, 'path', 'twice'],
    [{ ...get, path: '/:' }, 'path', 'no name'],
    [{ ...get, path: '/:a.json' }, 'path', 'segment of its own'],
    [{ ...get, path: 5 }, 'path', 'must be a path'],
    [{ method: 'GET' }, 'path', 'is missing'],
    [{ ...get, method: 'get' }, 'method', '"GET"'],
    [{ ...get, method: 'CONNECT' }, 'method', 'must be one of'],
    [{ ...get, body: S }, 'body', 'a GET has no body'],
    [{ method: 'HEAD', path: '/a', body: 'raw' }, 'body', 'a HEAD has no body'],
    [{ method: 'HEAD', path: '/a', response: S }, 'response', 'has no body'],
    [{ ...get, params: S }, 'params', 'no parameters'],
    [{ ...get, path: '/:b', params: S }, 'params', 'the path has :b'],
    [
      { ...get, path: '/:a', params: z.object({ a: z.string(), c: z.string() }) },
      'params',
      'no :c',
    ],
    [{ ...get, response: { a: 'string' } }, 'response', 'Standard Schema'],
    [{ ...get, response: S, as: 'response' }, 'response', 'leave out'],
    [{ ...get, as: 'xml' }, 'as', 'must be one of'],
    [{ ...get, errors: { 200: S } }, 'errors', 'successes'],
    [{ ...get, errors: { '2xx': S } }, 'errors', 'successes'],
    [{ ...get, errors: { 404: 5 } }, 'errors', 'schemas'],
    [{ ...get, fallback: Promise.resolve(1) }, 'fallback', 'not a promise'],
    [{ ...get, output: S }, 'output', 'did you mean "response"'],
    [{ ...get, timeout: 5 }, 'timeout', 'totalTimeout'],
    [{ ...get, idempotencyKey: 'a' }, 'idempotencyKey', 'true or false'],
    [{ ...get, maxResponseBytes: 0 }, 'maxResponseBytes', '>= 1'],
    [{ ...get, contract: { mode: 'off' } }, 'contract.mode', 'must be one of'],
    [
      { ...get, contract: { countFailure: true } },
      'contract.countFailure',
      'did you mean "countFailures"',
    ],
    [{ ...get, retry: { maxRetries: -1 } }, 'retry.maxRetries', '>= 0'],
  ])(
    'N10: with a wrong operation is a ConfigError with place and remedy: %j',
    (operation, where, says) => {
      const error = faultOf(withOperation(operation));
      expect(error.path).toBe(`defineService('x').operations.op.${where}`);
      expect(error.message).toContain(says);
    },
  );

  it.each([
    ['/relative', 'relative'],
    ['api.example', 'relative'],
    ['', 'absolute'],
    ['ftp://a', 'http: or https:'],
    ['http://', 'absolute'],
    ['http://user:secret@a', 'no user and password'],
    ['http://a/?b', 'query'],
    ['http://a/?', 'query'],
    ['http://a/#', 'fragment'],
    [undefined, 'must be an absolute URL'],
    [null, 'must be an absolute URL'],
    [5, 'must be an absolute URL'],
  ])(
    'N10: with a base URL that is none is a ConfigError, which shows no password: %s',
    (baseUrl, says) => {
      const error = faultOf({ baseUrl, operations: { a: get } });
      expect(error.path).toBe("defineService('x').baseUrl");
      expect(error.message).toContain(says);
      expect(error.message).not.toContain('secret');
    },
  );

  it.each([
    'then',
    'catch',
    'toJSON',
    'constructor',
    '__proto__',
    '$',
    '$a',
    'a-b',
    '',
    '1a',
    'a b',
  ])('N10: with an operation that cannot have its name is a ConfigError: %s', (name) => {
    const operations = Object.defineProperty({}, name, { value: get, enumerable: true });
    expect(faultOf({ baseUrl: 'http://a', operations }).path).toContain(
      "defineService('x').operations",
    );
  });

  it('N10: with anything else that is wrong is a ConfigError', () => {
    for (const [declaration, name, says] of [
      [withOperation(get), '', 'must be a name'],
      [withOperation(get), 5, 'must be a name'],
      [undefined, 'x', 'baseUrl'],
      [5, 'x', 'must be an object'],
      [{ baseUrl: 'http://a' }, 'x', 'operations'],
      [{ baseUrl: 'http://a', operations: {} }, 'x', 'must have an operation'],
      [{ baseUrl: 'http://a', operations: [] }, 'x', 'by name'],
      [{ baseUrl: 'http://a', operations: { a: 5 } }, 'x', 'must be an object'],
      [{ ...withOperation(get), name: 'y' }, 'x', 'first argument'],
      [{ ...withOperation(get), baseURL: 'y' }, 'x', 'did you mean "baseUrl"'],
      [{ ...withOperation(get), critical: 'yes' }, 'x', 'true or false'],
      [{ ...withOperation(get), registry: 'x' }, 'x', 'registry()'],
      [{ ...withOperation(get), registry: false, critical: true }, 'x', 'needs registry'],
      [{ ...withOperation(get), policies: { retry: { maxRetrys: 1 } } }, 'x', 'maxRetries'],
      [{ ...withOperation(get), contract: { onReport: 5 } }, 'x', 'function'],
    ] as const) {
      expect(faultOf(declaration, name).message).toContain(says);
    }
  });

  it('N10: the parts of a path are told apart', () => {
    for (const [path, template, names] of [
      ['/', '/', []],
      ['/a/', '/a/', []],
      ['/a/:b/c/:d_1', '/a/{b}/c/{d_1}', ['b', 'd_1']],
      ['/orders:batch', '/orders:batch', []],
      ['/ü/%20', '/ü/%20', []],
      ['/...', '/...', []],
    ] as const) {
      expect(parsePath(path)).toMatchObject({ template, names });
    }
    expect(fillPath(parsePath('/a/:b/:c/'), { b: 1, c: 'x y' })).toBe('/a/1/x%20y/');
    expect([valueFault(10n), valueFault(''), valueFault(Infinity)]).toEqual([
      undefined,
      'is empty',
      'is not finite',
    ]);
  });

  it('N10: an address keeps its path and loses its last slash', () => {
    expect(addressOf('HTTP://A.example:80/v1//')).toBe('http://a.example/v1');
    expect(addressOf(new URL('https://a.example'))).toBe('https://a.example');
    expect(addressOf('http://[::1]:8080/')).toBe('http://[::1]:8080');
  });

  it('N11: joins the default registry, another one, or none', () => {
    const own = registry();
    define({ ...withOperation(get), critical: true }, 'n11-default');
    define({ ...withOperation(get), registry: own }, 'n11-own');
    define({ ...withOperation(get), registry: false }, 'n11-none');
    expect(own.has('n11-own')).toBe(true);
    expect(own.size).toBe(1);
    expect(own.get('n11-own')).toMatchObject({
      kind: 'service',
      address: 'a.internal',
      critical: false,
    });
    expect(faultOf(withOperation(get), 'n11-default').message).toContain('in the registry already');
    made[0]?.$.dispose();
    define(withOperation(get), 'n11-default');
  });

  it('N11: has its state in $, and starts over in tests', async () => {
    let sent = 0;
    const service = defineService('n11', {
      baseUrl: 'http://a.internal',
      registry: false,
      fetch: (async () => {
        sent++;
        return new Response(null, { status: 503 });
      }) as typeof fetch,
      policies: { retry: false, circuitBreaker: { consecutiveFailures: 1, failingFor: 0 } },
      operations: { a: { method: 'GET', path: '/a', fallback: undefined } },
    });
    await expect(service.a()).rejects.toMatchObject({ status: 503 });
    await expect(service.a()).rejects.toMatchObject({ code: 'ERR_CIRCUIT_OPEN' });
    startOver(service.$);
    await expect(service.a()).rejects.toMatchObject({ status: 503 });
    expect(sent).toBe(2);
    expect(Object.keys(service.$.snapshot())).toEqual(['http://a.internal']);
    expect(service.$.name).toBe('n11');
    expect(Object.isFrozen(service)).toBe(true);
    expect(await service.$.drain(10)).toMatchObject({ inFlight: 0 });
    await expect(service.a()).rejects.toMatchObject({ code: 'ERR_DRAINING', operation: 'a' });
  });

  it('N11: an operation has settings of its own, and a call has them in their place', async () => {
    const sent: string[] = [];
    const service = defineService('n11b', {
      baseUrl: 'http://a.internal',
      registry: false,
      fetch: (async (url: string) => {
        sent.push(url);
        return new Response(null, { status: 503 });
      }) as typeof fetch,
      policies: {
        retry: { maxRetries: 3, initialDelay: 0, maxDelay: 0, budget: false },
        circuitBreaker: false,
      },
      operations: {
        once: { method: 'GET', path: '/once', retry: false },
        more: { method: 'GET', path: '/more' },
      },
    });
    const counts: number[] = [];
    for (const call of [
      () => service.once(),
      () => service.more(),
      () => service.more({}, { retry: { maxRetries: 1 } }),
      () => service.once({}, { retry: { maxRetries: 2 } }),
    ]) {
      sent.length = 0;
      await call().catch(() => {});
      counts.push(sent.length);
    }
    expect(counts).toEqual([1, 4, 2, 3]);
    await expect(service.more({}, { retries: 1 } as never)).rejects.toBeInstanceOf(ConfigError);
    // A signal by itself would be ignored.
    sent.length = 0;
    for (const options of [AbortSignal.abort(), 5, 'a', []]) {
      const refused = service.more({}, options as never);
      await expect(refused).rejects.toMatchObject({ path: 'n11b.more.options' });
    }
    expect(sent).toEqual([]);
  });

  it('N10: a service whose own fetch became the global one is an error, and does not call itself for ever', async () => {
    const service = defineService('itself', {
      baseUrl: 'http://127.0.0.1:1',
      registry: false,
      operations: { get: { method: 'GET', path: '/' } },
    });
    const original = globalThis.fetch;
    globalThis.fetch = service.$.fetch;
    try {
      await expect(service.get()).rejects.toThrow(/^defineService\('itself'\)\.fetch: the global/);
    } finally {
      globalThis.fetch = original;
    }
  });
});
