import {
  adaptiveLimiter,
  bulkhead,
  CircuitOpenError,
  ConfigError,
  ContractError,
  circuitBreaker,
  type Driver,
  fallback,
  type Gate,
  handleWhenResult,
  pipeline,
  RateLimitedError,
  RejectedError,
  retry,
  ThrottledError,
  TimeoutError,
  throttle,
  timeout,
} from 'holdfast';
import { type FetchInit, type ResilientFetchOptions, resilientFetch } from 'holdfast/fetch';
import { VirtualClock } from 'holdfast/testing';
import { afterEach, describe, expect, expectTypeOf, it, vi } from 'vitest';
import { type Answer, type Double, double, hang, refused, reset } from './support/double.js';

const URL_A = 'http://a.example/stock/42';
const URL_B = 'http://b.example/stock/42';

type Options = ResilientFetchOptions<typeof fetch>;

/** A resilient fetch over a double, with delays that take no time. */
function make(script: Answer[], options: Options = {}) {
  const sent = double(...script);
  const policies = { retry: { initialDelay: 0, maxDelay: 0, budget: false as const } };
  const fetch = resilientFetch({ fetch: sent as never, policies, ...options });
  return { fetch, sent };
}

const settled = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => value,
    (error: unknown) => error,
  );

describe('the standard policies', () => {
  it('X1: are the total timeout, retry, circuit breaker, adaptive limiter and attempt timeout', async () => {
    const { fetch } = make([200], { policies: {} });
    await fetch(URL_A);
    const { policies: state } = fetch.snapshot()['http://a.example'] ?? {};
    expect(Object.keys(state ?? {})).toEqual(['circuit_breaker', 'adaptive_limiter']);
    expect(state?.['adaptive_limiter']).toMatchObject({ inFlight: 0, queued: 0 });
  });

  it('X1: a bulkhead, off by default, is inside the adaptive limiter', async () => {
    const { fetch } = make([200], { policies: { bulkhead: { maxConcurrent: 50 } } });
    await fetch(URL_A);
    const { policies: state } = fetch.snapshot()['http://a.example'] ?? {};
    expect(Object.keys(state ?? {})).toEqual(['circuit_breaker', 'adaptive_limiter', 'bulkhead']);
    expect(state?.['bulkhead']).toMatchObject({ maxConcurrent: 50 });
  });

  it('X1: an attempt may take 10 s, the whole call 30 s', async () => {
    const clock = new VirtualClock();
    const { fetch, sent } = make([hang], { clock });
    const call = settled(fetch(URL_A));
    await clock.advance('9.9s');
    expect(sent.calls).toHaveLength(1);
    await clock.advance('100ms');
    expect(sent.calls).toHaveLength(2);
    await clock.advance('20s');
    const error = await call;
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ timeoutMs: 30_000, policy: 'total_timeout', pipeline: 'fetch' });
    expect(sent.calls.every(({ init }) => (init['signal'] as AbortSignal).aborted)).toBe(true);
  });

  it('X1: three retries, with backoff and jitter', async () => {
    const clock = new VirtualClock();
    const { fetch, sent } = make([503], { clock, policies: { retry: { random: () => 0.5 } } });
    const call = fetch(URL_A);
    for (const [after, attempts] of [
      ['49ms', 1],
      ['1ms', 2],
      ['100ms', 3],
      ['200ms', 4],
      ['10s', 4],
    ] as const) {
      await clock.advance(after);
      expect(sent.calls).toHaveLength(attempts);
    }
    expect((await call).status).toBe(503);
  });

  it('X1: keep their state for each origin', async () => {
    const policies = {
      retry: false,
      circuitBreaker: { consecutiveFailures: 5, failingFor: 0 },
    } as const;
    const { fetch, sent } = make([500], { policies });
    for (let i = 0; i < 5; i++) await fetch(URL_A);
    await expect(fetch(URL_A)).rejects.toThrow(CircuitOpenError);
    await expect(fetch('HTTP://A.example:80/other?x#y')).rejects.toThrow(CircuitOpenError);
    await expect(fetch(new URL(URL_A))).rejects.toThrow(CircuitOpenError);
    await expect(fetch(new Request(URL_A))).rejects.toThrow(CircuitOpenError);
    expect(sent.calls).toHaveLength(5);
    expect((await fetch(URL_B)).status).toBe(500);
    expect((await fetch('https://a.example/')).status).toBe(500);
    expect((await fetch('http://a.example:81/')).status).toBe(500);
  });

  it('X1: a rate limiter, off by default, is outside them all: it counts calls, and waiting takes nothing of their time', async () => {
    const clock = new VirtualClock();
    const rateLimiter = { limit: 1, per: '40s', maxWait: '40s' } as const;
    const policies = { rateLimiter, retry: { initialDelay: 0, maxDelay: 0 } };
    const { fetch, sent } = make([503, 200], { clock, policies });
    expect((await clock.runUntil(fetch(URL_A))).status).toBe(200);
    expect(sent.calls).toHaveLength(2);
    const waits = fetch(URL_A);
    await expect(fetch(URL_A)).rejects.toThrow(RateLimitedError);
    expect((await fetch(URL_B)).status).toBe(200);
    // Longer than the total timeout.
    expect((await clock.runUntil(waits)).status).toBe(200);
    expect(clock.now()).toBe(40_000);
  });

  it('X1: keep their state for each key that is asked for', async () => {
    const { fetch } = make([500], {
      policies: { retry: false, circuitBreaker: { consecutiveFailures: 5, failingFor: 0 } },
      key: (request) => `${request.method} ${request.header('x-tenant')}`,
    });
    const headers = { 'X-Tenant': 'a' };
    for (let i = 0; i < 5; i++) await fetch(URL_A, { headers });
    await expect(fetch(URL_B, { headers })).rejects.toThrow(CircuitOpenError);
    expect((await fetch(URL_A, { headers: [['x-tenant', 'b']] })).status).toBe(500);
    expect((await fetch(URL_A, { headers, method: 'put' })).status).toBe(500);
    expect((await fetch(URL_A, { headers }, { key: 'mine' })).status).toBe(500);
    expect(Object.keys(fetch.snapshot())).toEqual(['GET a', 'GET b', 'PUT a', 'mine']);
  });

  it('X1: keep a bounded number of keys, and drop idle ones', async () => {
    const clock = new VirtualClock();
    const { fetch } = make([200], { clock, maxKeys: 2, idleFor: '1m' });
    for (const host of ['a', 'b', 'c']) await fetch(`http://${host}.example/`);
    expect(Object.keys(fetch.snapshot())).toEqual(['http://b.example', 'http://c.example']);
    await clock.advance('1m');
    await fetch(URL_A);
    expect(Object.keys(fetch.snapshot())).toEqual(['http://a.example']);
  });

  it('X1: report their events with the key', async () => {
    const { fetch } = make([503, 200]);
    const retries: unknown[] = [];
    const stop = fetch.on('retry', ({ pipeline, key, attempt }) => {
      retries.push([pipeline, key, attempt]);
    });
    await fetch(URL_A);
    expect(retries).toEqual([['fetch', 'http://a.example', 2]]);
    stop();
    fetch.dispose();
    fetch[Symbol.dispose]();
    expect(fetch.snapshot()).toEqual({});
  });
});

