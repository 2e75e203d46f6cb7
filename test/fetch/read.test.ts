import { getEventListeners } from 'node:events';
import { bulkhead, circuitBreaker, fallback, retry, TimeoutError, timeout } from 'holdfast';
import { type FetchOverrides, type ResilientFetchOptions, resilientFetch } from 'holdfast/fetch';
import { VirtualClock } from 'holdfast/testing';
import { resilientRequest } from 'holdfast/undici';
import type { Dispatcher } from 'undici';
import { describe, expect, expectTypeOf, it, vi } from 'vitest';
import { type Answer, double, hang, reset } from './support/double.js';

const URL_A = 'http://a.example/stock/42';
const quick = () => retry({ maxRetries: 2, initialDelay: 0, maxDelay: 0, budget: false });
const json =
  (value: unknown, status = 200) =>
  () =>
    Response.json(value, { status });

type Options = ResilientFetchOptions<typeof fetch>;

function make(script: Answer[], options: Options = {}) {
  const sent = double(...script);
  const fetch = resilientFetch({ fetch: sent as never, policies: [quick()], ...options });
  return { fetch, sent };
}

const settled = (promise: Promise<unknown>): Promise<unknown> =>
  promise.catch((error: unknown) => error);

/** A body that fails after its first chunk. */
const broken = (error: unknown) => () => {
  let chunks = 0;
  const body = new ReadableStream({
    pull(controller) {
      if (chunks++ === 0) controller.enqueue(new TextEncoder().encode('{"a":'));
      else controller.error(error);
    },
  });
  return new Response(body);
};

const terminated = () =>
  new TypeError('terminated', {
    cause: Object.assign(new Error('closed'), { code: 'UND_ERR_SOCKET' }),
  });

