import {
  ContractError,
  circuitBreaker,
  RejectedError,
  retry,
  TimeoutError,
  timeout,
} from 'holdfast';
import { type BeforeAttempt, type ResilientFetchOptions, resilientFetch } from 'holdfast/fetch';
import { VirtualClock } from 'holdfast/testing';
import { resilience, resilientRequest } from 'holdfast/undici';
import { MockAgent, request } from 'undici';
import { describe, expect, it } from 'vitest';
import { type Answer, double, hang, refused, reset, type SentCall } from './support/double.js';

const URL_A = 'http://a.example/stock/42';
const quick = () => retry({ maxRetries: 3, initialDelay: 0, maxDelay: 0, budget: false });

type Options = ResilientFetchOptions<typeof fetch>;

function make(script: Answer[], options: Options = {}) {
  const sent = double(...script);
  const fetch = resilientFetch({ fetch: sent as never, policies: [quick()], ...options });
  return { fetch, sent };
}

const headersOf = ({ init }: SentCall): Record<string, string> =>
  Object.fromEntries(new Headers(init['headers'] as Record<string, string>));

const settled = (promise: Promise<unknown>): Promise<unknown> =>
  promise.catch((error: unknown) => error);

describe('beforeAttempt', () => {
  it('X10: changes the headers of one attempt, and no other', async () => {
    const own = { 'X-Own': 'kept', 'x-gone': 'gone' };
    const { fetch, sent } = make([503, 503, 200], {
      beforeAttempt: ({ attempt, headers }) => {
        expect(Object.fromEntries(headers)).toEqual({ 'x-own': 'kept', 'x-gone': 'gone' });
        headers.set('x-date', `of ${attempt}`);
        headers.delete('x-gone');
      },
    });
    await fetch(URL_A, { headers: own });
    expect(sent.calls.map(({ init }) => init['headers'])).toEqual(
      [1, 2, 3].map((n) => ({ 'X-Own': 'kept', 'x-date': `of ${n}` })),
    );
    expect(own).toEqual({ 'X-Own': 'kept', 'x-gone': 'gone' });
  });

  it.each([
    ['a record', { 'x-own': 'b', 'x-c': 'c' }],
    [
      'pairs',
      [
        ['x-own', 'b'],
        ['x-c', 'c'],
      ],
    ],
    ['a Headers', new Headers({ 'x-own': 'b', 'x-c': 'c' })],
    [
      'a Map',
      new Map([
        ['x-own', 'b'],
        ['x-c', 'c'],
      ]),
    ],
  ])('X10: sets what it answers: %s', async (_, answer) => {
    const base = { 'X-Own': 'a', 'x-d': 'd' };
    for (const headers of [base, Object.entries(base), new Headers(base)]) {
      for (const beforeAttempt of [() => answer, async () => answer] as BeforeAttempt[]) {
        const { fetch, sent } = make([200], { beforeAttempt });
        await fetch(URL_A, { headers: headers as never });
        expect(sent.calls.map(headersOf)).toEqual([{ 'x-own': 'b', 'x-c': 'c', 'x-d': 'd' }]);
      }
    }
  });

  it('X10: leaves what it does not touch as it was given, a Request with its own headers', async () => {
    const { fetch, sent } = make([200], { beforeAttempt: ({ headers }) => headers });
    const request = new Request(URL_A, { headers: { 'x-own': 'a' } });
    await fetch(request);
    await fetch(request, { headers: { 'X-Other': 'b' } });
    expect(sent.calls.map(({ init }) => init['headers'])).toEqual([undefined, { 'X-Other': 'b' }]);
    const signed = make([200], { beforeAttempt: ({ headers }) => headers.set('x-b', 'b') });
    await signed.fetch(request);
    expect(signed.sent.calls.map(headersOf)).toEqual([{ 'x-own': 'a', 'x-b': 'b' }]);
  });

  it('X10: is told the attempt, the request, and how the attempt before it ended', async () => {
    const error = reset();
    const clock = new VirtualClock();
    const seen: unknown[] = [];
    const { fetch } = make([503, error, hang, 200], {
      clock,
      policies: [quick(), timeout('1s')],
      beforeAttempt: ({ attempt, previous, request, signal }) => {
        expect(signal.aborted).toBe(false);
        const ended = previous?.kind === 'success' ? previous.value.status : previous?.error;
        seen.push([attempt, previous?.kind, ended, request.method, request.url]);
      },
    });
    const call = fetch(URL_A);
    await clock.advance('2s');
    expect((await call).status).toBe(200);
    const late = expect.any(TimeoutError);
    expect(seen).toEqual([
      [1, undefined, undefined, 'GET', URL_A],
      [2, 'success', 503, 'GET', URL_A],
      [3, 'failure', error, 'GET', URL_A],
      [4, 'timeout', late, 'GET', URL_A],
    ]);
  });

  it("X10: the client's comes first, then the call's, which sees what that did", async () => {
    const seen: string[] = [];
    const { fetch, sent } = make([200], {
      beforeAttempt: async ({ headers }) => headers.set('x-by', 'client'),
    });
    const beforeAttempt: BeforeAttempt = ({ headers }) => {
      seen.push(headers.get('x-by') ?? '');
      headers.set('x-by', 'call');
    };
    await fetch(URL_A, { holdfast: { beforeAttempt } });
    await fetch(URL_A, {}, { beforeAttempt });
    expect(seen).toEqual(['client', 'client']);
    expect(sent.calls.map(headersOf)).toEqual([{ 'x-by': 'call' }, { 'x-by': 'call' }]);
  });

  it('X10, X8: sees the idempotency key and the number; the time left is that at the sending', async () => {
    const clock = new VirtualClock();
    const seen: object[] = [];
    const { fetch, sent } = make([200], {
      clock,
      policies: [timeout('10s')],
      headers: { deadline: 'x-left', attempt: 'x-attempt', idempotencyKey: () => 'k' },
      beforeAttempt: async ({ headers }) => {
        seen.push(Object.fromEntries(headers));
        headers.set('x-attempt', 'mine');
        await new Promise<void>((resolve) => clock.setTimer(resolve, 3_000));
      },
    });
    const call = fetch(URL_A, { method: 'POST' });
    await clock.advance('3s');
    await call;
    expect(seen).toEqual([{ 'idempotency-key': '"k"', 'x-attempt': '1' }]);
    expect(sent.calls.map(headersOf)).toEqual([
      { 'idempotency-key': '"k"', 'x-attempt': 'mine', 'x-left': '7000' },
    ]);
  });

  it('X10: its time is that of the attempt; what was given up is not sent', async () => {
    const clock = new VirtualClock();
    const signals: AbortSignal[] = [];
    const { fetch, sent } = make([200], {
      clock,
      policies: [timeout('10s'), quick(), timeout('1s')],
      beforeAttempt: ({ attempt, signal }) => {
        signals.push(signal);
        return attempt === 1 ? new Promise<void>((r) => clock.setTimer(r, 5_000)) : undefined;
      },
    });
    // A POST too: it had not left.
    const call = fetch(URL_A, { method: 'POST', body: 'a' });
    await clock.advance('1s');
    expect((await call).status).toBe(200);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    await clock.advance('9s');
    expect(sent.calls).toHaveLength(1);
  });

  it('X10, G5: the caller can abort it, also when it never ends, and nothing is held', async () => {
    const { fetch, sent } = make([200], {
      policies: {},
      beforeAttempt: () => new Promise<void>(() => {}),
    });
    const caller = new AbortController();
    const body = new ReadableStream();
    const call = settled(fetch(URL_A, { method: 'POST', body, signal: caller.signal } as never));
    const reason = new Error('enough');
    caller.abort(reason);
    expect(await call).toBe(reason);
    await new Promise((resolve) => setImmediate(resolve));
    const [state] = Object.values(fetch.snapshot());
    expect(state?.policies['adaptive_limiter']).toMatchObject({ inFlight: 0 });
    expect(sent.calls).toEqual([]);
    expect(body.locked).toBe(false);
  });

  const own = (): [string, unknown][] => [
    ['an error', new Error('no token')],
    ['a network error of its own', refused()],
    ['a timeout of its own', new TimeoutError('token: timed out')],
    ['a refusal of its own', new RejectedError('token: open')],
    ['a frozen error', Object.freeze(reset())],
    ['what is no error', 'no token'],
  ];
  it.each(own())(
    'X10: %s that it throws is thrown as it is, once, and counts nowhere',
    async (_, error) => {
      const ways = [
        () => {
          throw error;
        },
        async () => {
          throw error;
        },
      ];
      for (const beforeAttempt of ways) {
        const { fetch, sent } = make([200], {
          policies: [quick(), circuitBreaker()],
          beforeAttempt,
        });
        expect(await settled(fetch(URL_A))).toBe(error);
        expect(await settled(fetch(URL_A))).toBe(error);
        expect(sent.calls).toEqual([]);
        const [state] = Object.values(fetch.snapshot());
        expect(state?.policies['circuit_breaker']).toMatchObject({
          state: 'closed',
          window: { calls: 0, failures: 0 },
        });
      }
    },
  );

  it('X10: what it throws closes no breaker that probes', async () => {
    const clock = new VirtualClock();
    let broken = false;
    const { fetch } = make([503, 503, 503, 200], {
      clock,
      policies: [circuitBreaker({ consecutiveFailures: 3, failingFor: 0, probes: 1, rampFor: 0 })],
      beforeAttempt: () => {
        if (broken) throw new Error('no token');
      },
    });
    const state = () => Object.values(fetch.snapshot())[0]?.policies['circuit_breaker'];
    for (let i = 0; i < 3; i++) await fetch(URL_A);
    expect(state()).toMatchObject({ state: 'open' });
    await clock.advance('5s');
    broken = true;
    await settled(fetch(URL_A));
    expect(state()).toMatchObject({ state: 'half_open' });
    broken = false;
    await fetch(URL_A);
    expect(state()).toMatchObject({ state: 'closed' });
  });

  it("X10: a retry's own handle may want it again, a POST included: nothing was sent", async () => {
    let failures = 2;
    const { fetch, sent } = make([200], {
      policies: [
        retry({ maxRetries: 3, initialDelay: 0, handle: ({ kind }) => kind === 'failure' }),
      ],
      beforeAttempt: () => {
        if (failures-- > 0) throw new Error('no token');
      },
    });
    expect((await fetch(URL_A, { method: 'POST', body: 'a' })).status).toBe(200);
    expect(sent.calls).toHaveLength(1);
  });

  it.each([5, 'authorization: a', true])(
    'X10: an answer that is no headers is a ContractError: %j',
    async (answer) => {
      const { fetch, sent } = make([200], { beforeAttempt: (() => answer) as never });
      await expect(fetch(URL_A)).rejects.toThrow(ContractError);
      expect(sent.calls).toEqual([]);
    },
  );

  it('X10: anything but a function is a ConfigError', async () => {
    expect(() => resilientFetch({ beforeAttempt: {} as never })).toThrow(
      /^resilientFetch\.beforeAttempt: /,
    );
    const { fetch } = make([200]);
    await expect(fetch(URL_A, {}, { beforeAttempt: 5 as never })).rejects.toThrow(
      /^holdfast\.beforeAttempt: /,
    );
  });
});

