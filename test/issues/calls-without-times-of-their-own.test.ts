import { ConfigError, retry, TimeoutError, timeout } from 'holdfast';
import { type FetchOverrides, type ResilientFetchOptions, resilientFetch } from 'holdfast/fetch';
import { flakyUpstream, VirtualClock } from 'holdfast/testing';
import { resilience, resilientRequest } from 'holdfast/undici';
import { Agent, request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { double, hang, type SentCall } from '../fetch/support/double.js';

const URL_A = 'http://a.example/report';

/** Answers after a while, unless it is given up before. */
function answerAfter(clock: VirtualClock, delayMs: number) {
  return ({ init }: SentCall): Promise<Response> =>
    new Promise((resolve, reject) => {
      const signal = init['signal'] as AbortSignal;
      signal.addEventListener('abort', () => reject(signal.reason));
      clock.setTimer(() => resolve(new Response('ok')), delayMs);
    });
}

function make(policies: ResilientFetchOptions['policies'], answer?: (call: SentCall) => unknown) {
  const clock = new VirtualClock();
  const sent = double(answer ?? hang);
  const send = resilientFetch({ fetch: sent as unknown as typeof fetch, policies, clock });
  return { clock, sent, send };
}

/** How a call ended, and when. */
async function endOf(clock: VirtualClock, call: Promise<Response>) {
  const end: { response?: Response; error?: Error; at?: number } = {};
  call.then(
    (response) => Object.assign(end, { response, at: clock.now() }),
    (error: unknown) => Object.assign(end, { error, at: clock.now() }),
  );
  await clock.advance('10m');
  return end;
}

const PLAIN = { retry: { maxRetries: 0 } };

/** `holdfast: { totalTimeout: false }` was a ConfigError: a long poll needed a second client, with a breaker of its own. */
describe('one call', () => {
  it('X1: may take longer than others, and as long as it likes', async () => {
    const clock = new VirtualClock();
    const sent = double(answerAfter(clock, 60_000));
    const send = resilientFetch({ fetch: sent as unknown as typeof fetch, clock });
    const long = await endOf(clock, send(URL_A, { holdfast: { totalTimeout: '2m' } }));
    expect(long).toMatchObject({ response: { status: 200 } });
    const endless = await endOf(clock, send(URL_A, {}, { totalTimeout: false }));
    expect(endless).toMatchObject({ response: { status: 200 } });
    expect(sent.calls).toHaveLength(2);
    for (const { init } of sent.calls) expect(init).not.toHaveProperty('holdfast');
  });

  it('X1: may take less, and says so', async () => {
    const { clock, send } = make(PLAIN);
    const events: unknown[] = [];
    send.on('timeout', (event) => events.push(event));
    const { error, at } = await endOf(clock, send(URL_A, { holdfast: { totalTimeout: 700 } }));
    expect(at).toBe(700);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({
      message: 'fetch [http://a.example]: timed out after 700 ms',
      timeoutMs: 700,
      policy: 'total_timeout',
    });
    expect(events).toMatchObject([{ timeoutMs: 700 }]);
  });

  it('X1: each attempt has the time that the call gives it', async () => {
    const { clock, send, sent } = make({
      retry: { initialDelay: 0, maxDelay: 0 },
      adaptiveLimiter: false,
    });
    const call = send(URL_A, { holdfast: { totalTimeout: '5s', attemptTimeout: '2s' } });
    const { error, at } = await endOf(clock, call);
    expect(error).toMatchObject({ policy: 'total_timeout', timeoutMs: 5_000 });
    expect(at).toBe(5_000);
    expect(sent.calls).toHaveLength(3);
  });

  it('X1: an attempt alone may be given more, or no bound of its own', async () => {
    for (const attemptTimeout of ['25s', false] as const) {
      const clock = new VirtualClock();
      const sent = double(answerAfter(clock, 24_000));
      const send = resilientFetch({ fetch: sent as unknown as typeof fetch, clock });
      const { response, at } = await endOf(clock, send(URL_A, {}, { attemptTimeout }));
      expect(response?.status).toBe(200);
      expect(at).toBe(24_000);
    }
  });

  it('X1: where the standard timeouts are off, a call can still bring its own', async () => {
    const off = { ...PLAIN, totalTimeout: false, attemptTimeout: false } as const;
    for (const policies of [off, { ...off, rateLimiter: { limit: 9, per: '1s' } } as const]) {
      const { clock, send } = make(policies);
      const total = await endOf(clock, send(URL_A, {}, { totalTimeout: 300 }));
      expect(total.error).toMatchObject({ timeoutMs: 300 });
      const attempt = await endOf(clock, send(URL_A, {}, { attemptTimeout: 200 }));
      expect(attempt.error).toMatchObject({ policy: 'attempt_timeout', timeoutMs: 200 });
      const none = send(URL_A, {}, { totalTimeout: false });
      expect(await endOf(clock, none)).toEqual({});
    }
  });

  it('X1: the time left, and the header of it, are the call’s own', async () => {
    const clock = new VirtualClock();
    const sent = double(200);
    const headers = { deadline: 'x-left' };
    const send = resilientFetch({ fetch: sent as unknown as typeof fetch, clock, headers });
    await send(URL_A, {}, { totalTimeout: '2m' });
    await send(URL_A, {}, { totalTimeout: '3s', attemptTimeout: '1s' });
    await send(URL_A, {}, { totalTimeout: false });
    await send(URL_A);
    const left = sent.calls.map(({ init }) => new Headers(init['headers'] as never).get('x-left'));
    expect(left).toEqual(['120000', '1000', null, '10000']);
  });

  it('X1: may be retried more or less often than others', async () => {
    const policies = { retry: { maxRetries: 1, initialDelay: 0, maxDelay: 0 } };
    const sent = double(503);
    const send = resilientFetch({ fetch: sent as unknown as typeof fetch, policies });
    const timesSent = async (retry?: FetchOverrides['retry']): Promise<number> => {
      const before = sent.calls.length;
      await send(URL_A, {}, { retry });
      return sent.calls.length - before;
    };
    expect(await timesSent({ maxRetries: 2 })).toBe(3);
    expect(await timesSent({ maxRetries: 0 })).toBe(1);
    expect(await timesSent(false)).toBe(1);
    expect(await timesSent()).toBe(2);
  });

  it('X1: may be retried where others are not', async () => {
    const policies = { retry: { maxRetries: 0, initialDelay: 0, maxDelay: 0 } };
    const sent = double(503, 503, 200);
    const send = resilientFetch({ fetch: sent as unknown as typeof fetch, policies });
    expect((await send(URL_A, {}, { retry: { maxRetries: 2 } })).status).toBe(200);
    // A POST is not safe to repeat, however often.
    const post = double(503);
    const once = resilientFetch({ fetch: post as unknown as typeof fetch, policies });
    await once(URL_A, { method: 'POST' }, { retry: { maxRetries: 2 } });
    expect(post.calls).toHaveLength(1);
  });

  it('X1: shares the breaker of its key with all others', async () => {
    const breaker = { failingFor: 0, consecutiveFailures: 3 };
    const { clock, send } = make({ retry: false, circuitBreaker: breaker });
    for (let i = 1; i <= 3; i++) await endOf(clock, send(URL_A, {}, { totalTimeout: i * 100 }));
    const { policies } = send.snapshot()['http://a.example'] ?? {};
    expect(policies?.['circuit_breaker']).toMatchObject({ openings: 1 });
  });

  it('X1: of a list of policies, the outermost and the innermost timeout follow it', async () => {
    const list = [timeout('9s'), retry({ maxRetries: 0 }), timeout('8s'), timeout('7s')];
    const { clock, send } = make(list);
    const inner = await endOf(clock, send(URL_A, {}, { attemptTimeout: '1s' }));
    expect(inner.error).toMatchObject({ policy: 'timeout_3', timeoutMs: 1_000 });
    const outer = await endOf(clock, send(URL_A, {}, { totalTimeout: '500ms' }));
    expect(outer).toMatchObject({ error: { timeoutMs: 500 } });
    const middle = await endOf(clock, send(URL_A, {}, { totalTimeout: '1m' }));
    expect(middle.error).toMatchObject({ policy: 'timeout_2', timeoutMs: 8_000 });
  });

  it('X1: a time that is different for each call leaves nothing behind', async () => {
    const { clock, send } = make(PLAIN);
    for (let i = 1; i <= 300; i++) {
      const ended = endOf(clock, send(URL_A, {}, { totalTimeout: 10 + i / 7 }));
      expect((await ended).error).toMatchObject({ timeoutMs: 10 + i / 7 });
    }
    expect(clock.pending).toBe(0);
  });

  const wrong: [FetchOverrides, RegExp, ResilientFetchOptions['policies']?][] = [
    [{ totalTimeout: '5 s' as never }, /^holdfast\.totalTimeout: must be a duration/],
    [{ totalTimeout: -1 }, /^holdfast\.totalTimeout/],
    [{ totalTimeout: true as never }, /^holdfast\.totalTimeout/],
    [{ attemptTimeout: Number.NaN }, /^holdfast\.attemptTimeout/],
    [{ retry: true as never }, /^holdfast\.retry: must be false or an object with maxRetries/],
    [{ retry: {} as never }, /^holdfast\.retry/],
    [{ retry: { maxRetries: -1 } }, /^holdfast\.retry\.maxRetries/],
    [{ retry: { maxRetries: 1, delay: 5 } as never }, /^holdfast\.retry\.delay/],
    [{ attemptTimeout: '1m' }, /^holdfast\.attemptTimeout: must not be above totalTimeout/],
    [{ totalTimeout: 5 }, /^holdfast\.totalTimeout: has nothing to set/, [retry()]],
    [{ attemptTimeout: 5 }, /^holdfast\.attemptTimeout: has nothing to set/, [timeout(9), retry()]],
    [{ retry: { maxRetries: 5 } }, /^holdfast\.retry\.maxRetries: has nothing/, { retry: false }],
  ];
  for (const [overrides, message, policies] of wrong) {
    it(`X1: is refused before anything is sent: ${JSON.stringify(overrides)}`, async () => {
      const sent = double(200);
      const send = resilientFetch({ fetch: sent as unknown as typeof fetch, policies });
      const error = await send(URL_A, {}, overrides).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ConfigError);
      expect((error as Error).message).toMatch(message);
      expect(sent.calls).toHaveLength(0);
    });
  }
});