describe('policies', () => {
  it('a throttle without a handle follows the rules: a 503 is a refusal, a 404 is not', async () => {
    const only = (handle?: () => boolean) => ({
      policies: [throttle({ minimumCalls: 1, random: () => 0, handle })],
    });
    const { fetch, sent } = make([404, 503, 503, 200], only());
    for (const status of [404, 503, 503]) expect((await fetch(URL_A)).status).toBe(status);
    expect(await settled(fetch(URL_A))).toBeInstanceOf(ThrottledError);
    expect(sent.calls).toHaveLength(3);
    const own = make(
      [503, 200],
      only(() => false),
    ).fetch;
    for (const status of [503, 200]) expect((await own(URL_A)).status).toBe(status);
  });

  it('an adaptive limiter without a handle takes a 429, 503 or 504 for a sign of overload, and no other answer', async () => {
    for (const [status, falls] of [
      [200, false],
      [404, false],
      [429, true],
      [500, false],
      [503, true],
      [504, true],
    ] as const) {
      const limiter = adaptiveLimiter({ algorithm: 'aimd', initialLimit: 20 });
      const { fetch } = make([status], { policies: [limiter] });
      const crowd = () => Promise.all(Array.from({ length: 20 }, () => fetch(URL_A)));
      for (let i = 0; i < 3; i++) await settled(crowd());
      const state = fetch.snapshot()['http://a.example']?.policies['adaptive_limiter'];
      const { limit } = state as { limit: number };
      expect([status, limit < 20]).toEqual([status, falls]);
      expect([status, limit > 20]).toEqual([status, !falls]);
    }
  });

  it('an adaptive limiter with a handle goes by that alone', async () => {
    const handle = handleWhenResult((response) => (response as Response).status === 404);
    for (const [status, falls] of [
      [404, true],
      [503, false],
    ] as const) {
      const limiter = adaptiveLimiter({ algorithm: 'aimd', initialLimit: 20, handle });
      const { fetch } = make([status], { policies: [limiter] });
      await Promise.all(Array.from({ length: 20 }, () => settled(fetch(URL_A))));
      const state = fetch.snapshot()['http://a.example']?.policies['adaptive_limiter'];
      expect((state as { limit: number }).limit).toBe(falls ? 10 : 20);
    }
  });

  it("an adaptive limiter takes a client's own timeout for a sign of overload, and neither another network error nor a refusal by a policy inside", async () => {
    const cause = Object.assign(new Error('Headers Timeout Error'), {
      code: 'UND_ERR_HEADERS_TIMEOUT',
    });
    const refusal = Object.assign(new RejectedError('not now'), { status: 503 });
    const refuses: Gate = { role: 'gate', type: 'refuses', enter: () => refusal, exit: () => {} };
    for (const [answer, inside, falls] of [
      [new TypeError('fetch failed', { cause }), [], true],
      [reset(), [], false],
      [200, [refuses], false],
    ] as const) {
      const limiter = adaptiveLimiter({ algorithm: 'aimd', initialLimit: 20 });
      const { fetch } = make([answer], { policies: [limiter, ...inside] });
      await Promise.all(Array.from({ length: 20 }, () => settled(fetch(URL_A))));
      const state = fetch.snapshot()['http://a.example']?.policies['adaptive_limiter'];
      expect((state as { limit: number }).limit).toBe(falls ? 10 : 20);
    }
  });

  const failing = { retry: { maxRetries: 1, initialDelay: 0, maxDelay: 0 } };

  it('X1: may be options of the standard ones', async () => {
    const { fetch, sent } = make([503], { policies: failing });
    await fetch(URL_A);
    expect(sent.calls).toHaveLength(2);
  });

  it('X1: may be a list, whose retries and breakers follow the rules of HTTP', async () => {
    const { fetch, sent } = make([503], {
      policies: [
        retry({ maxRetries: 2, initialDelay: 0, maxDelay: 0 }),
        circuitBreaker({ minimumCalls: 7, failingFor: 0 }),
      ],
    });
    await fetch(URL_A);
    expect(sent.calls).toHaveLength(3);
    await fetch(URL_A, { method: 'POST' });
    expect(sent.calls).toHaveLength(4);
    await fetch(URL_A);
    await expect(fetch(URL_A)).rejects.toThrow(CircuitOpenError);
  });

  it('X1: may be a pipeline, of which each key has a copy', async () => {
    const template = pipeline(
      'template',
      retry({ maxRetries: 0 }),
      circuitBreaker({ consecutiveFailures: 5, failingFor: 0 }),
    );
    const { fetch } = make([503], { policies: template });
    for (let i = 0; i < 5; i++) await fetch(URL_A);
    await expect(fetch(URL_A)).rejects.toThrow(CircuitOpenError);
    expect((await fetch(URL_B)).status).toBe(503);
    expect(template.snapshot().policies['circuit_breaker']).toMatchObject({ state: 'closed' });
  });

  it('X1: may be a function of the key, asked once for each', async () => {
    const asked: string[] = [];
    const { fetch, sent } = make([503], {
      policies: (key) => {
        asked.push(key);
        return key.includes('//a.')
          ? failing
          : [circuitBreaker({ consecutiveFailures: 2, failingFor: 0 })];
      },
    });
    const keys: unknown[] = [];
    fetch.on('transition', ({ key, to }) => keys.push([key, to]));
    for (let i = 0; i < 2; i++) await fetch(URL_A);
    expect(sent.calls).toHaveLength(4);
    for (let i = 0; i < 2; i++) await fetch(URL_B);
    await expect(fetch(URL_B)).rejects.toThrow(CircuitOpenError);
    expect(sent.calls).toHaveLength(6);
    expect(asked).toEqual(['http://a.example', 'http://b.example']);
    expect(keys).toEqual([['http://b.example', 'open']]);
  });

  it('X1: may hold a fallback, whose Response is answered as it is', async () => {
    const other = new Response('other');
    const { fetch } = make([reset()], {
      policies: [fallback(() => other), timeout('1s')],
    });
    expect(await fetch(URL_A)).toBe(other);
    expect(await other.text()).toBe('other');
  });

  it.each([
    [
      { policies: { retry: { maxRetrys: 1 } } },
      /resilientFetch\.policies\.retry\.maxRetrys: unknown option .*maxRetries/,
    ],
    [{ policies: 5 }, /resilientFetch\.policies: must be/],
    [{ policies: [5] }, /policies\[0\]: must be a policy/],
    [{ fetsh: 5 }, /resilientFetch\.fetsh: unknown option "fetsh": did you mean "fetch"/],
    [{ fetch: 5 }, /resilientFetch\.fetch: must be a function/],
    [
      { headers: { deadline: 'a b' } },
      /resilientFetch\.headers\.deadline: must be the name of a header/,
    ],
    [{ headers: { deadlin: 'a' } }, /resilientFetch\.headers\.deadlin: unknown option/],
    [{ baseUrl: '/a' }, /resilientFetch\.baseUrl: must be an absolute URL/],
    [{ baseUrl: 'ftp://x' }, /resilientFetch\.baseUrl: .* with http: or https:.*ftp:/],
    [{ idempotent: 'yes' }, /resilientFetch\.idempotent: must be true, false or a function/],
    [{ maxKeys: 0 }, /resilientFetch\.maxKeys/],
    [{ name: '' }, /resilientFetch\.name/],
  ])('X1: %j is refused when the fetch is made', (options, message) => {
    expect(() => resilientFetch(options as never)).toThrow(ConfigError);
    expect(() => resilientFetch(options as never)).toThrow(message);
  });

  it('X1: that a function of the key answers are checked in the call', async () => {
    const { fetch, sent } = make([200], { policies: () => ({ retri: {} }) as never });
    await expect(fetch(URL_A)).rejects.toThrow(/resilientFetch\.policies\.retri: unknown option/);
    expect(sent.calls).toHaveLength(0);
  });
});