describe('read', () => {
  it('X7: answers what the reader makes of the Response', async () => {
    const { fetch } = make([json({ id: 42 })]);
    const read = await fetch.read(URL_A, {}, async (response) => [
      response.status,
      await response.json(),
    ]);
    expect(read).toEqual([200, { id: 42 }]);
    expect(await fetch.read(URL_A, undefined, () => undefined)).toBe(undefined);
    expect(await fetch.read(URL_A, null, ({ status }) => status)).toBe(200);
  });

  it('X7: what it made is never judged as if it were a Response', async () => {
    for (const value of [
      { status: 503, headers: {} },
      json({ a: 1 }, 503)(),
      null,
      'a',
      new Error('a'),
    ]) {
      const { fetch, sent } = make([200], { policies: [quick(), circuitBreaker()] });
      expect(await fetch.read(URL_A, {}, () => value as never)).toBe(value);
      expect(sent.calls).toHaveLength(1);
      const [state] = Object.values(fetch.snapshot());
      expect(state?.policies['circuit_breaker']).toMatchObject({ window: { failures: 0 } });
    }
  });

  it('X7: a failure that is retried is not given to it; the last one is', async () => {
    const statuses: number[] = [];
    const reader = ({ status }: Response) => statuses.push(status);
    await make([503, 502, 200]).fetch.read(URL_A, {}, reader);
    expect(statuses).toEqual([200]);
    await make([503, 502, 500]).fetch.read(URL_A, {}, reader);
    await make([503]).fetch.read(URL_A, { method: 'POST' }, reader);
    await make([404]).fetch.read(URL_A, {}, reader);
    expect(statuses).toEqual([200, 500, 503, 404]);
  });

  it('X3: an answer that is sent again is not given to it, the last one is', async () => {
    const classify = (): 'retry' => 'retry';
    const { fetch, sent } = make([401, 403], { classify });
    expect(await fetch.read(URL_A, { method: 'POST' }, ({ status }) => status)).toBe(403);
    expect(sent.calls).toHaveLength(2);
    const body = new ReadableStream();
    const once = make([401, 200], { classify });
    const init = { method: 'POST', body, duplex: 'half' } as const;
    expect(await once.fetch.read(URL_A, init, ({ status }) => status)).toBe(401);
  });

  it('X7: a body that fails is retried with its request, whatever its error is', async () => {
    for (const error of [terminated(), new Error('of a double')]) {
      const { fetch, sent } = make([broken(error), broken(error), json({ a: 1 })]);
      expect(await fetch.read(URL_A, {}, (response) => response.json())).toEqual({ a: 1 });
      expect(sent.calls).toHaveLength(3);
    }
  });

  it('X7: also when it is read through its stream, and the reader wraps the error', async () => {
    const { fetch, sent } = make([broken(terminated()), json({ a: 1 })]);
    const read = await fetch.read(URL_A, {}, async ({ body }) => {
      try {
        let text = '';
        for await (const chunk of body as never as AsyncIterable<Uint8Array>) {
          text += new TextDecoder().decode(chunk);
        }
        return text;
      } catch (cause) {
        throw new Error('cannot be read', { cause });
      }
    });
    expect(read).toBe('{"a":1}');
    expect(sent.calls).toHaveLength(2);
  });

  it('X2: when no retry helps, the last error is thrown as it is', async () => {
    const error = terminated();
    const { fetch, sent } = make([broken(error)]);
    expect(await settled(fetch.read(URL_A, {}, (response) => response.text()))).toBe(error);
    expect(sent.calls).toHaveLength(3);
  });

  it('X3: what was answered is not sent again where it may not be: the POST was served', async () => {
    const { fetch, sent } = make([broken(terminated()), 200]);
    const call = fetch.read(URL_A, { method: 'POST' }, (response) => response.text());
    await expect(call).rejects.toThrow('terminated');
    expect(sent.calls).toHaveLength(1);
    const keyed = make([broken(terminated()), 200]);
    const init = { method: 'POST', headers: { 'idempotency-key': 'a' } };
    expect(await keyed.fetch.read(URL_A, init, (response) => response.text())).toBe('body');
  });

  it.each([
    ['JSON that is none', ((response) => response.json()) as (r: Response) => unknown],
    ['a form that is none', (response: Response) => response.formData()],
    [
      'a body that was read already',
      async (response: Response) => [await response.text(), await response.text()],
    ],
    [
      'a mistake after reading',
      async (response: Response) => {
        await response.text();
        throw reset();
      },
    ],
    [
      'a mistake before it',
      () => {
        throw new TimeoutError('of another pipeline');
      },
    ],
  ])("X7: a reader's own error is thrown, not retried and no failure: %s", async (_, reader) => {
    const { fetch, sent } = make([200], { policies: [quick(), circuitBreaker()] });
    let thrown: unknown;
    const call = fetch.read(URL_A, {}, async (response) => {
      try {
        return await reader(response);
      } catch (error) {
        thrown = error;
        throw error;
      }
    });
    expect(await settled(call)).toBe(thrown);
    expect(thrown).toBeInstanceOf(Error);
    expect(sent.calls).toHaveLength(1);
    const [state] = Object.values(fetch.snapshot());
    expect(state?.policies['circuit_breaker']).toMatchObject({ window: { failures: 0 } });
  });

  it('X7: the timeouts cover the reading, also of a reader that does not listen', async () => {
    const clock = new VirtualClock();
    const { fetch, sent } = make([200], {
      clock,
      policies: [timeout('10s'), quick(), bulkhead(), timeout('1s')],
    });
    const call = settled(fetch.read(URL_A, {}, () => new Promise(() => {})));
    await clock.advance('3s');
    expect(await call).toMatchObject({ name: 'TimeoutError', timeoutMs: 1_000 });
    expect(sent.calls).toHaveLength(3);
    await new Promise((resolve) => setImmediate(resolve));
    const [state] = Object.values(fetch.snapshot());
    expect(state?.policies['bulkhead']).toMatchObject({ inFlight: 0 });
  });

  it('X7: the total timeout and the caller cover the reading of the last failure, too', async () => {
    const clock = new VirtualClock();
    const { fetch } = make([503], { clock, policies: [timeout('10s'), quick()] });
    const late = settled(fetch.read(URL_A, {}, () => new Promise(() => {})));
    await clock.advance('10s');
    expect(await late).toMatchObject({ name: 'TimeoutError', timeoutMs: 10_000 });
    const caller = new AbortController();
    const reader = vi.fn(() => new Promise(() => {}));
    const aborted = settled(fetch.read(URL_A, { signal: caller.signal }, reader));
    await vi.waitFor(() => expect(reader).toHaveBeenCalled(), 20_000);
    caller.abort('enough');
    expect(await aborted).toBe('enough');
    expect(clock.pending).toBe(0);
  });

  it('G6: leaves nothing on a signal that lives on, nor a timer', async () => {
    const clock = new VirtualClock();
    const { signal } = new AbortController();
    const readers: ((response: Response) => unknown)[] = [
      (response) => response.text(),
      ({ status }) => status,
    ];
    for (const answer of [200, 503, reset(), broken(terminated())]) {
      for (const reader of readers) {
        const { fetch } = make([answer], { clock, policies: [timeout('10s'), quick()] });
        await settled(fetch.read(URL_A, { signal }, reader));
      }
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('G5: the caller can abort the reading', async () => {
    const caller = new AbortController();
    const { fetch, sent } = make([200]);
    const reader = vi.fn(() => new Promise(() => {}));
    const call = settled(fetch.read(URL_A, { signal: caller.signal }, reader));
    await vi.waitFor(() => expect(reader).toHaveBeenCalled(), 20_000);
    caller.abort('enough');
    expect(await call).toBe('enough');
    expect(sent.calls).toHaveLength(1);
  });

  it('X5: what the reader leaves of a body is disposed of', async () => {
    const cancelled = vi.fn();
    const endless = () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(1_000)),
          cancel: cancelled,
        }),
      );
    const { fetch, sent } = make([endless]);
    await fetch.read(URL_A, {}, ({ status }) => status);
    expect(cancelled).toHaveBeenCalledTimes(1);
    await settled(
      fetch.read(URL_A, {}, () => {
        throw new Error('not wanted');
      }),
    );
    expect(cancelled).toHaveBeenCalledTimes(2);
    await fetch.read(URL_A, {}, ({ body }) => body?.getReader().read());
    const [{ init } = { init: {} }] = sent.calls.slice(-1);
    expect((init as { signal: AbortSignal }).signal.aborted).toBe(true);
  });

  it('X7: a reader hands the Response on by returning it, whatever the policies say of it', async () => {
    for (const status of [200, 503]) {
      const { fetch } = make([json({ a: 1 }, status)], { policies: [] });
      const response = await fetch.read(URL_A, {}, (answer) => answer);
      expect(response.status).toBe(status);
      expect(await response.json()).toEqual({ a: 1 });
      const drained = await fetch.drain(0);
      expect(drained.inFlight).toBe(0);
    }
  });

  it('F1: a Response of a fallback is read; anything else is the result', async () => {
    for (const [answer, read] of [
      [() => Response.json({ id: 0 }), { id: 0 }],
      [() => ({ id: 1 }), { id: 1 }],
      [() => ({ status: 503 }), { status: 503 }],
      [() => undefined, undefined],
    ] as const) {
      const { fetch } = make([reset()], { policies: [fallback<unknown>(answer)] });
      expect(await fetch.read(URL_A, {}, (response) => response.json())).toEqual(read);
    }
  });

  it('R1: a handle of its own may want another attempt after the reading', async () => {
    const { fetch, sent } = make([json({ n: 1 }, 202), json({ n: 2 })], {
      policies: [
        retry({
          initialDelay: 0,
          handle: (outcome) =>
            outcome.kind === 'success' && (outcome.value as Response).status === 202,
        }),
      ],
    });
    expect(await fetch.read(URL_A, {}, (response) => response.json())).toEqual({ n: 2 });
    expect(sent.calls).toHaveLength(2);
  });

  it('X7: attempts are reported as what they were', async () => {
    const { fetch } = make([503, broken(terminated()), 200]);
    const seen: string[] = [];
    fetch.on('attempt', ({ attempt, outcome }) => seen.push(`${attempt} ${outcome}`));
    fetch.on('call', ({ outcome, attempts }) => seen.push(`call ${outcome} ${attempts}`));
    await fetch.read(URL_A, {}, (response) => response.text());
    expect(seen).toEqual(['1 failure', '2 failure', '3 success', 'call success 3']);
  });

  it("X7: classify is asked about a body's failure, too", async () => {
    const { fetch, sent } = make([broken(terminated()), 200], {
      classify: ({ kind }) => (kind === 'failure' ? false : undefined),
    });
    await expect(fetch.read(URL_A, {}, (response) => response.text())).rejects.toThrow();
    expect(sent.calls).toHaveLength(1);
  });

  it("X3: classify's 'retry' of a body's failure sends again what may not be repeated otherwise", async () => {
    const post = { method: 'POST', body: 'x' };
    const { fetch, sent } = make([broken(terminated()), json({ n: 2 })], {
      classify: ({ kind }) => (kind === 'failure' ? 'retry' : undefined),
    });
    expect(await fetch.read(URL_A, post, (response) => response.json())).toEqual({ n: 2 });
    expect(sent.calls).toHaveLength(2);
    const unasked = make([broken(terminated()), json({ n: 2 })]);
    await expect(unasked.fetch.read(URL_A, post, (response) => response.json())).rejects.toThrow(
      'terminated',
    );
  });

  it('X1: takes what is different about one call where fetch does', async () => {
    const { fetch, sent } = make([503]);
    await fetch.read(URL_A, { holdfast: { retry: false } }, () => {});
    await fetch.read(URL_A, {}, () => {}, { retry: false });
    expect(sent.calls).toHaveLength(2);
    expect('holdfast' in (sent.calls[0]?.init ?? {})).toBe(false);
  });

  it('X1: without a reader it says so, and sends nothing', async () => {
    const { fetch, sent } = make([200]);
    const read = fetch.read as (...args: unknown[]) => Promise<unknown>;
    await expect(read(URL_A, (response: Response) => response.json())).rejects.toThrow(
      /^resilientFetch\.read: the third argument must be a function/,
    );
    await expect(read('/relative', {}, () => {})).rejects.toThrow(TypeError);
    expect(sent.calls).toEqual([]);
    const request = resilientRequest().read as typeof read;
    await expect(request(URL_A)).rejects.toThrow(/^resilientRequest\.read: /);
  });

  it('X1: a double may answer anything', async () => {
    for (const answer of [undefined, null, 5, {}]) {
      const fetch = resilientFetch({ fetch: (async () => answer) as never });
      expect(await fetch.read(URL_A as never, {}, (response) => [response])).toEqual([answer]);
    }
  });

  it('X7: a hanging attempt is replaced, and read once', async () => {
    const clock = new VirtualClock();
    const { fetch } = make([hang, json({ a: 1 })], {
      clock,
      policies: [quick(), timeout('1s')],
    });
    const reader = vi.fn((response: Response) => response.json());
    const call = fetch.read(URL_A, {}, reader);
    await clock.advance('1s');
    expect(await call).toEqual({ a: 1 });
    expect(reader).toHaveBeenCalledTimes(1);
  });

  it('X7: types are those of the fetch and of the reader', () => {
    const fetch = resilientFetch();
    const read = () => fetch.read(URL_A, {}, async (response) => (await response.text()).length);
    expectTypeOf(read).returns.toEqualTypeOf<Promise<number>>();
    const sync = () => fetch.read(URL_A, undefined, (response) => response.ok, { retry: false });
    expectTypeOf(sync).returns.toEqualTypeOf<Promise<boolean>>();
    expectTypeOf(fetch.read<string>)
      .parameter(2)
      .parameter(0)
      .toEqualTypeOf<Response>();
    expectTypeOf(fetch.read<string>)
      .parameter(3)
      .toEqualTypeOf<FetchOverrides<Response> | undefined>();
    const mixed = () => fetch.read(URL_A, {}, (response) => (response.ok ? response.text() : 404));
    expectTypeOf(mixed).returns.toEqualTypeOf<Promise<string | 404>>();
    // @ts-expect-error: there is no such reader.
    const none = () => fetch.read(URL_A, {}, 'json');
    expectTypeOf(none).toBeFunction();
    const request = resilientRequest();
    const other = () => request.read(URL_A, {}, ({ body }) => body.text());
    expectTypeOf(other).returns.toEqualTypeOf<Promise<string>>();
    expectTypeOf(request.read<string>)
      .parameter(2)
      .parameter(0)
      .toEqualTypeOf<Dispatcher.ResponseData>();
    expectTypeOf(fetch).toExtend<typeof globalThis.fetch>();
  });
});