describe('one call through undici', () => {
  const policies = { totalTimeout: '10s', attemptTimeout: 80, retry: false } as const;

  async function slow() {
    const upstream = await flakyUpstream();
    onTestFinished(() => upstream.close());
    upstream.script('/report', [{ latency: 250, status: 200 }]);
    return `${upstream.url}/report`;
  }

  it('X1: has times of its own through resilientRequest', async () => {
    const send = resilientRequest({ policies });
    const { body, statusCode } = await send(await slow(), {
      holdfast: { totalTimeout: '5s' },
    });
    expect(statusCode).toBe(200);
    await body.dump();
    const cut = send(await slow(), {}, { attemptTimeout: 20 });
    await expect(cut).rejects.toMatchObject({ timeoutMs: 20, policy: 'attempt_timeout' });
  });

  it('X1: has times of its own through the interceptor', async () => {
    const dispatcher = new Agent().compose(resilience({ policies }));
    const options = (holdfast: FetchOverrides<never>) => ({ dispatcher, holdfast }) as object;
    const { body, statusCode } = await request(await slow(), options({ totalTimeout: false }));
    expect(statusCode).toBe(200);
    await body.dump();
    const cut = request(await slow(), options({ attemptTimeout: 20 }));
    await expect(cut).rejects.toMatchObject({ timeoutMs: 20, policy: 'attempt_timeout' });
    const wrong = request(await slow(), options({ attemptTimeout: '1m' }));
    await expect(wrong).rejects.toBeInstanceOf(ConfigError);
    await dispatcher.close();
  });
});