describe('failures', () => {
  it.each([408, 425, 429, 500, 502, 503, 504, 507, 520, 529, 599])(
    'X2: %i is retried, and the last Response returned',
    async (status) => {
      const last = new Response('last', { status });
      const { fetch, sent } = make([status, status, status, last]);
      expect(await fetch(URL_A)).toBe(last);
      expect(await last.text()).toBe('last');
      expect(sent.calls).toHaveLength(4);
    },
  );

  it.each([200, 204, 304, 400, 401, 404, 409, 413, 501, 505])(
    'X2: %i is an answer',
    async (status) => {
      const { fetch, sent } = make([new Response(null, { status })]);
      for (let i = 0; i < 10; i++) expect((await fetch(URL_A)).status).toBe(status);
      expect(sent.calls).toHaveLength(10);
    },
  );

  it('X2: a network error is retried, and the last error thrown', async () => {
    const errors = Array.from({ length: 4 }, reset);
    const { fetch, sent } = make(errors);
    expect(await settled(fetch(URL_A))).toBe(errors[3]);
    expect(sent.calls).toHaveLength(4);
  });

  it('X2: an error that is not the network’s is neither retried nor counted', async () => {
    const mistake = new TypeError('Invalid URL');
    const { fetch, sent } = make([mistake]);
    for (let i = 0; i < 10; i++) expect(await settled(fetch(URL_A))).toBe(mistake);
    expect(sent.calls).toHaveLength(10);
  });

  it('X2: classify has the first word on Responses and errors', async () => {
    const seen: unknown[] = [];
    const { fetch, sent } = make([404, 200, 503, new RangeError('odd'), 200], {
      classify: (outcome, request) => {
        const { kind } = outcome;
        seen.push([kind, request.url]);
        if (outcome.kind !== 'success') return outcome.error instanceof RangeError;
        if (outcome.value.status === 503) return false;
        return outcome.value.status === 404 ? true : undefined;
      },
    });
    expect((await fetch(URL_A)).status).toBe(200);
    expect((await fetch(URL_A)).status).toBe(503);
    expect((await fetch(URL_A)).status).toBe(200);
    expect(sent.calls).toHaveLength(5);
    expect(seen[0]).toEqual(['success', URL_A]);
    expect(seen[3]).toEqual(['failure', URL_A]);
  });

  it('X2: classify is asked for one call, too, before the option', async () => {
    const { fetch, sent } = make([503, 418, 503, 503], {
      classify: (outcome) =>
        outcome.kind === 'success' ? outcome.value.status === 418 : undefined,
    });
    const classify = (outcome: { kind: string; value?: Response }) =>
      outcome.value?.status === 503 ? true : undefined;
    expect((await fetch(URL_A, { holdfast: { classify: classify as never } })).status).toBe(503);
    expect(sent.calls).toHaveLength(4);
  });

  it('X2: what classify throws ends the call, and the Response is let go of', async () => {
    const cancel = vi.fn();
    const response = new Response(new ReadableStream({ cancel }));
    const fault = new Error('in classify');
    const { fetch, sent } = make([response], {
      classify: () => {
        throw fault;
      },
    });
    expect(await settled(fetch(URL_A))).toBe(fault);
    expect(sent.calls).toHaveLength(1);
    expect(cancel).toHaveBeenCalledOnce();
  });
});