describe('through undici', () => {
  const agent = () => {
    const mock = new MockAgent();
    mock.disableNetConnect();
    const seen: Record<string, string>[] = [];
    const pool = mock.get('http://a.example');
    for (const status of [503, 200]) {
      pool.intercept({ path: '/stock/42', method: 'GET' }).reply(({ headers }) => {
        seen.push(Object.fromEntries(new Headers(headers as Record<string, string>)));
        return { statusCode: status, data: 'a', responseOptions: {} };
      });
    }
    return { mock, seen };
  };
  const expected = [
    { 'x-own': 'a', 'x-n': '1 undefined' },
    { 'x-own': 'a', 'x-n': '2 503' },
  ];
  const options = {
    policies: [quick()],
    beforeAttempt: async ({ attempt, previous, headers }) => {
      const status = previous?.kind === 'success' ? previous.value.statusCode : undefined;
      headers.set('x-n', `${attempt} ${status}`);
    },
  } satisfies Parameters<typeof resilience>[0];

  it('X10: resilientRequest asks it', async () => {
    const { mock, seen } = agent();
    const send = resilientRequest({ ...options, policies: [quick()] });
    const { statusCode } = await send(URL_A, { dispatcher: mock, headers: { 'x-own': 'a' } });
    expect([statusCode, seen]).toEqual([200, expected]);
  });

  it('X10: resilience() asks it', async () => {
    const { mock, seen } = agent();
    const dispatcher = mock.compose(resilience(options));
    const { statusCode } = await request(URL_A, { dispatcher, headers: { 'x-own': 'a' } });
    expect([statusCode, seen]).toEqual([200, expected]);
  });
});