describe('retries', () => {
  const attempts = async (script: Answer[], init: object, options: Options = {}) => {
    const { fetch, sent } = make(script, options);
    const result = await settled(fetch(URL_A, init));
    return { attempts: sent.calls.length, result };
  };

  it.each(['GET', 'get', 'HEAD', 'OPTIONS', 'PUT', 'put', 'DELETE', 'QUERY'])(
    'X3: %s is repeated',
    async (method) => {
      expect((await attempts([503], { method })).attempts).toBe(4);
      expect((await attempts([reset()], { method })).attempts).toBe(4);
    },
  );

  it.each(['POST', 'post', 'PATCH', 'LOCK', 'purge'])('X3: %s is not', async (method) => {
    expect((await attempts([503], { method })).attempts).toBe(1);
    expect((await attempts([reset()], { method })).attempts).toBe(1);
  });

  it('X3: a POST that is not repeated is answered as ever, error or Response', async () => {
    const error = reset();
    expect((await attempts([error], { method: 'POST' })).result).toBe(error);
    const response = new Response('no', { status: 503 });
    expect((await attempts([response], { method: 'POST' })).result).toBe(response);
    expect(await response.text()).toBe('no');
  });

  it('X3: a POST that timed out is not repeated', async () => {
    const clock = new VirtualClock();
    const { fetch, sent } = make([hang], { clock });
    const call = settled(fetch(URL_A, { method: 'POST' }));
    await clock.advance('10s');
    expect(await call).toMatchObject({ code: 'ERR_TIMEOUT', policy: 'attempt_timeout' });
    expect(sent.calls).toHaveLength(1);
  });

  it('X3: a POST that waited in vain for a slot never left', async () => {
    const clock = new VirtualClock();
    const { fetch, sent } = make([hang, 200], {
      clock,
      policies: [
        retry({ initialDelay: 0, maxDelay: 0, maxRetries: 1 }),
        timeout('5s'),
        bulkhead({ maxConcurrent: 1, maxQueued: 5, releaseOnAbandon: true }),
      ],
    });
    const first = settled(fetch(URL_A, { method: 'POST' }));
    await clock.advance('1s');
    const second = fetch(URL_A, { method: 'POST' });
    await clock.advance('4s');
    expect(await first).toMatchObject({ code: 'ERR_TIMEOUT' });
    await clock.advance('1s');
    expect((await second).status).toBe(200);
    expect(sent.calls).toHaveLength(2);
  });

  it.each([
    ['a header', { headers: { 'Idempotency-Key': '"k"' } }, {}],
    ['Headers', { headers: new Headers({ 'idempotency-key': '"k"' }) }, {}],
    ['pairs', { headers: [['IDEMPOTENCY-KEY', '"k"']] }, {}],
    ['the option', {}, { idempotent: true }],
    ['a function', {}, { idempotent: (request: { url: string }) => request.url === URL_A }],
    ['the call', { holdfast: { idempotent: true } }, {}],
    ['a key for the call', { holdfast: { idempotencyKey: 'k' } }, {}],
    ['keys for all calls', {}, { headers: { idempotencyKey: true } }],
  ])('X3: a POST is repeated when it may be, by %s', async (_how, init, options) => {
    expect((await attempts([503], { method: 'POST', ...init }, options as Options)).attempts).toBe(
      4,
    );
  });

  it.each([
    ['the option', {}, { idempotent: false }],
    ['a function', {}, { idempotent: () => false }],
    ['the call', { holdfast: { idempotent: false } }, { idempotent: true }],
    ['retry: false', { holdfast: { retry: false } }, {}],
  ])('X3: a GET is not when it may not, by %s', async (_how, init, options) => {
    expect((await attempts([503], init, options as Options)).attempts).toBe(1);
  });

  it('X3: whatever never left is repeated, as long as nothing else happened', async () => {
    const init = { method: 'POST', body: 'x' };
    expect((await attempts([refused(), 200], init)).attempts).toBe(2);
    expect((await attempts([refused(), refused(), 503, 200], init)).attempts).toBe(3);
    expect((await attempts([refused(), reset(), 200], init)).attempts).toBe(2);
    // A redirect may have been followed, and its target be the one that refuses.
    expect((await attempts([refused(81), 200], init)).attempts).toBe(1);
    expect((await attempts([refused(81), 200], { ...init, redirect: 'manual' })).attempts).toBe(2);
    const once = { ...init, holdfast: { retry: false } };
    expect((await attempts([refused(), 200], once)).attempts).toBe(1);
  });

  it('X3: a handle of one’s own does not repeat what may not be', async () => {
    const handle = handleWhenResult((response) => (response as Response).status === 404);
    const policies = { retry: { handle, initialDelay: 0, maxDelay: 0 } };
    expect((await attempts([404], {}, { policies })).attempts).toBe(4);
    expect((await attempts([503], {}, { policies })).attempts).toBe(1);
    const post = await attempts([404], { method: 'POST' }, { policies });
    expect(post.attempts).toBe(1);
    expect(post.result).toBeInstanceOf(Response);
  });

  /** Runs twice whatever comes of it. */
  const twice: Driver = {
    role: 'driver',
    type: 'twice',
    async drive(drive) {
      drive.discard(await drive.next());
      return drive.next();
    },
  };

  it('X3: a policy that knows no rules cannot send a POST twice', async () => {
    const post = await attempts([503], { method: 'POST' }, { policies: [twice] });
    expect(post.attempts).toBe(1);
    expect(post.result).toBeInstanceOf(ContractError);
    expect(String(post.result)).toContain('idempotent: true');
    expect((await attempts([503], {}, { policies: [twice] })).attempts).toBe(2);
    expect(
      (await attempts([refused(), 200], { method: 'POST' }, { policies: [twice] })).attempts,
    ).toBe(2);
  });
});

describe('bodies', () => {
  const bodies = async (script: Answer[], init: object) => {
    const { fetch, sent } = make(script);
    const result = await settled(fetch(URL_A, { method: 'PUT', ...init } as RequestInit));
    return { bodies: sent.calls.map((call) => call.init['body']), sent, result };
  };

  it('X4: a buffer is sent as it was, whatever becomes of it meanwhile', async () => {
    const body = Buffer.from('abc');
    const { fetch, sent } = make([503, 200]);
    const call = fetch(URL_A, { method: 'PUT', body });
    body.fill('x');
    await call;
    expect(
      sent.calls.map(({ init }) => Buffer.from(init['body'] as Uint8Array).toString()),
    ).toEqual(['abc', 'abc']);
  });

  it('X4: headers are sent as they were, whatever becomes of them meanwhile', async () => {
    const headers = new Headers({ a: '1' });
    const { fetch, sent } = make([503, 200]);
    const call = fetch(URL_A, { headers });
    headers.set('a', '2');
    await call;
    expect(sent.calls.map(({ init }) => new Headers(init['headers'] as never).get('a'))).toEqual([
      '1',
      '1',
    ]);
  });

  it('X4: a stream is sent once, in one attempt', async () => {
    const body = new Blob(['abc']).stream();
    const { bodies: given, result } = await bodies([503, 200], { body, duplex: 'half' });
    expect(given).toEqual([body]);
    expect((result as Response).status).toBe(503);
    const never = await bodies([refused(), 200], {
      body: new Blob(['abc']).stream(),
      duplex: 'half',
    });
    expect(never.bodies).toHaveLength(1);
  });

  it('X4: a function makes a stream afresh for each attempt', async () => {
    const body = () => new Blob(['abc']).stream();
    const { bodies: given, sent } = await bodies([503, 200], { body });
    expect(new Set(given).size).toBe(2);
    expect(sent.calls[1]?.init['duplex']).toBe('half');
    const text = async () => 'abc';
    expect((await bodies([503, 200], { body: text })).bodies).toEqual(['abc', 'abc']);
  });

  it('X4: a stream that was sent by another call is refused before anything is sent', async () => {
    const body = new Blob(['abc']).stream();
    await bodies([200], { body, duplex: 'half' });
    const again = await bodies([200], { body, duplex: 'half' });
    expect(again.result).toBeInstanceOf(ContractError);
    expect(again.sent.calls).toHaveLength(0);
  });

  it('X4: a Request is cloned for each attempt, and used up in the end', async () => {
    const request = new Request(URL_A, { method: 'PUT', body: 'abc' });
    const { fetch, sent } = make([
      async ({ input }) => {
        expect(await (input as Request).text()).toBe('abc');
        return new Response(null, { status: 503 });
      },
      async ({ input }) => new Response(await (input as Request).text()),
    ]);
    expect(await (await fetch(request)).text()).toBe('abc');
    expect(sent.calls).toHaveLength(2);
    expect(request.bodyUsed).toBe(true);
    await expect(fetch(request)).rejects.toThrow(/already been read or sent/);
    expect(sent.calls).toHaveLength(2);
  });

  it('X4: a Request whose body is replaced stays as it is', async () => {
    const request = new Request(URL_A, { method: 'PUT', body: 'abc' });
    const { fetch, sent } = make([503, 200]);
    await fetch(request, { body: 'def' });
    expect(sent.calls.map(({ init }) => init['body'])).toEqual(['def', 'def']);
    expect(request.bodyUsed).toBe(false);
  });
});

describe('a server’s wish for a delay', () => {
  const busy = (headers: Record<string, string>, status = 503): Response =>
    new Response(null, { status, headers });
  const options = (clock: VirtualClock, more: Options = {}): Options => ({
    clock,
    policies: {
      retry: { random: () => 0 },
      circuitBreaker: { consecutiveFailures: 2, failingFor: 0, random: () => 0.5 },
    },
    ...more,
  });

  it.each([
    ['seconds', { 'retry-after': '2' }],
    [
      'a date',
      { date: 'Mon, 02 Jan 2023 00:00:00 GMT', 'retry-after': 'Mon, 02 Jan 2023 00:00:02 GMT' },
    ],
    ['RateLimit', { ratelimit: '"default";r=0;t=2' }],
    ['X-RateLimit-Reset', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '2' }],
  ])('X6: in %s is waited for', async (_how, headers) => {
    const clock = new VirtualClock();
    const { fetch, sent } = make([busy(headers), 200], options(clock));
    const call = fetch(URL_A);
    await clock.advance(1_999);
    expect(sent.calls).toHaveLength(1);
    await clock.advance(1);
    expect((await call).status).toBe(200);
  });

  it('X6: beyond maxRetryAfter ends the retries, and the Response is answered', async () => {
    const clock = new VirtualClock();
    const response = busy({ 'retry-after': '31' });
    const { fetch } = make([response, 200], options(clock, { policies: { totalTimeout: '1m' } }));
    expect(await fetch(URL_A)).toBe(response);
  });

  it('X6: keeps the breaker open for as long', async () => {
    const clock = new VirtualClock();
    const { fetch } = make([() => busy({ 'retry-after': '40' })], options(clock));
    await fetch(URL_A);
    await fetch(URL_A);
    await clock.advance('39s');
    const error = await settled(fetch(URL_A));
    expect(error).toBeInstanceOf(CircuitOpenError);
    expect((error as CircuitOpenError).retryAfter).toBeCloseTo(1_000, 0);
  });

  it('X6: can be left unread', async () => {
    const clock = new VirtualClock();
    for (const more of [{}, { retryAfter: false }]) {
      const { fetch, sent } = make([busy({ 'retry-after': '31' }), 200], options(clock, more));
      const init = 'retryAfter' in more ? {} : { holdfast: { retryAfter: false } };
      const call = fetch(URL_A, init);
      await clock.advance(100);
      expect((await call).status).toBe(200);
      expect(sent.calls).toHaveLength(2);
    }
  });

  it('X6: can be read by a function', async () => {
    const clock = new VirtualClock();
    const retryAfter = (response: Response): number => Number(response.headers.get('x-wait'));
    const { fetch, sent } = make([busy({ 'x-wait': '5000' }), 200], options(clock, { retryAfter }));
    const call = fetch(URL_A);
    await clock.advance(4_999);
    expect(sent.calls).toHaveLength(1);
    await clock.advance(1);
    expect((await call).status).toBe(200);
  });
});

describe('headers', () => {
  const headersOf = ({ calls }: Double, name: string): (string | null)[] =>
    calls.map(({ init }) => new Headers(init['headers'] as never).get(name));

  it('X8: none are sent by themselves', async () => {
    const { fetch, sent } = make([503, 200]);
    await fetch(URL_A);
    expect(sent.calls.every(({ init }) => init['headers'] === undefined)).toBe(true);
  });

  it('X8: the attempt’s number and the milliseconds left to it', async () => {
    const clock = new VirtualClock();
    const { fetch, sent } = make([hang, 200], {
      clock,
      headers: { deadline: 'X-Deadline-Ms', attempt: 'x-attempt' },
      policies: {
        totalTimeout: '15s',
        attemptTimeout: '10s',
        retry: { initialDelay: 0, maxDelay: 0 },
      },
    });
    const call = fetch(URL_A, { headers: { a: '1' } });
    await clock.advance('10s');
    await call;
    expect(headersOf(sent, 'x-attempt')).toEqual(['1', '2']);
    expect(headersOf(sent, 'x-deadline-ms')).toEqual(['10000', '5000']);
    expect(headersOf(sent, 'a')).toEqual(['1', '1']);
  });

  it('X8: one quoted idempotency key for all attempts of a call', async () => {
    const { fetch, sent } = make([503, 503, 200], { headers: { idempotencyKey: true } });
    await fetch(URL_A, { method: 'POST' });
    await fetch(URL_A, { method: 'POST' });
    const keys = headersOf(sent, 'idempotency-key');
    expect(keys[0]).toMatch(/^"[0-9a-f-]{36}"$/);
    expect(keys.slice(0, 3)).toEqual([keys[0], keys[0], keys[0]]);
    expect(keys[3]).not.toBe(keys[0]);
  });

  it('X8: keys only where the method needs one, and never in place of the caller’s', async () => {
    let made = 0;
    const { fetch, sent } = make([200], { headers: { idempotencyKey: () => `k${++made}` } });
    await fetch(URL_A);
    await fetch(URL_A, { method: 'POST', headers: { 'idempotency-key': '"own"' } });
    await fetch(URL_A, { method: 'POST', holdfast: { idempotencyKey: false } });
    await fetch(URL_A, { method: 'POST' });
    await fetch(new Request(URL_A, { method: 'PATCH', headers: { a: '1' } }));
    await fetch(URL_A, { holdfast: { idempotencyKey: 'mine' } });
    expect(headersOf(sent, 'idempotency-key')).toEqual([
      null,
      '"own"',
      null,
      '"k1"',
      '"k2"',
      '"mine"',
    ]);
    expect(headersOf(sent, 'a')[4]).toBe('1');
  });
});

describe('one call', () => {
  it('X1: overrides never reach the wire, and the third argument wins', async () => {
    const { fetch, sent } = make([200]);
    const init = Object.freeze({
      method: 'PUT',
      holdfast: Object.freeze({ key: 'init', retry: false as const }),
    });
    await fetch(URL_A, init, { key: 'third' });
    expect(sent.calls[0]?.init).not.toHaveProperty('holdfast');
    expect(sent.calls[0]?.init['method']).toBe('PUT');
    expect(Object.keys(fetch.snapshot())).toEqual(['third']);
  });

  it.each([
    [
      { holdfast: { idempotnt: true } },
      /holdfast\.idempotnt: unknown option .*did you mean "idempotent"/,
    ],
    [{ holdfast: { retry: true } }, /holdfast\.retry/],
    [{ holdfast: { idempotencyKey: '' } }, /holdfast\.idempotencyKey/],
    [{ holdfast: 'no' }, /holdfast: must be an object/],
  ])('X1: %j is refused before anything is sent', async (init, message) => {
    const { fetch, sent } = make([200]);
    await expect(fetch(URL_A, init as never)).rejects.toThrow(message);
    await expect(fetch(URL_A, {}, init.holdfast as never)).rejects.toThrow(message);
    await expect(fetch(URL_A, init as never, { key: 'a' })).rejects.toThrow(message);
    expect(sent.calls).toHaveLength(0);
  });

  it.each([
    [
      '/stock/42',
      /"\/stock\/42" is relative and there is nothing it could be relative to: set baseUrl/,
    ],
    ['', /is relative .* set baseUrl/],
    [undefined, /"undefined" is not a URL/],
    [{}, /is not a URL/],
    ['http://', /"http:\/\/" is not a URL/],
    [5, /"5" is not a URL/],
  ])('X1: the URL %j is refused before anything is sent', async (url, message) => {
    const { fetch, sent } = make([200]);
    await expect(fetch(url as string)).rejects.toThrow(TypeError);
    await expect(fetch(url as string)).rejects.toThrow(message);
    expect(sent.calls).toHaveLength(0);
  });

  it('X1: an init that is none is refused, any method is fetch’s to refuse', async () => {
    const { fetch, sent } = make([200]);
    for (const init of ['x', 5, true]) {
      await expect(fetch(URL_A, init as never)).rejects.toThrow(/^init: must be an object/);
    }
    expect(sent.calls).toHaveLength(0);
    await fetch(URL_A, { method: 5 as never });
    expect(sent.calls[0]?.init['method']).toBe(5);
  });

  it('X1: a relative URL is resolved against the base', async () => {
    const { fetch, sent } = make([200], { baseUrl: 'https://api.example/v1/' });
    await fetch('stock/42?x=1');
    await fetch('/stock');
    await fetch(URL_A);
    expect(sent.calls.map(({ input }) => input)).toEqual([
      'https://api.example/v1/stock/42?x=1',
      'https://api.example/stock',
      URL_A,
    ]);
    expect((await make([200], { baseUrl: new URL(URL_A) }).fetch('/')).status).toBe(200);
  });

  it('X1: a base without a slash at its end loses its last segment, as docs/fetch.md says', async () => {
    const { fetch, sent } = make([200], { baseUrl: 'https://api.example/v1' });
    await fetch('stock');
    await fetch('/stock');
    expect(sent.calls.map(({ input }) => input)).toEqual([
      'https://api.example/stock',
      'https://api.example/stock',
    ]);
  });

  it('X1: the caller’s signal, init’s before the Request’s, gives the call up', async () => {
    const reason = new Error('enough');
    const caller = new AbortController();
    const { fetch, sent } = make([hang]);
    const calls = [
      fetch(URL_A, { signal: caller.signal }),
      fetch(new Request(URL_A, { signal: caller.signal })),
      fetch(new Request(URL_A), { signal: caller.signal }),
    ].map(settled);
    const spared = new Request(URL_A, { signal: caller.signal });
    let ended = false;
    void settled(fetch(spared, { signal: null })).then(() => {
      ended = true;
    });
    caller.abort(reason);
    expect(await Promise.all(calls)).toEqual([reason, reason, reason]);
    expect(ended).toBe(false);
    expect(sent.calls).toHaveLength(4);
    await expect(fetch(URL_A, { signal: caller.signal })).rejects.toBe(reason);
    expect(sent.calls).toHaveLength(4);
  });

  it('X1: what the implementation knows beyond the standard reaches it', async () => {
    const { fetch, sent } = make([200]);
    const next = { revalidate: 5 };
    await fetch(URL_A, { next, cache: 'no-store' } as RequestInit);
    expect(sent.calls[0]?.init).toMatchObject({ next, cache: 'no-store' });
    const request = new Request(URL_A);
    await fetch(request);
    expect(sent.calls[1]?.input).toBe(request);
  });

  describe('over the global fetch', () => {
    afterEach(() => void vi.unstubAllGlobals());

    it('X1: it is looked up at each call', async () => {
      const fetch = resilientFetch();
      const sent = double(200);
      vi.stubGlobal('fetch', sent);
      await fetch(URL_A);
      expect(sent.calls).toHaveLength(1);
    });

    it('X1: put in its place without the original, it says so', async () => {
      const fetch = resilientFetch();
      vi.stubGlobal('fetch', fetch);
      await expect(globalThis.fetch(URL_A)).rejects.toThrow(/give it the original one/);
    });
  });
});

describe('the types', () => {
  it('X1: a resilient fetch is a fetch, of the kind it was given', () => {
    expectTypeOf(resilientFetch()).toExtend<typeof fetch>();
    expectTypeOf<FetchInit<typeof fetch>>().toEqualTypeOf<RequestInit>();
    const sent = async (_url: string, _init?: { method?: string; agent?: number }) => ({
      ...{ status: 200, headers: new Headers(), extra: 'x' },
    });
    const own = resilientFetch({ fetch: sent });
    expectTypeOf(own).parameter(0).toEqualTypeOf<string>();
    expectTypeOf(own).parameter(1).extract<object>().toHaveProperty('agent');
    expectTypeOf(own).returns.resolves.toHaveProperty('extra');
  });
});
